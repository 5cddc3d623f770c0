//! Reads the packets of one track of a master and opens its decoder.

use domain::ratio::Ratio;
use ffmpeg_next::{Error, codec, decoder, ffi};

use super::{
    declared_end::{DeclaredEnd, declared_end},
    fail::c_int,
    input::{Input, Read},
};
use crate::{error::MediaError, memory};

/// Approximately middle grey.
const GREY: u8 = 0x80;

/// Reads one track of a master.
pub(super) struct TrackReader {
    input: Input,
    stream_index: u32,
    time_base: Ratio,
    fresh: bool,
    /// Number of errors that the demuxer had logged at the last call of `has_skipped`.
    known_errors: u64,
}

impl TrackReader {
    /// Returns a reader of the track with this index; all other tracks are discarded.
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
        let known_errors = input.logged_errors();
        Ok(Self { input, stream_index, time_base, fresh: true, known_errors })
    }

    /// Returns the duration of one tick of the track's timestamps, in seconds.
    pub(super) fn time_base(&self) -> Ratio {
        self.time_base
    }

    /// Whether nothing was read and no seek was made since opening.
    pub(super) fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Opens a decoder of the track, with at most `threads` threads.
    pub(super) fn decoder(&mut self, threads: u32) -> Result<decoder::Opened, MediaError> {
        let mut context = self.input.decoder_context(self.stream_index)?;
        // SAFETY: the context is owned here and not opened yet; these are fields that callers set. `cleared_buffer` may be
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
            .map_err(MediaError::while_doing("finding the decoder"))?;
        context.decoder().open_as(codec).map_err(MediaError::while_doing("opening the decoder"))
    }

    /// Returns the track's parameters from the container and the first packets.
    pub(super) fn parameters(&mut self) -> codec::Parameters {
        let stream = self.input.format().stream(self.stream_index as usize);
        stream.expect("checked in `new`").parameters()
    }

    /// Returns where the track should end according to its container.
    pub(super) fn declared_end(&mut self) -> Option<DeclaredEnd> {
        declared_end(&mut self.input, self.stream_index, self.time_base)
    }

    /// Whether the format requires times at least every 0.7 s (ISO/IEC 13818-1 §2.7.4), so that no frame can be shown for much longer.
    pub(super) fn has_frequent_times(&self) -> bool {
        ["mpegts", "mpeg"].contains(&self.input.container().as_str())
    }

    /// Whether the demuxer has logged an error since the last call: it may have skipped packets.
    pub(super) fn has_skipped(&mut self) -> bool {
        let errors = self.input.logged_errors();
        std::mem::replace(&mut self.known_errors, errors) != errors
    }

    /// Seeks to a key packet at or before `pts`. Returns whether the container could.
    pub(super) fn seek(&mut self, pts: i64) -> Result<bool, MediaError> {
        self.fresh = false;
        self.input.seek(self.stream_index, pts)
    }

    /// Seeks to the start of the file.
    pub(super) fn rewind(&mut self) -> Result<(), MediaError> {
        self.input.seek_to_start()
    }

    /// Reads the track's next packet; skips those of other tracks.
    pub(super) fn read(&mut self) -> Result<Read, MediaError> {
        self.fresh = false;
        loop {
            match self.input.read()? {
                Read::Packet(packet) if packet.stream() != self.stream_index as usize => {}
                read => return Ok(read),
            }
        }
    }
}

/// Converts milliseconds to ticks of `time_base` seconds, rounded toward zero.
pub(super) fn ticks(ms: i64, time_base: Ratio) -> i64 {
    let ticks = i128::from(ms) * i128::from(time_base.den) / (i128::from(time_base.num.max(1)) * 1000);
    i64::try_from(ticks).unwrap_or(i64::MAX)
}

/// Allocates a frame for the decoder and fills it with grey. Areas that cannot be decoded keep these values, and the same damage must
/// look the same each time.
unsafe extern "C" fn cleared_buffer(
    context: *mut ffi::AVCodecContext,
    frame: *mut ffi::AVFrame,
    flags: std::ffi::c_int,
) -> std::ffi::c_int {
    // SAFETY: the decoder's own arguments; the default allocates, and no other code uses the new buffers yet.
    unsafe {
        let status = ffi::avcodec_default_get_buffer2(context, frame, flags);
        if status >= 0 {
            for buffer in (*frame).buf.iter().take_while(|buffer| !buffer.is_null()) {
                (**buffer).data.write_bytes(GREY, (**buffer).size);
            }
        }
        if status == ffi::AVERROR(ffi::ENOMEM) {
            memory::note_failed_allocation();
        }
        status
    }
}
