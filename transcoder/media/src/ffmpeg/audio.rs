//! Encodes one whole audio track: decodes it, aligns it with the video, encodes it to AAC and cuts it into segments.
//!
//! A track is encoded as one part, since AAC frames do not fit the video's chunk boundaries. Its time zero is that of the film: the
//! first video frame. A segment ends at the first AAC frame boundary at or after the end of the video segment of the same number, so
//! audio and video have the same number of segments.

use domain::{
    plan::{AAC_FRAME_SAMPLES, AudioTrack, Plan},
    ratio::Ratio,
};
use ffmpeg_next::{Error, Packet, decoder, frame};

use super::{
    audio_encoder::AudioEncoder,
    audio_timeline::AudioTimeline,
    fail::check_memory,
    frames,
    input::{Input, Read},
    mux::SegmentMuxer,
    pipeline::PartSink,
    track_reader::TrackReader,
};
use crate::error::MediaError;

/// Samples in an AAC frame.
pub(super) const FRAME_SAMPLES: usize = 1024;

const DECODING: &str = "decoding audio";

/// Encodes one audio track; see [`super::pipeline::encode_audio`].
pub(super) fn encode(
    input: Input,
    plan: &Plan,
    track: &AudioTrack,
    sink: &mut dyn PartSink,
) -> Result<(), MediaError> {
    let ends = plan.audio_segment_ends(track.sample_rate_hz);
    let aac_frames = ends.last().copied().unwrap_or(0);
    let mut reader = TrackReader::new(input, track.stream_index)?;
    let mut decoder =
        reader.decoder(1)?.audio().map_err(MediaError::while_doing("opening the audio decoder"))?;
    let mut timeline = AudioTimeline::new(
        zero_of(plan, reader.time_base()),
        reader.time_base(),
        track,
        aac_frames * AAC_FRAME_SAMPLES,
    );
    let mut encoder = AudioEncoder::new(track)?;
    let (muxer, init) = SegmentMuxer::new(encoder.context(), track.sample_rate_hz, 1, 0)?;
    sink.init(&track.name, &init.codecs, init.bytes).map_err(MediaError::Sink)?;
    let mut segments =
        Segments { plan, track, ends: &ends, aac_frames, muxer, sink, packets: 0, cut_at: 0, number: 1 };

    let mut decoded_frames = 0_u64;
    let mut broken = 0_u64;
    let mut ended = false;
    while !ended && !timeline.is_full() {
        match reader.read()? {
            Read::Packet(packet) => {
                if let Err(error) = decoder.send_packet(&packet) {
                    check_memory(error, DECODING)?;
                    broken += 1;
                }
            }
            Read::Damaged => broken += 1,
            Read::End => {
                ended = true;
                decoder.send_eof().ok();
            }
        }
        while let Some(frame) = receive(&mut decoder, &mut broken)? {
            decoded_frames += 1;
            timeline.push(&frame)?;
        }
        encode_ready(&mut timeline, &mut encoder, &mut segments)?;
    }
    if decoded_frames == 0 {
        return Err(MediaError::Refused(format!(
            "Audio track {} cannot be decoded ({broken} damaged places). Remove it or upload an undamaged copy.",
            track.stream_index
        )));
    }
    if broken > 0 {
        tracing::warn!(
            rendition = %track.name,
            broken,
            "Skipped damaged places in the master's audio; gaps are filled with silence"
        );
    }
    timeline.finish()?;
    encode_ready(&mut timeline, &mut encoder, &mut segments)?;
    encoder.finish()?;
    while let Some(packet) = encoder.pull()? {
        segments.write(packet)?;
    }
    segments.finish()
}

/// Returns the next decoded audio frame; `None` if the decoder needs more packets or is at its end.
fn receive(decoder: &mut decoder::Audio, broken: &mut u64) -> Result<Option<frame::Audio>, MediaError> {
    loop {
        let mut frame = frames::audio().map_err(MediaError::while_doing(DECODING))?;
        match decoder.receive_frame(&mut frame) {
            Ok(()) => return Ok(Some(frame)),
            Err(Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN }) => return Ok(None),
            Err(error) => {
                check_memory(error, DECODING)?;
                *broken += 1;
            }
        }
    }
}

fn encode_ready(
    timeline: &mut AudioTimeline,
    encoder: &mut AudioEncoder,
    segments: &mut Segments<'_>,
) -> Result<(), MediaError> {
    while let Some(samples) = timeline.take_frame() {
        encoder.push(&samples)?;
        while let Some(packet) = encoder.pull()? {
            segments.write(packet)?;
        }
    }
    Ok(())
}

/// Returns the time of the film's first video frame in the audio track's ticks, rounded to the nearest.
fn zero_of(plan: &Plan, time_base: Ratio) -> i64 {
    let video = plan.video.time_base;
    let numerator = i128::from(plan.video.first_pts) * i128::from(video.num) * i128::from(time_base.den);
    let denominator = i128::from(video.den.max(1)) * i128::from(time_base.num.max(1));
    let zero = (numerator * 2 + denominator).div_euclid(denominator * 2);
    i64::try_from(zero).unwrap_or(0)
}

/// Groups packets into segments.
struct Segments<'a> {
    plan: &'a Plan,
    track: &'a AudioTrack,
    /// The ends of the segments, in AAC frames.
    ends: &'a [u64],
    /// Length of the whole track, in AAC frames.
    aac_frames: u64,
    muxer: SegmentMuxer,
    sink: &'a mut dyn PartSink,
    /// Packets written.
    packets: u64,
    /// Packets in finished segments.
    cut_at: u64,
    /// Number of the segment being written.
    number: u32,
}

impl Segments<'_> {
    fn write(&mut self, mut packet: Packet) -> Result<(), MediaError> {
        // The encoder's priming packets have times below zero. Without them no edit list is needed, because the packet at zero
        // contains the audio from zero on; a decoder that starts there only fades in over one frame.
        if packet.pts().is_none_or(|pts| pts < 0) || self.packets == self.aac_frames {
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
            self.cut()?;
        }
        Ok(())
    }

    fn cut(&mut self) -> Result<(), MediaError> {
        let bytes = self.muxer.cut()?;
        let duration_ticks = (self.packets - self.cut_at) * AAC_FRAME_SAMPLES;
        let frames = (u64::from(self.number) * u64::from(self.plan.segment_frames)).min(self.plan.frames);
        self.sink.segment(&self.track.name, self.number, duration_ticks, bytes).map_err(MediaError::Sink)?;
        self.sink.progress(frames).map_err(MediaError::Sink)?;
        self.cut_at = self.packets;
        self.number += 1;
        Ok(())
    }

    fn finish(self) -> Result<(), MediaError> {
        if self.cut_at == self.aac_frames {
            Ok(())
        } else {
            Err(MediaError::Plan(format!(
                "the AAC encoder gave {} of {} frames",
                self.packets, self.aac_frames
            )))
        }
    }
}
