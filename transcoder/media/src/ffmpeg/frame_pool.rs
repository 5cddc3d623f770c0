//! Frames that threads share by reference: handles are copied, samples are not.
//!
//! A frame with other references is never written to. [`FramePool`] reuses a buffer only after the last reference to it is dropped.

use ffmpeg_next::{Error, ffi, format::Pixel, frame};

use super::frames;

/// Returns another reference to the same samples.
pub(super) fn share(frame: &frame::Video) -> Result<frame::Video, Error> {
    let mut shared = frames::video()?;
    // SAFETY: both are valid frames; `shared` is empty, and av_frame_ref only counts references.
    let status = unsafe { ffi::av_frame_ref(shared.as_mut_ptr(), frame.as_ptr()) };
    if status < 0 { Err(Error::from(status)) } else { Ok(shared) }
}

/// A pool of reusable frames of one format and size.
pub(super) struct FramePool {
    format: Pixel,
    width: u32,
    height: u32,
    frames: Vec<frame::Video>,
}

impl FramePool {
    /// Returns an empty pool. It grows to the largest number of frames in use at once.
    pub(super) fn new(format: Pixel, width: u32, height: u32) -> Self {
        Self { format, width, height, frames: Vec::new() }
    }

    /// Returns a frame without other users. Its samples are those of an earlier use.
    pub(super) fn take(&mut self) -> Result<frame::Video, Error> {
        for frame in &mut self.frames {
            // SAFETY: a valid frame; the call reads its buffers' reference counts.
            if unsafe { ffi::av_frame_is_writable(frame.as_mut_ptr()) > 0 } {
                return share(frame);
            }
        }
        let frame = frames::of_format(self.format, self.width, self.height)?;
        let shared = share(&frame)?;
        self.frames.push(frame);
        Ok(shared)
    }
}
