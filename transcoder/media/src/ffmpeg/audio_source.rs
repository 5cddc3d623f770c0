//! Decodes one whole audio track, places it on the film's timeline and mixes its channels.

use domain::{
    damage::Damage,
    plan::{AAC_FRAME_SAMPLES, AudioTrack, Mix, Plan},
    ratio::Ratio,
    reason::ReasonCode,
};
use ffmpeg_next::{Error, Packet, decoder, frame};

use super::{
    audio_timeline::AudioTimeline,
    declared_end::DeclaredEnd,
    fail::check_memory,
    frames,
    input::{Input, Read},
    track_reader::TrackReader,
};
use crate::error::MediaError;

const DECODING: &str = "decoding audio";

/// Receives a frame of 1024 samples for each channel of the mix with this index. The mixes' frames are interleaved; those of one mix
/// come in order and cover the film from its start to its end.
pub(super) type MixSink<'a> = dyn FnMut(usize, Vec<Vec<f32>>) -> Result<(), MediaError> + 'a;

/// Decodes the track once and passes all frames of all mixes to `sink`. Returns what decoding concealed.
pub(super) fn decode(
    mut input: Input,
    plan: &Plan,
    track: &AudioTrack,
    sink: &mut MixSink<'_>,
) -> Result<Damage, MediaError> {
    input.correct_clock(&plan.clock);
    let indexes: Vec<u32> = track.streams.iter().map(|stream| stream.stream_index).collect();
    let mut reader = TrackReader::new(input, &indexes)?;
    let mut streams = Vec::new();
    for number in 0..indexes.len() {
        streams.push(StreamDecoder::open(&mut reader, number, plan, track)?);
    }
    let mut ended = false;
    while !ended && !streams.iter().all(|stream| stream.timeline.is_full()) {
        match reader.read()? {
            Read::Packet(packet) => {
                if let Some(number) = reader.stream_of(&packet) {
                    streams[number].push(&packet)?;
                }
            }
            Read::Damaged => {
                for stream in &mut streams {
                    stream.broken += 1;
                }
            }
            Read::End => {
                ended = true;
                for stream in &mut streams {
                    stream.end()?;
                }
            }
        }
        pass_on(&mut streams, &track.mixes, sink)?;
    }
    let silent = streams.iter().zip(&indexes).find(|(stream, _)| stream.decoded_frames == 0);
    if let Some((stream, index)) = silent {
        let reason = ReasonCode::AudioUndecodable.with("number", index).with("places", stream.broken);
        return Err(MediaError::Refused(reason));
    }
    // The file of a dub may be shorter than the film, so the end of the film declares nothing about it.
    let is_declared = |end: &DeclaredEnd| plan.video.is_some() || end.pts < i64::MAX;
    for (number, stream) in streams.iter_mut().enumerate() {
        stream.timeline.finish(reader.declared_end(number).filter(is_declared))?;
    }
    pass_on(&mut streams, &track.mixes, sink)?;
    let end_ms = plan.timeline.duration_ms();
    let damages = streams.into_iter().map(|stream| stream.timeline.into_damage(end_ms));
    // Streams of one mix lose the same times; the one that lost the most is reported.
    Ok(damages.max_by_key(|damage| damage.total_ms).unwrap_or_default())
}

/// The decoder of one stream and what it has decoded.
struct StreamDecoder {
    decoder: decoder::Audio,
    timeline: AudioTimeline,
    decoded_frames: u64,
    broken: u64,
    /// Time and duration of the last packet.
    last_packet: Option<(i64, i64)>,
}

impl StreamDecoder {
    fn open(
        reader: &mut TrackReader,
        number: usize,
        plan: &Plan,
        track: &AudioTrack,
    ) -> Result<Self, MediaError> {
        let ends = plan.timeline.audio_segment_ends(track.sample_rate_hz);
        let samples = ends.last().copied().unwrap_or(0).saturating_mul(AAC_FRAME_SAMPLES);
        let decoder = reader.decoder(number, 1)?.audio();
        let time_base = reader.time_base(number);
        let channels = track.streams[number].channels;
        Ok(Self {
            decoder: decoder.map_err(MediaError::while_doing("opening the audio decoder"))?,
            timeline: AudioTimeline::new(
                zero_of(plan, time_base),
                time_base,
                track.sample_rate_hz,
                channels,
                samples,
            ),
            decoded_frames: 0,
            broken: 0,
            last_packet: None,
        })
    }

