//! Encodes one rendition of a chunk: takes frames and returns segments, cut exactly where the plan requires.

use std::sync::mpsc::{Receiver, SyncSender};

use domain::plan::{Chunk, DECODE_LEAD_FRAMES, Encode, Picture, Timeline};
use ffmpeg_next::{Packet, frame};

use super::{color::Color, mux::SegmentMuxer, pipeline::Event, video_encoder::VideoEncoder};
use crate::error::MediaError;

/// The rendition and chunk to encode.
pub(super) struct RungWork<'a> {
    pub(super) timeline: &'a Timeline,
    pub(super) chunk: Chunk,
    pub(super) encode: &'a Encode,
    pub(super) picture: Picture,
    /// Index of the rendition in its group.
    pub(super) index: usize,
    pub(super) color: Color,
}

/// Encodes each frame as many times as it is shown. Returns `Ok` without finishing if the frames end too early or the receiver of the
/// events is gone.
pub(super) fn encode(
    work: &RungWork<'_>,
    frames: &Receiver<(frame::Video, u64)>,
    events: &SyncSender<Event>,
) -> Result<(), MediaError> {
    let RungWork { timeline, chunk, encode, picture, index, color } = *work;
    let mut encoder = VideoEncoder::new(timeline, encode, picture, color)?;
    let offset_ticks = chunk.first_frame.saturating_mul(timeline.frame_ticks.into());
    let (muxer, init) =
        SegmentMuxer::new(encoder.context(), timeline.timescale, chunk.first_segment, offset_ticks)?;
    if events.send(Event::Init { rung: index, codecs: init.codecs, bytes: init.bytes }).is_err() {
        return Ok(());
    }
    let mut segments = Segments { work, muxer, events, frames_done: 0, frames_cut: 0, is_connected: true };
    let mut pushed = 0;
    for (frame, times) in frames {
        for _ in 0..times {
            encoder.push(&frame, pushed)?;
            pushed += 1;
            while let Some(packet) = encoder.pull()? {
                segments.write(packet)?;
            }
        }
        if !segments.is_connected {
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

/// Groups a rung's packets into segments.
struct Segments<'a> {
    work: &'a RungWork<'a>,
    muxer: SegmentMuxer,
    events: &'a SyncSender<Event>,
    /// Number of frames whose packets are written.
    frames_done: u64,
    /// Number of frames in finished segments.
    frames_cut: u64,
    is_connected: bool,
}

impl Segments<'_> {
    fn write(&mut self, packet: Packet) -> Result<(), MediaError> {
        let timeline = self.work.timeline;
        // GOPs are closed, so packets in decoding order have the same GOPs as frames in presentation order.
        let begins_gop = self.frames_done.is_multiple_of(timeline.gop_frames.into());
        let expected_ticks = self.frames_done * u64::from(timeline.frame_ticks);
        let is_on_time = packet.pts().is_some_and(|pts| u64::try_from(pts) == Ok(expected_ticks));
        if begins_gop && !(packet.is_key() && is_on_time) {
            return Err(MediaError::Plan(format!(
                "x264 did not write an IDR frame at frame {}",
                self.frames_done
            )));
        }
        if self.frames_done - self.frames_cut == u64::from(timeline.segment_frames) {
            self.cut()?;
        }
        self.muxer.write(self.timed(packet)?)?;
        self.frames_done += 1;
        if begins_gop {
            self.send(Event::Progress { rung: self.work.index, frames: self.frames_done });
        }
        Ok(())
    }

    /// Sets the packet's decode time and duration by its place in decoding order ([`Timeline::decode_ticks`]), instead of the encoder's,
    /// which begin before zero. Times are relative to the chunk, as the muxer expects them.
    fn timed(&self, mut packet: Packet) -> Result<Packet, MediaError> {
        let RungWork { timeline, chunk, .. } = *self.work;
        let ticks = |index: u64| i64::try_from(timeline.decode_ticks(index)).unwrap_or(i64::MAX);
        let index = chunk.first_frame + self.frames_done;
        let chunk_ticks =
            i64::try_from(chunk.first_frame.saturating_mul(timeline.frame_ticks.into())).unwrap_or(i64::MAX);
        let decode_time = ticks(index) - chunk_ticks;
        if packet.pts().is_none_or(|shown| shown < decode_time) {
            return Err(MediaError::Plan(format!(
                "x264 reorders frames further than {DECODE_LEAD_FRAMES} frames at frame {index}"
            )));
        }
        packet.set_dts(Some(decode_time));
        packet.set_duration(ticks(index + 1) - ticks(index));
        Ok(packet)
    }

    fn finish(&mut self) -> Result<(), MediaError> {
        if self.frames_done != self.work.chunk.frames {
            return Err(MediaError::Plan(format!(
                "x264 returned {} packets for {} frames",
                self.frames_done, self.work.chunk.frames
            )));
        }
        self.cut()?;
        self.send(Event::Progress { rung: self.work.index, frames: self.frames_done });
        Ok(())
    }

    fn cut(&mut self) -> Result<(), MediaError> {
        let RungWork { timeline, chunk, index, .. } = *self.work;
        let bytes = self.muxer.cut()?;
        let before = self.frames_cut / u64::from(timeline.segment_frames);
        let number = chunk.first_segment + u32::try_from(before).unwrap_or(u32::MAX - chunk.first_segment);
        let duration_ticks = timeline.segment_ticks(number);
        self.frames_cut = self.frames_done;
        self.send(Event::Segment { rung: index, number, duration_ticks, bytes });
        Ok(())
    }

    fn send(&mut self, event: Event) {
        self.is_connected &= self.events.send(event).is_ok();
    }
}
