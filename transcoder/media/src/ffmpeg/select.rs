//! Selects the frames of the master that a chunk shows, and how often: combines decoding, deinterlacing and the frame clock.
//!
//! At a damaged place the previous frame is shown longer, and so is the last frame if the video ends before the plan does. Both are
//! recorded, so that an editor knows of it before viewers do.

use std::{collections::VecDeque, ops::Range};

use domain::{
    clock::{FrameClock, FrameSelector},
    damage::Damage,
    plan::{Chunk, Plan},
    reason::ReasonCode,
};
use ffmpeg_next::frame;

use super::{
    damage_log::DamageLog,
    decode::{FrameReader, TimedFrame},
    deinterlace::Deinterlacer,
    frames,
};
use crate::error::MediaError;

/// How much later than planned the video may begin, and how much earlier it may end, without being damaged: container durations are
/// rounded, and the last frame's own duration is often missing.
const TOLERANCE_MS: i64 = 500;

/// Returns a chunk's frames in order.
pub(super) struct Selection<'a> {
    plan: &'a Plan,
    chunk: Chunk,
    clock: FrameClock,
    picker: FrameSelector,
    reader: FrameReader,
    deinterlacer: Option<Deinterlacer>,
    ready: VecDeque<TimedFrame>,
    /// Black frames that are still to be shown, before the first frame of the video.
    black_frames: u64,
    ended: bool,
    current: Option<TimedFrame>,
    /// Duration of an output frame in the master's ticks: that of frames which declare none.
    frame_ticks: i64,
    damage: DamageLog,
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
        let black = plan.video.as_ref().map_or(0, |video| video.source.black_frames);
        let black_frames = black.saturating_sub(chunk.first_frame).min(chunk.frames);
        let first_frame = chunk.first_frame + black_frames;
        if black_frames < chunk.frames {
            reader.start_at(clock.time_of(first_frame), clock.time_of(black))?;
        }
        let deinterlace = plan.video.as_ref().and_then(|video| video.source.deinterlace);
        let deinterlacer = deinterlace.map(Deinterlacer::new);
        Ok(Self {
            plan,
            chunk,
            clock,
            picker: FrameSelector::new(first_frame, chunk.frames - black_frames, clock),
            black_frames,
            frame_ticks: clock.time_of(1).saturating_sub(clock.time_of(0)),
            reader,
            deinterlacer,
            ready: VecDeque::new(),
            ended: false,
            current: None,
            damage: DamageLog::default(),
        })
    }

    /// Returns what decoding concealed in the chunk's own frames. The chunk must be complete.
    pub(super) fn into_damage(self) -> Damage {
        self.damage.finish(self.plan.timeline.frame_ms(self.chunk.first_frame + self.chunk.frames))
    }

    /// Returns the next frame that is shown; `None` when the chunk is complete.
    pub(super) fn next(&mut self) -> Result<Option<ShownFrame>, MediaError> {
        if self.black_frames > 0 {
            let times = std::mem::take(&mut self.black_frames);
            return Ok(Some(ShownFrame { frame: self.black_frame()?, times }));
        }
        while !self.picker.is_done() {
            let next = self.pull()?;
            let Some(current) = self.current.take() else {
                if next.is_none() {
                    return Err(self.no_frame());
                }
                self.current = next;
                continue;
            };
            let frames = self.picker.next(current.pts, next.as_ref().map(|next| next.pts));
            self.note_damage(&current, next.as_ref(), &frames);
            self.reader.losses().forget_before(current.pts);
            self.current = next;
            if frames.start < frames.end {
                return Ok(Some(ShownFrame { frame: current.frame, times: frames.end - frames.start }));
            }
        }
        Ok(None)
    }

    /// Returns a black frame of the plan's largest size, before rotation.
    fn black_frame(&self) -> Result<frame::Video, MediaError> {
        let missing = || MediaError::Plan("the plan has no size".to_owned());
        let video = self.plan.video.as_ref().ok_or_else(missing)?;
        let first = video.pictures.first().ok_or_else(missing)?;
        let (width, height) = video.source.before_rotation(*first);
        let mut frame =
            frames::yuv420p(width, height).map_err(MediaError::while_doing("making a black frame"))?;
        frames::blacken(&mut frame);
        Ok(frame)
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

    /// Records which of the output frames that show `current` should show something else.
    fn note_damage(&mut self, current: &TimedFrame, next: Option<&TimedFrame>, frames: &Range<u64>) {
        if frames.is_empty() {
            return;
        }
        let duration = if current.duration > 0 { current.duration } else { self.frame_ticks };
        let end = current.pts.saturating_add(duration);
        let tolerance = self.reader.ticks(TOLERANCE_MS);
        let film_end = self.clock.time_of(self.plan.timeline.frames);
        let longest = self.reader.longest_frame().unwrap_or(i64::MAX);
        let losses = self.reader.losses();
        let held_from = match next {
            _ if current.is_damaged() => Some(current.pts),
            Some(next) if next.is_damaged() || next.pts.saturating_sub(current.pts) > longest => Some(end),
            Some(next) => losses.held_from(current.pts, end, next.pts),
            None if film_end.saturating_sub(end) > tolerance => Some(end),
            None => losses.held_from(current.pts, end, i64::MAX),
        };
        let held = held_from.map_or(frames.end, |pts| self.clock.first_frame_at(pts).max(frames.start));
        self.damage.hold(&self.plan.timeline, held..frames.end);

        // Only the first decoded frame of a chunk can be shown before its own time.
        let begin = self.clock.first_frame_at(current.pts).min(frames.end);
        let wanted = self.clock.time_of(frames.start);
        let is_lost = current.pts.saturating_sub(wanted) > tolerance
            || losses.held_from(i64::MIN, wanted, current.pts).is_some();
        if begin > frames.start && is_lost {
            self.damage.hold(&self.plan.timeline, frames.start..begin);
        }
    }

    fn no_frame(&self) -> MediaError {
        let wanted = self.film_time(self.clock.time_of(self.chunk.first_frame));
        MediaError::Refused(
            ReasonCode::VideoUndecodableAt.with("time", wanted).with("places", self.reader.broken()),
        )
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
