//! Reads the packets of one or several streams of a master and opens their decoders.

use domain::ratio::Ratio;
use ffmpeg_next::{Error, Packet, codec, decoder, ffi};

use super::{
    declared_end::{DeclaredEnd, declared_end},
    fail::c_int,
    input::{Input, Read},
};
use crate::{error::MediaError, memory};

/// Approximately middle grey.
const GREY: u8 = 0x80;

/// Reads streams of a master.
pub(super) struct TrackReader {
    input: Input,
    /// The streams; seeks are by the first.
    streams: Vec<Stream>,
    fresh: bool,
    /// Number of errors that the demuxer had logged at the last call of `has_skipped`.
    known_errors: u64,
}

#[derive(Clone, Copy)]
struct Stream {
    index: u32,
    time_base: Ratio,
}

impl TrackReader {
    /// Returns a reader of the streams with these indexes, at least one; all others are discarded.
    pub(super) fn new(mut input: Input, indexes: &[u32]) -> Result<Self, MediaError> {
        let context = input.format();
        for mut stream in context.streams_mut() {
            let is_read = indexes.iter().any(|index| *index as usize == stream.index());
            let discard =
                if is_read { ffi::AVDiscard::AVDISCARD_DEFAULT } else { ffi::AVDiscard::AVDISCARD_ALL };
            // SAFETY: the stream belongs to the open context; `discard` is a field that callers set.
            unsafe { (*stream.as_mut_ptr()).discard = discard };
        }
        let missing = |index: u32| MediaError::Plan(format!("the master has no track {index}"));
        let find = |index: u32| {
            let base = context.stream(index as usize).map(|stream| stream.time_base());
            let time_base = base.and_then(|base| Ratio::new(base.0.into(), base.1.into()));
            time_base.map(|time_base| Stream { index, time_base }).ok_or_else(|| missing(index))
        };
        let streams = indexes.iter().map(|index| find(*index)).collect::<Result<Vec<_>, _>>()?;
        if streams.is_empty() {
            return Err(MediaError::Plan("the plan names no stream".to_owned()));
        }
        let known_errors = input.logged_errors();
        Ok(Self { input, streams, fresh: true, known_errors })
    }

    /// Returns the duration of one tick of a stream's timestamps, in seconds. Streams are numbered from 0 as they were given.
    pub(super) fn time_base(&self, stream: usize) -> Ratio {
        self.streams[stream].time_base
    }

    /// Whether nothing was read and no seek was made since opening.
    pub(super) fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Opens a decoder of a stream, with at most `threads` threads.
    pub(super) fn decoder(&mut self, stream: usize, threads: u32) -> Result<decoder::Opened, MediaError> {
        let mut context = self.input.decoder_context(self.streams[stream].index)?;
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

    /// Returns a stream's parameters from the container and the first packets.
    pub(super) fn parameters(&mut self, stream: usize) -> codec::Parameters {
        let stream = self.input.format().stream(self.streams[stream].index as usize);
        stream.expect("checked in `new`").parameters()
    }

    /// Returns where a stream should end according to its container.
    pub(super) fn declared_end(&mut self, stream: usize) -> Option<DeclaredEnd> {
        let Stream { index, time_base } = self.streams[stream];
        declared_end(&mut self.input, index, time_base)
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

    /// Seeks to a key packet of the first stream at or before `pts`. Returns whether the container could.
    pub(super) fn seek(&mut self, pts: i64) -> Result<bool, MediaError> {
        self.fresh = false;
        self.input.seek(self.streams[0].index, pts)
    }

    /// Seeks to the start of the file.
    pub(super) fn rewind(&mut self) -> Result<(), MediaError> {
        self.input.seek_to_start()
    }

    /// Reads the next packet of the streams; skips those of others.
    pub(super) fn read(&mut self) -> Result<Read, MediaError> {
        self.fresh = false;
        loop {
            match self.input.read()? {
                Read::Packet(packet) if self.stream_of(&packet).is_none() => {}
                read => return Ok(read),
            }
        }
    }

    /// Returns the number of the stream that a packet belongs to.
    pub(super) fn stream_of(&self, packet: &Packet) -> Option<usize> {
        self.streams.iter().position(|stream| stream.index as usize == packet.stream())
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
