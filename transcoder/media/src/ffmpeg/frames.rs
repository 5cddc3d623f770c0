//! Empty frames that are really there: those of ffmpeg-next are null pointers when memory is short, which C does not
//! expect.

use ffmpeg_next::{Error, ffi, format::Pixel, frame};

const OUT_OF_MEMORY: Error = Error::Other { errno: ffmpeg_next::error::ENOMEM };

/// A frame for a picture, without one yet.
pub(super) fn video() -> Result<frame::Video, Error> {
    let frame = frame::Video::empty();
    // SAFETY: only the pointer is looked at.
    if unsafe { frame.as_ptr().is_null() } { Err(OUT_OF_MEMORY) } else { Ok(frame) }
}

/// A frame for samples of sound, without any yet.
pub(super) fn audio() -> Result<frame::Audio, Error> {
    let frame = frame::Audio::empty();
    // SAFETY: only the pointer is looked at.
    if unsafe { frame.as_ptr().is_null() } { Err(OUT_OF_MEMORY) } else { Ok(frame) }
}

/// A picture in planar 4:2:0 with 8 bits; its samples are whatever was in memory.
pub(super) fn picture(width: u32, height: u32) -> Result<frame::Video, Error> {
    let mut frame = video()?;
    frame.set_format(Pixel::YUV420P);
    frame.set_width(width);
    frame.set_height(height);
    // SAFETY: a valid frame of known format and size, without buffers; 0 lets FFmpeg choose the alignment.
    let status = unsafe { ffi::av_frame_get_buffer(frame.as_mut_ptr(), 0) };
    if status < 0 { Err(Error::from(status)) } else { Ok(frame) }
}
