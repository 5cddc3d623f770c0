//! Packets of one track of a master.
//!
//! A read that fails because storage failed is an error; one that fails because the file is damaged is a broken place,
//! which the caller counts and passes over.

use domain::ratio::Ratio;
use ffmpeg_next::{Error, Packet, codec, decoder, ffi};

use super::{
    fail::{c_int, check, pass_over},
    input::Input,
};
use crate::{error::MediaError, memory};

/// Broken reads in a row after which the rest of the file counts as gone.
const MAX_BROKEN_READS: u32 = 1_000;

/// Middle grey, or nearly.
const GREY: u8 = 0x80;

/// What one read gave.
pub(super) enum Read {
    /// A packet of the track.
    Packet(Packet),
    /// A damaged place.
    Broken,
    /// Nothing more.
    End,
}

/// A container of which one track is read.
pub(super) struct Demuxer {
    input: Input,
    stream_index: u32,
    time_base: Ratio,
    broken_in_a_row: u32,
    fresh: bool,
}

impl Demuxer {
    /// Reads only the track with this index.
    pub(super) fn new(mut input: Input, stream_index: u32) -> Result<Self, MediaError> {
        let context = input.format();
        for mut stream in context.streams_mut() {
            let discard = if stream.index() == stream_index as usize {
                ffi::AVDiscard::AVDISCARD_DEFAULT
            } else {
                ffi::AVDiscard::AVDISCARD_ALL
            };
            // SAFETY: the stream belongs to the open context; `discard` is a field that callers set.
            unsafe { (*stream.as_mut_ptr()).discard = discard };
        }
        let time_base = context
            .stream(stream_index as usize)
            .map(|stream| stream.time_base())
            .and_then(|base| Ratio::new(base.0.into(), base.1.into()))
            .ok_or_else(|| MediaError::Plan(format!("the master has no track {stream_index}")))?;
        Ok(Self { input, stream_index, time_base, broken_in_a_row: 0, fresh: true })
    }

    /// Seconds in one tick of the track's timestamps.
    pub(super) fn time_base(&self) -> Ratio {
        self.time_base
    }

    /// Whether nothing was read and no seek made since opening.
    pub(super) fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// An opened decoder of the track, with so many threads at most.
    pub(super) fn decoder(&mut self, threads: u32) -> Result<decoder::Opened, MediaError> {
        let mut context = self.input.decoder_context(self.stream_index)?;
        // SAFETY: the context is ours and not opened yet; these are fields that callers set. `cleared_buffer` may be
        // called from any thread.
        unsafe {
            let context = context.as_mut_ptr();
            (*context).thread_count = c_int(threads);
            if (*context).codec_type == ffi::AVMediaType::AVMEDIA_TYPE_VIDEO {
                (*context).get_buffer2 = Some(cleared_buffer);
                (*context).thread_safe_callbacks = 1;
            }
        }
        let codec = decoder::find(context.id())
            .ok_or(Error::DecoderNotFound)
            .map_err(MediaError::while_doing("looking for a decoder"))?;
        context.decoder().open_as(codec).map_err(MediaError::while_doing("opening the decoder"))
    }

    /// The track's parameters, as the container and the first packets tell them.
    pub(super) fn parameters(&mut self) -> codec::Parameters {
        let stream = self.input.format().stream(self.stream_index as usize);
        stream.expect("checked when this was made").parameters()
    }

    /// Seeks to a key packet at or before `pts`; whether the container could.
    pub(super) fn seek(&mut self, pts: i64) -> Result<bool, MediaError> {
        self.fresh = false;
        self.broken_in_a_row = 0;
        let index = c_int(self.stream_index);
        let context = self.input.format();
        // SAFETY: an open context that is ours; the call takes plain values.
        let status = unsafe { ffi::avformat_seek_file(context.as_mut_ptr(), index, i64::MIN, pts, pts, 0) };
        self.input.check_io()?;
        Ok(status >= 0)
    }

    /// Goes back to the start of the file.
    pub(super) fn rewind(&mut self) -> Result<(), MediaError> {
        let stream = self.input.format().stream(self.stream_index as usize);
        let start = stream.map_or(0, |stream| stream.start_time()).max(i64::MIN + 1);
        let before = start.saturating_sub(ticks(60_000, self.time_base));
        if self.seek(before)? || self.seek(start)? {
            return Ok(());
        }
        let (index, flags) = (c_int(self.stream_index), ffi::AVSEEK_FLAG_BYTE);
        // SAFETY: an open context that is ours; the call takes plain values.
        let status = unsafe { ffi::av_seek_frame(self.input.format().as_mut_ptr(), index, 0, flags) };
        self.input.check_io()?;
        check(status, "going back to the start of the master").map(|_| ())
    }

    /// Reads on.
    pub(super) fn read(&mut self) -> Result<Read, MediaError> {
        self.fresh = false;
        loop {
            let mut packet = Packet::empty();
            match packet.read(self.input.format()) {
                Ok(()) if packet.stream() == self.stream_index as usize => {
                    self.broken_in_a_row = 0;
                    self.input.note_position(&packet);
                    return Ok(Read::Packet(packet));
                }
                Ok(()) => {}
                Err(error) => {
                    // Storage that failed must not make a short film of a long one.
                    self.input.check_io()?;
                    if error == Error::Eof {
                        return Ok(Read::End);
                    }
                    pass_over(error, "reading the master")?;
                    if self.broken_in_a_row >= MAX_BROKEN_READS {
                        return Ok(Read::End);
                    }
                    self.broken_in_a_row += 1;
                    return Ok(Read::Broken);
                }
            }
        }
    }
}

/// `ms` in ticks of `time_base` seconds, rounded down.
pub(super) fn ticks(ms: i64, time_base: Ratio) -> i64 {
    let ticks = i128::from(ms) * i128::from(time_base.den) / (i128::from(time_base.num.max(1)) * 1000);
    i64::try_from(ticks).unwrap_or(i64::MAX)
}

/// Gives the decoder a picture that is grey rather than whatever was in memory: what it cannot decode stays as it was,
/// and the same damage must look the same each time.
unsafe extern "C" fn cleared_buffer(
    context: *mut ffi::AVCodecContext,
    frame: *mut ffi::AVFrame,
    flags: std::ffi::c_int,
) -> std::ffi::c_int {
    // SAFETY: the decoder's own arguments; the default allocates, and nobody else has the new buffers yet.
    unsafe {
        let status = ffi::avcodec_default_get_buffer2(context, frame, flags);
        if status >= 0 {
            for buffer in (*frame).buf.iter().take_while(|buffer| !buffer.is_null()) {
                (**buffer).data.write_bytes(GREY, (**buffer).size);
            }
        }
        if status == ffi::AVERROR(ffi::ENOMEM) {
            memory::note_lack();
        }
        status
    }
}
