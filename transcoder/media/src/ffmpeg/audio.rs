//! One sound track of the film, from its beginning to its end: decoded, aligned, encoded to AAC and cut into segments.
//!
//! Sound is encoded whole, since AAC frames do not fit video's chunk boundaries. Its zero is the film's: the first
//! picture. A segment ends at the first AAC frame boundary at or after the end of the video segment of the same number,
//! so both have equally many.

use domain::{
    plan::{AAC_FRAME_SAMPLES, AudioTrack, Plan},
    ratio::Ratio,
};
use ffmpeg_next::{Error, Packet, decoder, frame};

use super::{
    audio_encoder::AudioEncoder,
    fail::pass_over,
    frames,
    input::{Input, Read},
    mux::SegmentMuxer,
    pipeline::PartSink,
    soundtrack::Soundtrack,
    track_reader::TrackReader,
};
use crate::error::MediaError;

/// Samples in an AAC frame.
pub(super) const FRAME_SAMPLES: usize = 1024;

const DECODING: &str = "decoding sound";

/// Encodes one sound track; see [`super::pipeline::encode_audio`].
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
        reader.decoder(1)?.audio().map_err(MediaError::while_doing("opening the sound decoder"))?;
    let mut soundtrack = Soundtrack::new(
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
    while !ended && !soundtrack.is_full() {
        match reader.read()? {
            Read::Packet(packet) => {
                if let Err(error) = decoder.send_packet(&packet) {
                    pass_over(error, DECODING)?;
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
            soundtrack.push(&frame)?;
        }
        encode_ready(&mut soundtrack, &mut encoder, &mut segments)?;
    }
    if decoded_frames == 0 {
        return Err(MediaError::Refused(format!(
            "Nothing of sound track {} can be decoded ({broken} broken places). Remove it or upload an undamaged copy.",
            track.stream_index
        )));
    }
    if broken > 0 {
        tracing::warn!(rendition = %track.name, broken, "Bridged damaged places in the master's sound");
    }
    soundtrack.finish()?;
    encode_ready(&mut soundtrack, &mut encoder, &mut segments)?;
    encoder.finish()?;
    while let Some(packet) = encoder.pull()? {
        segments.write(packet)?;
    }
    segments.finish()
}

/// The next decoded piece; `None` when the decoder wants more packets or is at its end.
fn receive(decoder: &mut decoder::Audio, broken: &mut u64) -> Result<Option<frame::Audio>, MediaError> {
    loop {
        let mut frame = frames::audio().map_err(MediaError::while_doing(DECODING))?;
        match decoder.receive_frame(&mut frame) {
            Ok(()) => return Ok(Some(frame)),
            Err(Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN }) => return Ok(None),
            Err(error) => {
                pass_over(error, DECODING)?;
                *broken += 1;
            }
        }
    }
}

fn encode_ready(
    soundtrack: &mut Soundtrack,
    encoder: &mut AudioEncoder,
    segments: &mut Segments<'_>,
) -> Result<(), MediaError> {
    while let Some(samples) = soundtrack.take_frame() {
        encoder.push(&samples)?;
        while let Some(packet) = encoder.pull()? {
            segments.write(packet)?;
        }
    }
    Ok(())
}

/// The film's zero in the sound track's ticks, rounded to the nearest.
fn zero_of(plan: &Plan, time_base: Ratio) -> i64 {
    let video = plan.video.time_base;
    let numerator = i128::from(plan.video.first_pts) * i128::from(video.num) * i128::from(time_base.den);
    let denominator = i128::from(video.den.max(1)) * i128::from(time_base.num.max(1));
    let zero = (numerator * 2 + denominator).div_euclid(denominator * 2);
    i64::try_from(zero).unwrap_or(0)
}

/// Cuts packets into segments.
struct Segments<'a> {
    plan: &'a Plan,
    track: &'a AudioTrack,
    /// Where segments end, in AAC frames.
    ends: &'a [u64],
    /// Of the whole track.
    aac_frames: u64,
    muxer: SegmentMuxer,
    sink: &'a mut dyn PartSink,
    /// Packets written.
    packets: u64,
    /// Packets in segments that are cut.
    cut_at: u64,
    /// Number of the segment being written.
    number: u32,
}

impl Segments<'_> {
    fn write(&mut self, mut packet: Packet) -> Result<(), MediaError> {
        // The encoder's priming lies before zero. Without it the packet at zero holds the sound from zero on, and no
        // edit list is needed to say so; a decoder starting there only fades in over one frame.
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
