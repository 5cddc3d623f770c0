//! Encodes one whole audio track: decodes it, aligns it with the video, encodes its renditions to AAC and cuts them into segments.
//!
//! A track is encoded as one part, since AAC frames do not fit the video's chunk boundaries. Its time zero is that of the film. A
//! segment ends at the first AAC frame boundary at or after the end of the video segment of the same number, so audio and video have the
//! same number of segments.

use domain::plan::{AAC_FRAME_SAMPLES, AudioEncode, AudioTrack, Mix, Plan};
use ffmpeg_next::Packet;

use super::{audio_encoder::AudioEncoder, audio_source, input::Input, mux::SegmentMuxer, pipeline::PartSink};
use crate::error::MediaError;

/// Samples in an AAC frame.
pub(super) const FRAME_SAMPLES: usize = 1024;

/// Encodes one audio track; see [`super::pipeline::encode_audio`].
pub(super) fn encode(
    input: Input,
    plan: &Plan,
    track: &AudioTrack,
    sink: &mut dyn PartSink,
) -> Result<(), MediaError> {
    let ends = plan.timeline.audio_segment_ends(track.sample_rate_hz);
    let mut outputs = Vec::new();
    for (index, mix) in track.mixes.iter().enumerate() {
        for rendition in &mix.renditions {
            outputs.push(Output::new(index, mix, rendition, track.sample_rate_hz, &ends, sink)?);
        }
    }
    let gains: Vec<f32> = track.mixes.iter().map(Mix::gain_factor).collect();
    let mut covered = 0;
    let damage = audio_source::decode(input, plan, track, &mut |mix, mut samples| {
        amplify(&mut samples, gains[mix]);
        for output in outputs.iter_mut().filter(|output| output.mix == mix) {
            output.push(&samples, sink)?;
        }
        report(plan, &outputs, &mut covered, sink)
    })?;
    if !damage.is_empty() {
        sink.damage(&damage).map_err(MediaError::Sink)?;
    }
    for output in &mut outputs {
        output.finish(sink)?;
    }
    report(plan, &outputs, &mut covered, sink)
}

fn amplify(samples: &mut [Vec<f32>], factor: f32) {
    for sample in samples.iter_mut().flatten() {
        *sample *= factor;
    }
}

/// Reports how many video frames the finished segments of all renditions cover, if that has changed.
fn report(
    plan: &Plan,
    outputs: &[Output<'_>],
    covered: &mut u64,
    sink: &mut dyn PartSink,
) -> Result<(), MediaError> {
    let segments = outputs.iter().map(|output| output.number - 1).min().unwrap_or(0);
    let frames = (u64::from(segments) * u64::from(plan.timeline.segment_frames)).min(plan.timeline.frames);
    if frames > *covered {
        *covered = frames;
        sink.progress(frames).map_err(MediaError::Sink)?;
    }
    Ok(())
}

/// One rendition: its encoder, and its packets grouped into segments.
struct Output<'a> {
    /// Index of its mix in the track.
    mix: usize,
    rendition: &'a AudioEncode,
    encoder: AudioEncoder,
    muxer: SegmentMuxer,
    /// The ends of the segments, in AAC frames.
    ends: &'a [u64],
    /// Packets written.
    packets: u64,
    /// Packets in finished segments.
    cut_at: u64,
    /// Number of the segment being written.
    number: u32,
}

impl<'a> Output<'a> {
    fn new(
        mix: usize,
        planned: &Mix,
        rendition: &'a AudioEncode,
        sample_rate_hz: u32,
        ends: &'a [u64],
        sink: &mut dyn PartSink,
    ) -> Result<Self, MediaError> {
        let encoder = AudioEncoder::new(rendition, planned.channels, sample_rate_hz)?;
        let (muxer, init) = SegmentMuxer::new(encoder.context(), sample_rate_hz, 1, 0)?;
        sink.init(&rendition.name, &init.codecs, init.bytes).map_err(MediaError::Sink)?;
        Ok(Self { mix, rendition, encoder, muxer, ends, packets: 0, cut_at: 0, number: 1 })
    }

    /// Length of the whole rendition, in AAC frames.
    fn aac_frames(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    fn push(&mut self, samples: &[Vec<f32>], sink: &mut dyn PartSink) -> Result<(), MediaError> {
        self.encoder.push(samples)?;
        self.write_ready(sink)
    }

    fn write_ready(&mut self, sink: &mut dyn PartSink) -> Result<(), MediaError> {
        while let Some(packet) = self.encoder.pull()? {
            self.write(packet, sink)?;
        }
        Ok(())
    }

    fn write(&mut self, mut packet: Packet, sink: &mut dyn PartSink) -> Result<(), MediaError> {
        // The encoder's priming packets have times below zero. Without them no edit list is needed, because the packet at zero
        // contains the audio from zero on; a decoder that starts there only fades in over one frame.
        if packet.pts().is_none_or(|pts| pts < 0) || self.packets == self.aac_frames() {
            return Ok(());
        }
        let expected = self.packets * AAC_FRAME_SAMPLES;
        if packet.pts().is_none_or(|pts| u64::try_from(pts) != Ok(expected)) {
            return Err(MediaError::Plan(format!("the AAC encoder left a gap at sample {expected}")));
        }
        packet.set_dts(packet.pts());
        packet.set_duration(i64::try_from(AAC_FRAME_SAMPLES).unwrap_or(i64::MAX));
        self.muxer.write(packet)?;
        self.packets += 1;
        if self.ends.get(self.number as usize - 1) == Some(&self.packets) {
            self.cut(sink)?;
        }
        Ok(())
    }

    fn cut(&mut self, sink: &mut dyn PartSink) -> Result<(), MediaError> {
        let bytes = self.muxer.cut()?;
        let duration_ticks = (self.packets - self.cut_at) * AAC_FRAME_SAMPLES;
        sink.segment(&self.rendition.name, self.number, duration_ticks, bytes).map_err(MediaError::Sink)?;
        self.cut_at = self.packets;
        self.number += 1;
        Ok(())
    }

    /// Writes the encoder's last packets. All frames of the film must have been pushed.
    fn finish(&mut self, sink: &mut dyn PartSink) -> Result<(), MediaError> {
        self.encoder.finish()?;
        self.write_ready(sink)?;
        if self.cut_at == self.aac_frames() {
            Ok(())
        } else {
            Err(MediaError::Plan(format!(
                "the AAC encoder gave {} of {} frames of {}",
                self.packets,
                self.aac_frames(),
                self.rendition.name
            )))
        }
    }
}
