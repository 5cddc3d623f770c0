//! Pictures passed between threads by reference: what is copied is the handle, never the samples.
//!
//! A picture that somebody else may hold is never written to. [`PicturePool`] hands a buffer out again only when
//! the last holder has let go of it.

use ffmpeg_next::{Error, ffi, frame};

use super::frames;

/// Another handle on the same samples.
pub(super) fn share(picture: &frame::Video) -> Result<frame::Video, Error> {
    let mut shared = frames::video()?;
    // SAFETY: both are valid frames; `shared` is empty, and av_frame_ref only counts references.
    let status = unsafe { ffi::av_frame_ref(shared.as_mut_ptr(), picture.as_ptr()) };
    if status < 0 { Err(Error::from(status)) } else { Ok(shared) }
}

/// Reusable pictures of one size in planar 4:2:0 with 8 bits.
pub(super) struct PicturePool {
    width: u32,
    height: u32,
    pictures: Vec<frame::Video>,
}

impl PicturePool {
    /// An empty pool; it grows to as many pictures as are held at once.
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self { width, height, pictures: Vec::new() }
    }

    /// A picture nobody else holds. Its samples are those of an earlier use.
    pub(super) fn take(&mut self) -> Result<frame::Video, Error> {
        for picture in &mut self.pictures {
            // SAFETY: a valid frame; the call reads its buffers' reference counts.
            if unsafe { ffi::av_frame_is_writable(picture.as_mut_ptr()) > 0 } {
                return share(picture);
            }
        }
        let picture = frames::picture(self.width, self.height)?;
        let shared = share(&picture)?;
        self.pictures.push(picture);
        Ok(shared)
    }
}
