//! Interlaced pictures made whole by bwdif, one for one.
//!
//! A picture counts as interlaced when it says so, or when the track does: many recordings flag only the container.

use std::collections::VecDeque;

use ffmpeg_next::{Error, codec, ffi, frame};

use super::{decode::Picture, filter::Filter, picture::share};
use crate::error::MediaError;

const DESCRIPTION: &str = "bwdif=mode=send_frame:parity=auto:deint=interlaced";

/// Deinterlaces the pictures of one track.
pub(super) struct Deinterlacer {
    /// Whether the top field comes first, where the track says that all of it is interlaced.
    track: Option<bool>,
    filter: Option<Filter>,
    /// Duration of the last picture given in; the filter does not keep it.
    duration: i64,
}

impl Deinterlacer {
    /// A deinterlacer for a track with these parameters.
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

    /// Gives a picture in and takes what is finished out.
    pub(super) fn push(
        &mut self,
        picture: &Picture,
        ready: &mut VecDeque<Picture>,
    ) -> Result<(), MediaError> {
        let mut frame = share(&picture.frame).map_err(MediaError::while_doing("sharing a picture"))?;
        self.mark(&mut frame);
        if self.filter.as_ref().is_some_and(|filter| !filter.fits(&frame)) {
            self.finish(ready)?;
            self.filter = None;
        }
        self.duration = picture.duration;
        let filter = match &mut self.filter {
            Some(filter) => filter,
            none => none.insert(Filter::new(DESCRIPTION, &frame)?),
        };
        filter.push(&frame)?;
        self.collect(ready)
    }

    /// Takes out what is left after the last picture.
    pub(super) fn finish(&mut self, ready: &mut VecDeque<Picture>) -> Result<(), MediaError> {
        if let Some(filter) = &mut self.filter {
            filter.finish()?;
        }
        self.collect(ready)
    }

    fn collect(&mut self, ready: &mut VecDeque<Picture>) -> Result<(), MediaError> {
        let Some(filter) = &mut self.filter else { return Ok(()) };
        while let Some(frame) = filter.pull()? {
            let untimed = || MediaError::while_doing("timing a deinterlaced picture")(Error::Bug);
            let pts = frame.pts().ok_or_else(untimed)?;
            ready.push_back(Picture { frame, pts, duration: self.duration });
        }
        Ok(())
    }

    fn mark(&self, frame: &mut frame::Video) {
        let Some(top_first) = self.track else { return };
        if frame.is_interlaced() {
            return;
        }
        // SAFETY: our own handle on the picture; plain fields that callers set.
        unsafe {
            (*frame.as_mut_ptr()).interlaced_frame = 1;
            (*frame.as_mut_ptr()).top_field_first = top_first.into();
        }
    }
}
