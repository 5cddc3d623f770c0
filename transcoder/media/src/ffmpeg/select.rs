//! Selects the frames of the master that a chunk shows, and how often: combines decoding, deinterlacing and the frame clock.
//!
//! At a damaged place in the middle the previous frame is shown longer. If the master's video ends before the plan does, the chunk
//! fails with an error that states the time, so a truncated upload never becomes a film that freezes.

use std::collections::VecDeque;

use domain::{
    clock::{FrameClock, FrameSelector},
    plan::{Chunk, Plan},
};
use ffmpeg_next::frame;

use super::{
    decode::{FrameReader, TimedFrame},
    deinterlace::Deinterlacer,
};
use crate::error::MediaError;

/// How much earlier than planned the video may end: container durations are rounded, and the last frame's own duration is often
/// missing.
const SHORT_TAIL_MS: i64 = 500;

/// Maximum length of a gap that damage may leave.
const MAX_GAP_MS: i64 = 10_000;

/// Returns a chunk's frames in order.
pub(super) struct Selection<'a> {
    plan: &'a Plan,
    chunk: Chunk,
    clock: FrameClock,
    picker: FrameSelector,
    reader: FrameReader,
    deinterlacer: Option<Deinterlacer>,
    ready: VecDeque<TimedFrame>,
    ended: bool,
    current: Option<TimedFrame>,
    /// Number of damaged places up to the current frame.
    broken_before: u64,
}

/// A frame of the master and the number of output frames that show it.
pub(super) struct ShownFrame {
    /// The decoded, deinterlaced frame.
    pub(super) frame: frame::Video,
    /// Number of output frames, at least 1.
    pub(super) times: u64,
}

impl<'a> Selection<'a> {
    /// Starts decoding for a chunk.
    pub(super) fn new(plan: &'a Plan, chunk: Chunk, mut reader: FrameReader) -> Result<Self, MediaError> {
        let clock = FrameClock::new(plan.timeline.frame_rate, plan.start);
        reader.start_at(clock.time_of(chunk.first_frame), plan.start.ticks)?;
        let deinterlace = plan.video.as_ref().is_some_and(|video| video.source.deinterlace);
        let deinterlacer = deinterlace.then(|| Deinterlacer::new(&reader.parameters()));
        Ok(Self {
            plan,
            chunk,
            clock,
            picker: FrameSelector::new(chunk.first_frame, chunk.frames, clock),
            broken_before: reader.broken(),
            reader,
            deinterlacer,
            ready: VecDeque::new(),
            ended: false,
            current: None,
        })
    }

    /// Returns the number of damaged packets and frames so far.
    pub(super) fn broken(&self) -> u64 {
        self.reader.broken()
    }

    /// Returns the next frame that is shown; `None` when the chunk is complete.
    pub(super) fn next(&mut self) -> Result<Option<ShownFrame>, MediaError> {
        while !self.picker.is_done() {
            let next = self.pull()?;
            let Some(current) = self.current.take() else {
                if next.is_none() {
                    return Err(self.no_frame());
                }
                self.current = next;
                continue;
            };
            match &next {
                Some(next) => self.check_gap(&current, next)?,
                None => self.check_tail(&current)?,
            }
            let frames = self.picker.next(current.pts, next.as_ref().map(|next| next.pts));
            self.current = next;
            if frames.start < frames.end {
                return Ok(Some(ShownFrame { frame: current.frame, times: frames.end - frames.start }));
            }
        }
        Ok(None)
    }

    /// Returns the next frame, deinterlaced if the plan requires it, whether it is shown or not.
    fn pull(&mut self) -> Result<Option<TimedFrame>, MediaError> {
        let Some(deinterlacer) = &mut self.deinterlacer else { return self.reader.next() };
        while self.ready.is_empty() && !self.ended {
            if let Some(frame) = self.reader.next()? {
                deinterlacer.push(&frame, &mut self.ready)?;
            } else {
                self.ended = true;
                deinterlacer.finish(&mut self.ready)?;
            }
        }
        Ok(self.ready.pop_front())
    }

    /// Refuses the master if damage leaves a gap above the maximum between two frames.
    fn check_gap(&mut self, current: &TimedFrame, next: &TimedFrame) -> Result<(), MediaError> {
        let broken = std::mem::replace(&mut self.broken_before, self.reader.broken());
        let end = current.pts.saturating_add(current.duration);
        let gap = next.pts.saturating_sub(end);
        if self.reader.broken() == broken || gap <= self.reader.ticks(MAX_GAP_MS) {
            return Ok(());
        }
        Err(MediaError::Refused(format!(
            "The film is damaged: its video cannot be read from {} to {}. Upload an undamaged copy.",
            self.film_time(end),
            self.film_time(next.pts)
        )))
    }

    /// Refuses the master if its last frame would be shown for too long at the end of the chunk.
    fn check_tail(&self, last: &TimedFrame) -> Result<(), MediaError> {
        let end = last.pts.saturating_add(last.duration);
        let last_frame = self.clock.time_of(self.chunk.first_frame + self.chunk.frames - 1);
        if last_frame <= end.saturating_add(self.reader.ticks(SHORT_TAIL_MS)) {
            return Ok(());
        }
        let planned = self.clock.time_of(self.plan.timeline.frames);
        Err(MediaError::Refused(format!(
            "The video ends at {}, but the film should last {}: the file is damaged or incomplete. Upload it again.",
            self.film_time(end),
            self.film_time(planned)
        )))
    }

    fn no_frame(&self) -> MediaError {
        let wanted = self.film_time(self.clock.time_of(self.chunk.first_frame));
        MediaError::Refused(format!(
            "The video cannot be decoded at or before {wanted} ({} damaged places): the file is damaged. Upload it again.",
            self.reader.broken()
        ))
    }

    /// Formats a time of the master as `hh:mm:ss.mmm` from the start of the film.
    fn film_time(&self, pts: i64) -> String {
        let base = self.plan.start.time_base;
        let elapsed = i128::from(pts.saturating_sub(self.plan.start.ticks).max(0));
        let ms = elapsed * i128::from(base.num) * 1000 / i128::from(base.den.max(1));
        let (seconds, ms) = (ms / 1000, ms % 1000);
        format!("{:02}:{:02}:{:02}.{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}