    /// Decodes a packet and adds its samples to the timeline.
    fn push(&mut self, packet: &Packet) -> Result<(), MediaError> {
        self.last_packet = packet.pts().or(packet.dts()).map(|pts| (pts, packet.duration()));
        let broken_before = self.broken;
        if let Err(error) = self.decoder.send_packet(packet) {
            check_memory(error, DECODING)?;
            self.broken += 1;
        }
        self.receive_all(broken_before)
    }

    /// Adds the last samples of the decoder.
    fn end(&mut self) -> Result<(), MediaError> {
        self.decoder.send_eof().ok();
        self.receive_all(self.broken)
    }

    fn receive_all(&mut self, broken_before: u64) -> Result<(), MediaError> {
        while let Some(frame) = self.receive()? {
            self.decoded_frames += 1;
            self.broken += u64::from(frame.has_decode_errors());
            self.timeline.push(&frame)?;
        }
        if self.broken > broken_before
            && let Some((pts, duration)) = self.last_packet
        {
            self.timeline.lose(pts, duration);
        }
        Ok(())
    }

    /// Returns the next decoded frame; `None` if the decoder needs more packets or is at its end.
    fn receive(&mut self) -> Result<Option<frame::Audio>, MediaError> {
        loop {
            let mut frame = frames::audio().map_err(MediaError::while_doing(DECODING))?;
            match self.decoder.receive_frame(&mut frame) {
                Ok(()) => return Ok(Some(frame)),
                Err(Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN }) => return Ok(None),
                Err(error) => {
                    check_memory(error, DECODING)?;
                    self.broken += 1;
                }
            }
        }
    }
}

/// Passes on what all streams have decoded.
fn pass_on(streams: &mut [StreamDecoder], mixes: &[Mix], sink: &mut MixSink<'_>) -> Result<(), MediaError> {
    // A stream of a mix that has no packets for long must not keep the samples of the others in memory.
    let furthest = streams.iter().map(|stream| stream.timeline.position()).max().unwrap_or(0);
    for stream in streams.iter_mut() {
        stream.timeline.catch_up(furthest);
    }
    while streams.iter().all(|stream| stream.timeline.has_frame()) {
        let channels: Vec<Vec<f32>> =
            streams.iter_mut().filter_map(|stream| stream.timeline.take_frame()).flatten().collect();
        for (index, mix) in mixes.iter().enumerate() {
            sink(index, mixed(&channels, &mix.weights))?;
        }
    }
    Ok(())
}

/// Returns the output channels of a mix: each is the sum of the input channels by its weights.
fn mixed(channels: &[Vec<f32>], weights: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let length = channels.first().map_or(0, Vec::len);
    let output = |row: &Vec<f32>| {
        let mut samples = vec![0.0; length];
        for (channel, weight) in channels.iter().zip(row).filter(|(_, weight)| **weight != 0.0) {
            for (sample, input) in samples.iter_mut().zip(channel) {
                *sample += input * weight;
            }
        }
        samples
    };
    weights.iter().map(output).collect()
}

/// Returns time zero of the film in the audio track's ticks, rounded to the nearest.
fn zero_of(plan: &Plan, time_base: Ratio) -> i64 {
    let start = plan.start;
    let numerator = i128::from(start.ticks) * i128::from(start.time_base.num) * i128::from(time_base.den);
    let denominator = i128::from(start.time_base.den.max(1)) * i128::from(time_base.num.max(1));
    let zero = (numerator * 2 + denominator).div_euclid(denominator * 2);
    i64::try_from(zero).unwrap_or(0)
}
