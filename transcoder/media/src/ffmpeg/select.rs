//! Which pictures of the master a chunk shows, and how often: decoding, weaving and the frame clock put together.
//!
//! A damaged place in the middle is bridged by holding the picture before it; a master whose pictures end before the
//! plan does is an error that says where, so that a truncated upload never becomes a film that freezes.

use std::collections::VecDeque;

use domain::{
    clock::{FrameClock, FrameSelector},
    plan::{Chunk, Plan},
};
use ffmpeg_next::frame;

use super::{
    decode::{Picture, PictureReader},
    deinterlace::Deinterlacer,
};
use crate::error::MediaError;

/// How much earlier than planned the pictures may end: container durations are rounded, and the last picture's own
/// duration is often missing.
const SHORT_TAIL_MS: i64 = 500;

/// The longest hole that damage may leave.
const LONGEST_HOLE_MS: i64 = 10_000;

/// Gives a chunk's pictures in order.
pub(super) struct Selection<'a> {
    plan: &'a Plan,
    chunk: Chunk,
    clock: FrameClock,
    picker: FrameSelector,
    reader: PictureReader,
    deinterlacer: Option<Deinterlacer>,
    ready: VecDeque<Picture>,
    ended: bool,
    current: Option<Picture>,
    /// Broken places up to the current picture.
    broken_before: u64,
}

/// A picture and how many frames of the output show it.
pub(super) struct Shown {
    /// The picture, as decoded.
    pub(super) picture: frame::Video,
    /// Frames, at least 1.
    pub(super) times: u64,
}

impl<'a> Selection<'a> {
    /// Starts decoding for a chunk.
    pub(super) fn new(plan: &'a Plan, chunk: Chunk, mut reader: PictureReader) -> Result<Self, MediaError> {
        let clock = FrameClock::new(plan);
        reader.start_at(clock.time_of(chunk.first_frame), plan.video.first_pts)?;
        let deinterlacer = plan.video.deinterlace.then(|| Deinterlacer::new(&reader.parameters()));
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

    /// Broken packets and pictures met so far.
    pub(super) fn broken(&self) -> u64 {
        self.reader.broken()
    }

    /// The next picture that is shown; `None` when the chunk is complete.
    pub(super) fn next(&mut self) -> Result<Option<Shown>, MediaError> {
        while !self.picker.is_done() {
            let next = self.pull()?;
            let Some(current) = self.current.take() else {
                if next.is_none() {
                    return Err(self.nothing());
                }
                self.current = next;
                continue;
            };
            match &next {
                Some(next) => self.check_hole(&current, next)?,
                None => self.check_tail(&current)?,
            }
            let frames = self.picker.next(current.pts, next.as_ref().map(|next| next.pts));
            self.current = next;
            if frames.start < frames.end {
                return Ok(Some(Shown { picture: current.frame, times: frames.end - frames.start }));
            }
        }
        Ok(None)
    }

    /// The next whole picture, whether it is shown or not.
    fn pull(&mut self) -> Result<Option<Picture>, MediaError> {
        let Some(deinterlacer) = &mut self.deinterlacer else { return self.reader.next() };
        while self.ready.is_empty() && !self.ended {
            if let Some(picture) = self.reader.next()? {
                deinterlacer.push(&picture, &mut self.ready)?;
            } else {
                self.ended = true;
                deinterlacer.finish(&mut self.ready)?;
            }
        }
        Ok(self.ready.pop_front())
    }

    fn check_hole(&mut self, current: &Picture, next: &Picture) -> Result<(), MediaError> {
        let broken = std::mem::replace(&mut self.broken_before, self.reader.broken());
        let end = current.pts.saturating_add(current.duration);
        let hole = next.pts.saturating_sub(end);
        if self.reader.broken() == broken || hole <= self.reader.ticks(LONGEST_HOLE_MS) {
            return Ok(());
        }
        Err(MediaError::Refused(format!(
            "The film is damaged: there are no readable pictures from {} to {}. Upload an undamaged copy.",
            self.film_time(end),
            self.film_time(next.pts)
        )))
    }

    /// Whether the last picture may be held to the end of the chunk.
    fn check_tail(&self, last: &Picture) -> Result<(), MediaError> {
        let end = last.pts.saturating_add(last.duration);
        let last_frame = self.clock.time_of(self.chunk.first_frame + self.chunk.frames - 1);
        if last_frame <= end.saturating_add(self.reader.ticks(SHORT_TAIL_MS)) {
            return Ok(());
        }
        let planned = self.clock.time_of(self.plan.frames);
        Err(MediaError::Refused(format!(
            "The pictures end at {}, but the film should last {}: the file is damaged or incomplete. Upload it again.",
            self.film_time(end),
            self.film_time(planned)
        )))
    }

    fn nothing(&self) -> MediaError {
        let wanted = self.film_time(self.clock.time_of(self.chunk.first_frame));
        MediaError::Refused(format!(
            "No picture at or before {wanted} can be decoded ({} broken places): the file is damaged. Upload it again.",
            self.reader.broken()
        ))
    }

    /// A time of the master as `hh:mm:ss.mmm` of the film.
    fn film_time(&self, pts: i64) -> String {
        let base = self.plan.video.time_base;
        let elapsed = i128::from(pts.saturating_sub(self.plan.video.first_pts).max(0));
        let ms = elapsed * i128::from(base.num) * 1000 / i128::from(base.den.max(1));
        let (seconds, ms) = (ms / 1000, ms % 1000);
        format!("{:02}:{:02}:{:02}.{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}
