//! Deinterlaces frames with bwdif; each interlaced frame becomes one progressive frame.
//!
//! Every frame of such a track counts as interlaced: many recordings set the flag only in the container, or not at all.

use std::collections::VecDeque;

use domain::facts::FieldOrder;
use ffmpeg_next::{Error, frame};

use super::{decode::TimedFrame, filter::Filter, frame_pool::share};
use crate::error::MediaError;

const DESCRIPTION: &str = "bwdif=mode=send_frame:parity=auto:deint=interlaced";

/// Deinterlaces the frames of one track.
pub(super) struct Deinterlacer {
    /// Whether the top field comes first in frames that are not flagged.
    top_first: bool,
    filter: Option<Filter>,
    /// Duration of the last frame pushed; the filter does not keep it.
    duration: i64,
}

impl Deinterlacer {
    /// Returns a deinterlacer for a track whose frames have this field first.
    pub(super) fn new(order: FieldOrder) -> Self {
        Self { top_first: order != FieldOrder::BottomFirst, filter: None, duration: 0 }
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
        if frame.is_interlaced() {
            return;
        }
        // SAFETY: this value owns its reference to the frame; plain fields that callers set.
        unsafe {
            (*frame.as_mut_ptr()).interlaced_frame = 1;
            (*frame.as_mut_ptr()).top_field_first = self.top_first.into();
        }
    }
}
