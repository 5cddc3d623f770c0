//! Fragmented MP4 (CMAF, ISO/IEC 23000-19) in memory: one init segment, then one `moof`+`mdat` per segment.
//!
//! The init segment depends only on the encoder's settings, so it is identical for all chunks of a rendition; the position in the film
//! is only in each fragment's sequence number and decode time. The muxer options for this were found by trial: with libavformat's
//! defaults a chunk's offset goes into an edit list in the init segment.

use std::{
    ffi::{c_int, c_void},
    ptr, slice,
};

use ffmpeg_next::{Packet, codec, ffi, packet::Mut};

use super::{
    codecs,
    fail::{check, out_of_memory},
    options::Options,
};
use crate::error::MediaError;

const BUFFER_BYTES: usize = 64 << 10;
/// Without `cmaf`, which turns on negative composition offsets ([`domain::plan::DECODE_LEAD_FRAMES`] says why every offset is positive or zero).
const MOVFLAGS: &str = "+frag_custom+empty_moov+default_base_moof+frag_discont+skip_trailer";
/// The `ftyp` box of CMAF (ISO/IEC 23000-19 §7.2). libavformat writes it only with its option `cmaf`.
const FILE_TYPE: &[u8; 28] = b"\0\0\0\x1cftypiso6\0\0\x02\0iso6cmfcmp41";

/// A rendition's init segment.
pub(super) struct Init {
    /// RFC 6381 codecs string.
    pub(super) codecs: String,
    /// The `ftyp` and `moov` boxes.
    pub(super) bytes: Vec<u8>,
}

/// The muxer's output. Always boxed, since the I/O context points to it.
#[derive(Default)]
struct Written(Vec<u8>);

/// Muxes one part of a rendition.
pub(super) struct SegmentMuxer {
    context: *mut ffi::AVFormatContext,
    /// Bytes that the muxer wrote since the last call of `take`.
    written: Box<Written>,
    timescale: u32,
    offset_ticks: i64,
}

// SAFETY: only this value owns the contexts, and one thread at a time uses it.
unsafe impl Send for SegmentMuxer {}

impl SegmentMuxer {
    /// Returns a muxer for the packets of `encoder`, and the init segment. `first_segment` is the number of the first segment,
    /// `offset_ticks` the media time of the part's first frame, in ticks of 1/`timescale` s.
    pub(super) fn new(
        encoder: &codec::Context,
        timescale: u32,
        first_segment: u32,
        offset_ticks: u64,
    ) -> Result<(Self, Init), MediaError> {
        const STARTING: &str = "starting the MP4 muxer";
        let offset_ticks = i64::try_from(offset_ticks)
            .map_err(|_| MediaError::Plan("the start time of a part is too large".to_owned()))?;
        let mut context = ptr::null_mut();
        // SAFETY: `context` is a valid place for the result, the names are C strings.
        let status = unsafe {
            ffi::avformat_alloc_output_context2(&raw mut context, ptr::null(), c"mp4".as_ptr(), ptr::null())
        };
        check(status, STARTING)?;
        let mut muxer = Self { context, written: Box::default(), timescale, offset_ticks };
        muxer.attach_io()?;
        // SAFETY: the context is allocated and not started; the encoder is open.
        unsafe {
            let stream = ffi::avformat_new_stream(context, ptr::null());
            if stream.is_null() {
                return Err(out_of_memory(STARTING));
            }
            (*stream).time_base = ffi::AVRational { num: 1, den: super::fail::c_int(timescale) };
            check(ffi::avcodec_parameters_from_context((*stream).codecpar, encoder.as_ptr()), STARTING)?;
            (*stream).sample_aspect_ratio = (*encoder.as_ptr()).sample_aspect_ratio;
            (*stream).avg_frame_rate = (*encoder.as_ptr()).framerate;
        }
        let (timescale, first_segment) = (timescale.to_string(), first_segment.to_string());
        let options = Options::of(&[
            ("movflags", MOVFLAGS),
            ("use_editlist", "0"),
            ("avoid_negative_ts", "disabled"),
            ("fflags", "+bitexact"),
            ("fragment_index", &first_segment),
            ("video_track_timescale", &timescale),
        ]);
        options.consume(|options| {
            // SAFETY: a context with I/O and a described stream.
            check(unsafe { ffi::avformat_write_header(context, options) }, STARTING)
        })?;
        let mut bytes = muxer.take()?;
        let file_type = bytes.get_mut(..FILE_TYPE.len()).filter(|bytes| bytes.starts_with(&FILE_TYPE[..8]));
        file_type
            .ok_or_else(|| MediaError::Plan("the init segment begins with another file type box".to_owned()))?
            .copy_from_slice(FILE_TYPE);
        let codecs = codecs::of_init(&bytes)
            .ok_or_else(|| MediaError::Plan("the init segment does not describe its codec".to_owned()))?;
        Ok((muxer, Init { codecs, bytes }))
    }

