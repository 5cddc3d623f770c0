//! Deinterlaces frames with bwdif; each interlaced frame becomes one progressive frame.
//!
//! A frame counts as interlaced if the frame or the track declares it: many recordings set the flag only in the container.

use std::collections::VecDeque;

use ffmpeg_next::{Error, codec, ffi, frame};

use super::{decode::TimedFrame, filter::Filter, frame_pool::share};
use crate::error::MediaError;

const DESCRIPTION: &str = "bwdif=mode=send_frame:parity=auto:deint=interlaced";

/// Deinterlaces the frames of one track.
pub(super) struct Deinterlacer {
    /// Whether the top field comes first, if the track declares that all of it is interlaced.
    track: Option<bool>,
    filter: Option<Filter>,
    /// Duration of the last frame pushed; the filter does not keep it.
    duration: i64,
}

impl Deinterlacer {
    /// Returns a deinterlacer for a track with these parameters.
    pub(super) fn new(parameters: &codec::Parameters) -> Self {
        use ffi::AVFieldOrder::{AV_FIELD_BB, AV_FIELD_BT, AV_FIELD_TB, AV_FIELD_TT};
        // SAFETY: valid parameters; a plain field.
        let track = match unsafe { (*parameters.as_ptr()).field_order } {
            AV_FIELD_TT | AV_FIELD_BT => Some(true),
            AV_FIELD_BB | AV_FIELD_TB => Some(false),
            _ => None,
        };
        Self { track, filter: None, duration: 0 }
    }

    /// Pushes a frame into the filter and appends finished frames to `ready`.
    pub(super) fn push(
        &mut self,
        timed: &TimedFrame,
        ready: &mut VecDeque<TimedFrame>,
    ) -> Result<(), MediaError> {
        let mut frame = share(&timed.frame).map_err(MediaError::while_doing("referencing a frame"))?;
        self.mark(&mut frame);
        if self.filter.as_ref().is_some_and(|filter| !filter.fits(&frame)) {
            self.finish(ready)?;
            self.filter = None;
        }
        self.duration = timed.duration;
        let filter = match &mut self.filter {
            Some(filter) => filter,
            none => none.insert(Filter::new(DESCRIPTION, &frame)?),
        };
        filter.push(&frame)?;
        self.collect(ready)
    }

    /// Ends the stream and appends the remaining frames to `ready`.
    pub(super) fn finish(&mut self, ready: &mut VecDeque<TimedFrame>) -> Result<(), MediaError> {
        if let Some(filter) = &mut self.filter {
            filter.finish()?;
        }
        self.collect(ready)
    }

    fn collect(&mut self, ready: &mut VecDeque<TimedFrame>) -> Result<(), MediaError> {
        let Some(filter) = &mut self.filter else { return Ok(()) };
        while let Some(frame) = filter.pull()? {
            let untimed = || MediaError::while_doing("reading the time of a deinterlaced frame")(Error::Bug);
            let pts = frame.pts().ok_or_else(untimed)?;
            ready.push_back(TimedFrame { frame, pts, duration: self.duration });
        }
        Ok(())
    }

    fn mark(&self, frame: &mut frame::Video) {
        let Some(top_first) = self.track else { return };
        if frame.is_interlaced() {
            return;
        }
        // SAFETY: this value owns its reference to the frame; plain fields that callers set.
        unsafe {
            (*frame.as_mut_ptr()).interlaced_frame = 1;
            (*frame.as_mut_ptr()).top_field_first = top_first.into();
        }
    }
}
