//! Encodes an image as a JPEG file (JFIF) with libavcodec.
//!
//! The same image gives the same bytes on every processor: one thread, the integer transform written in C, and no comment with the
//! encoder's version.

use std::ptr;

use ffmpeg_next::{Error, codec, ffi, frame};

use super::{
    fail::{c_int, check, out_of_memory},
    frames,
    video_encoder::receive_packet,
};
use crate::error::MediaError;

/// The coarsest quantiser scale of MPEG encoders.
pub(super) const COARSEST: u32 = 31;

/// Returns an image in the format that [`encode`] accepts: planar 4:2:0 of full range. Its samples are not initialised.
pub(super) fn canvas(width: u32, height: u32) -> Result<frame::Video, MediaError> {
    frames::yuv420p(width, height).map_err(MediaError::while_doing("allocating a sheet"))
}

/// Encodes an image made by [`canvas`]; `quantizer` is 2 (finest) to [`COARSEST`].
pub(super) fn encode(frame: &mut frame::Video, quantizer: u32) -> Result<Vec<u8>, MediaError> {
    const OPENING: &str = "opening the JPEG encoder";
    const ENCODING: &str = "encoding a sheet";
    let codec = codec::encoder::find(codec::Id::MJPEG)
        .ok_or(Error::EncoderNotFound)
        .map_err(MediaError::while_doing(OPENING))?;
    let mut context = codec::Context::new_with_codec(codec);
    let quality = c_int(quantizer).saturating_mul(ffi::FF_QP2LAMBDA);
    // SAFETY: the context was just allocated for this codec and is not open; all are fields that callers set.
    unsafe {
        let c = context.as_mut_ptr();
        if c.is_null() {
            return Err(out_of_memory(OPENING));
        }
        (*c).width = c_int(frame.width());
        (*c).height = c_int(frame.height());
        (*c).pix_fmt = ffi::AVPixelFormat::AV_PIX_FMT_YUV420P;
        (*c).color_range = ffi::AVColorRange::AVCOL_RANGE_JPEG;
        (*c).time_base = ffi::AVRational { num: 1, den: 1 };
        // Without an aspect ratio there would be no JFIF header, and some readers would guess the colours.
        (*c).sample_aspect_ratio = ffi::AVRational { num: 1, den: 1 };
        (*c).thread_count = 1;
        (*c).dct_algo = ffi::FF_DCT_INT;
        (*c).global_quality = quality;
        (*c).flags |= ffi::AV_CODEC_FLAG_QSCALE.cast_signed();
        (*c).flags |= ffi::AV_CODEC_FLAG_BITEXACT.cast_signed();
    }
    // SAFETY: an allocated, unopened context of this codec; no options.
    check(unsafe { ffi::avcodec_open2(context.as_mut_ptr(), ptr::null(), ptr::null_mut()) }, OPENING)?;
    frame.set_pts(Some(0));
    // SAFETY: a valid frame whose fields callers may set.
    unsafe {
        (*frame.as_mut_ptr()).quality = quality;
        (*frame.as_mut_ptr()).color_range = ffi::AVColorRange::AVCOL_RANGE_JPEG;
    }
    // SAFETY: an open encoder and a valid frame of its size and format, to which it takes its own reference.
    check(unsafe { ffi::avcodec_send_frame(context.as_mut_ptr(), frame.as_ptr()) }, ENCODING)?;
    // SAFETY: an open encoder; null means the end.
    check(unsafe { ffi::avcodec_send_frame(context.as_mut_ptr(), ptr::null()) }, ENCODING)?;
    let packet = receive_packet(&mut context)?;
    let bytes = packet.as_ref().and_then(|packet| packet.data()).map(<[u8]>::to_vec);
    bytes.ok_or(Error::Bug).map_err(MediaError::while_doing(ENCODING))
}