    /// Adds a packet timed in ticks from the part's start.
    pub(super) fn write(&mut self, mut packet: Packet) -> Result<(), MediaError> {
        let offset = self.offset_ticks;
        packet.set_pts(packet.pts().map(|pts| pts + offset));
        packet.set_dts(packet.dts().map(|dts| dts + offset));
        packet.set_stream(0);
        // SAFETY: a started context with one stream, whose time base is checked.
        unsafe {
            let base = (*(*(*self.context).streams)).time_base;
            if (base.num, i64::from(base.den)) != (1, i64::from(self.timescale)) {
                return Err(MediaError::Plan(format!(
                    "the MP4 muxer does not use a timescale of {} ticks per second",
                    self.timescale
                )));
            }
            check(ffi::av_write_frame(self.context, packet.as_mut_ptr()), "writing a packet")?;
        }
        Ok(())
    }

    /// Ends the segment and returns its bytes.
    pub(super) fn cut(&mut self) -> Result<Vec<u8>, MediaError> {
        // SAFETY: a started context; a null packet ends the fragment.
        check(unsafe { ffi::av_write_frame(self.context, ptr::null_mut()) }, "ending a segment")?;
        self.take()
    }

    fn take(&mut self) -> Result<Vec<u8>, MediaError> {
        // SAFETY: the I/O context made in `attach_io`; flushing calls `append`, and no reference to `written` is live.
        let status = unsafe {
            ffi::avio_flush((*self.context).pb);
            (*(*self.context).pb).error
        };
        check(status, "writing a segment")?;
        Ok(std::mem::take(&mut self.written.0))
    }

    fn attach_io(&mut self) -> Result<(), MediaError> {
        const ALLOCATING: &str = "allocating the muxer's buffer";
        // SAFETY: the I/O context takes the buffer, and `drop` frees both. The opaque pointer points to the boxed `Written`, which is
        // valid as long as this value and is accessed only through it or by `append`.
        unsafe {
            let buffer = ffi::av_malloc(BUFFER_BYTES);
            if buffer.is_null() {
                return Err(out_of_memory(ALLOCATING));
            }
            let opaque = (&raw mut *self.written).cast::<c_void>();
            let size = super::fail::c_int(BUFFER_BYTES);
            let io = ffi::avio_alloc_context(buffer.cast(), size, 1, opaque, None, Some(append), None);
            if io.is_null() {
                ffi::av_free(buffer);
                return Err(out_of_memory(ALLOCATING));
            }
            (*self.context).pb = io;
        }
        Ok(())
    }
}

impl Drop for SegmentMuxer {
    fn drop(&mut self) {
        // SAFETY: this value owns both contexts, and they are not used afterwards; the buffer may have been replaced, so it is freed
        // through the I/O context.
        unsafe {
            let mut io = (*self.context).pb;
            ffi::avformat_free_context(self.context);
            if !io.is_null() {
                ffi::av_freep((&raw mut (*io).buffer).cast());
                ffi::avio_context_free(&raw mut io);
            }
        }
    }
}

/// The write callback of the I/O context: appends to the vector behind `opaque`.
unsafe extern "C" fn append(opaque: *mut c_void, bytes: *mut u8, count: c_int) -> c_int {
    let Ok(length) = usize::try_from(count) else { return ffi::AVERROR(ffi::EINVAL) };
    // SAFETY: `opaque` is the `Written` given in `attach_io`, `bytes` has `count` bytes; no other code uses either during
    // the call.
    unsafe { (*opaque.cast::<Written>()).0.extend_from_slice(slice::from_raw_parts(bytes, length)) };
    count
}
