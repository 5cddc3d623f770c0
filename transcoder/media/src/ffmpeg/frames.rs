//! Allocates frames and checks for failure: the constructors of ffmpeg-next return null pointers when memory is short, which the C
//! functions do not expect.

use ffmpeg_next::{Error, ffi, format::Pixel, frame};

/// Black in limited range, and no colour (ITU-R BT.709-6 §4).
const BLACK: u8 = 16;
const NEUTRAL: u8 = 128;

const OUT_OF_MEMORY: Error = Error::Other { errno: ffmpeg_next::error::ENOMEM };

/// Returns a video frame without buffers.
pub(super) fn video() -> Result<frame::Video, Error> {
    let frame = frame::Video::empty();
    // SAFETY: only the pointer is read.
    if unsafe { frame.as_ptr().is_null() } { Err(OUT_OF_MEMORY) } else { Ok(frame) }
}

/// Returns an audio frame without buffers.
pub(super) fn audio() -> Result<frame::Audio, Error> {
    let frame = frame::Audio::empty();
    // SAFETY: only the pointer is read.
    if unsafe { frame.as_ptr().is_null() } { Err(OUT_OF_MEMORY) } else { Ok(frame) }
}

/// Returns a frame in planar 4:2:0 with 8 bits, whose samples are not initialised.
pub(super) fn yuv420p(width: u32, height: u32) -> Result<frame::Video, Error> {
    of_format(Pixel::YUV420P, width, height)
}

/// Returns a frame of this format, whose samples are not initialised.
pub(super) fn of_format(format: Pixel, width: u32, height: u32) -> Result<frame::Video, Error> {
    let mut frame = video()?;
    frame.set_format(format);
    frame.set_width(width);
    frame.set_height(height);
    // SAFETY: a valid frame of known format and size, without buffers; 0 lets FFmpeg choose the alignment.
    let status = unsafe { ffi::av_frame_get_buffer(frame.as_mut_ptr(), 0) };
    if status < 0 { Err(Error::from(status)) } else { Ok(frame) }
}

/// Fills a frame in planar 4:2:0 with black of limited range.
pub(super) fn blacken(frame: &mut frame::Video) {
    for (plane, value) in [(0, BLACK), (1, NEUTRAL), (2, NEUTRAL)] {
        frame.data_mut(plane).fill(value);
    }
}
