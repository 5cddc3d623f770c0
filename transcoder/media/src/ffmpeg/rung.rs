//! One rung of one chunk: pictures in, segments out, cut exactly where the plan says.

use std::sync::mpsc::{Receiver, SyncSender};

use domain::plan::{Chunk, Plan, Rung};
use ffmpeg_next::{Packet, frame};

use super::{color::Color, mux::SegmentMuxer, pipeline::Event, video_encoder::VideoEncoder};
use crate::error::MediaError;

/// What to encode.
pub(super) struct RungWork<'a> {
    pub(super) plan: &'a Plan,
    pub(super) chunk: Chunk,
    pub(super) rung: &'a Rung,
    /// Place of the rung in the plan.
    pub(super) index: usize,
    pub(super) color: Color,
}

/// Encodes the pictures, each as often as it is shown. Ends quietly when the pictures stop short or nobody listens.
pub(super) fn encode(
    work: &RungWork<'_>,
    pictures: &Receiver<(frame::Video, u64)>,
    events: &SyncSender<Event>,
) -> Result<(), MediaError> {
    let RungWork { plan, chunk, rung, index, color } = *work;
    let mut encoder = VideoEncoder::new(plan, rung, color)?;
    let offset_ticks = chunk.first_frame.saturating_mul(plan.frame_ticks.into());
    let (muxer, init) =
        SegmentMuxer::new(encoder.context(), plan.timescale, chunk.first_segment, offset_ticks)?;
    if events.send(Event::Init { rung: index, codecs: init.codecs, bytes: init.bytes }).is_err() {
        return Ok(());
    }
    let mut segments = Segments { work, muxer, events, frames_done: 0, frames_cut: 0, listening: true };
    let mut pushed = 0;
    for (picture, times) in pictures {
        for _ in 0..times {
            encoder.push(&picture, pushed)?;
            pushed += 1;
            while let Some(packet) = encoder.pull()? {
                segments.write(packet)?;
            }
        }
        if !segments.listening {
            return Ok(());
        }
    }
    if u64::try_from(pushed) != Ok(chunk.frames) {
        return Ok(());
    }
    encoder.finish()?;
    while let Some(packet) = encoder.pull()? {
        segments.write(packet)?;
    }
    segments.finish()
}

/// Cuts a rung's packets into segments.
struct Segments<'a> {
    work: &'a RungWork<'a>,
    muxer: SegmentMuxer,
    events: &'a SyncSender<Event>,
    /// Frames whose packets are written.
    frames_done: u64,
    /// Frames in segments that are cut.
    frames_cut: u64,
    listening: bool,
}

impl Segments<'_> {
    fn write(&mut self, packet: Packet) -> Result<(), MediaError> {
        let plan = self.work.plan;
        // GOPs are closed, so packets in decoding order are grouped by GOP as they are in presentation.
        let begins_gop = self.frames_done.is_multiple_of(plan.gop_frames.into());
        let expected_ticks = self.frames_done * u64::from(plan.frame_ticks);
        let is_at_place = packet.pts().is_some_and(|pts| u64::try_from(pts) == Ok(expected_ticks));
        if begins_gop && !(packet.is_key() && is_at_place) {
            return Err(MediaError::Plan(format!("x264 put no IDR picture at frame {}", self.frames_done)));
        }
        if self.frames_done - self.frames_cut == u64::from(plan.segment_frames) {
            self.cut()?;
        }
        self.muxer.write(packet)?;
        self.frames_done += 1;
        if begins_gop {
            self.tell(Event::Progress { rung: self.work.index, frames: self.frames_done });
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), MediaError> {
        if self.frames_done != self.work.chunk.frames {
            return Err(MediaError::Plan(format!(
                "x264 gave {} packets for {} pictures",
                self.frames_done, self.work.chunk.frames
            )));
        }
        self.cut()?;
        self.tell(Event::Progress { rung: self.work.index, frames: self.frames_done });
        Ok(())
    }

    fn cut(&mut self) -> Result<(), MediaError> {
        let RungWork { plan, chunk, index, .. } = *self.work;
        let bytes = self.muxer.cut()?;
        let before = self.frames_cut / u64::from(plan.segment_frames);
        let number = chunk.first_segment + u32::try_from(before).unwrap_or(u32::MAX - chunk.first_segment);
        let duration_ticks = (self.frames_done - self.frames_cut) * u64::from(plan.frame_ticks);
        self.frames_cut = self.frames_done;
        self.tell(Event::Segment { rung: index, number, duration_ticks, bytes });
        Ok(())
    }

    fn tell(&mut self, event: Event) {
        self.listening &= self.events.send(event).is_ok();
    }
}
