//! Decodes one whole audio track and places each of its mixes on the film's timeline.

use domain::{
    damage::Damage,
    plan::{AAC_FRAME_SAMPLES, AudioTrack, Plan},
    ratio::Ratio,
    reason::ReasonCode,
};
use ffmpeg_next::{Error, decoder, frame};

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
    input: Input,
    plan: &Plan,
    track: &AudioTrack,
    sink: &mut MixSink<'_>,
) -> Result<Damage, MediaError> {
    let ends = plan.timeline.audio_segment_ends(track.sample_rate_hz);
    let samples = ends.last().copied().unwrap_or(0).saturating_mul(AAC_FRAME_SAMPLES);
    let mut reader = TrackReader::new(input, track.stream_index)?;
    let mut decoder =
        reader.decoder(1)?.audio().map_err(MediaError::while_doing("opening the audio decoder"))?;
    let time_base = reader.time_base();
    let zero = zero_of(plan, time_base);
    let timeline = |channels| AudioTimeline::new(zero, time_base, track.sample_rate_hz, channels, samples);
    let mut timelines: Vec<AudioTimeline> = track.mixes.iter().map(|mix| timeline(mix.channels)).collect();

    let mut decoded_frames = 0_u64;
    let mut broken = 0_u64;
    let mut ended = false;
    let mut last_packet = None;
    while !ended && !timelines.iter().all(AudioTimeline::is_full) {
        let broken_before = broken;
        match reader.read()? {
            Read::Packet(packet) => {
                last_packet = packet.pts().or(packet.dts()).map(|pts| (pts, packet.duration()));
                if let Err(error) = decoder.send_packet(&packet) {
                    check_memory(error, DECODING)?;
                    broken += 1;
                }
            }
            Read::Damaged => {
                broken += 1;
                continue;
            }
            Read::End => {
                ended = true;
                decoder.send_eof().ok();
            }
        }
        while let Some(frame) = receive(&mut decoder, &mut broken)? {
            decoded_frames += 1;
            broken += u64::from(frame.has_decode_errors());
            for timeline in &mut timelines {
                timeline.push(&frame)?;
            }
        }
        // All timelines lose the same times; the first one's are reported.
        if broken > broken_before
            && let (Some((pts, duration)), Some(timeline)) = (last_packet, timelines.first_mut())
        {
            timeline.lose(pts, duration);
        }
        pass_on(&mut timelines, sink)?;
    }
    if decoded_frames == 0 {
        return Err(MediaError::Refused(
            ReasonCode::AudioUndecodable.with("number", track.stream_index).with("places", broken),
        ));
    }
    // The file of a dub may be shorter than the film, so the end of the film declares nothing about it.
    let is_declared = |end: &DeclaredEnd| plan.video.is_some() || end.pts < i64::MAX;
    let declared_end = reader.declared_end().filter(is_declared);
    for timeline in &mut timelines {
        timeline.finish(declared_end)?;
    }
    pass_on(&mut timelines, sink)?;
    let end_ms = plan.timeline.duration_ms();
    Ok(timelines.into_iter().next().map(|timeline| timeline.into_damage(end_ms)).unwrap_or_default())
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

fn pass_on(timelines: &mut [AudioTimeline], sink: &mut MixSink<'_>) -> Result<(), MediaError> {
    for (mix, timeline) in timelines.iter_mut().enumerate() {
        while let Some(samples) = timeline.take_frame() {
            sink(mix, samples)?;
        }
    }
    Ok(())
}

/// Returns time zero of the film in the audio track's ticks, rounded to the nearest.
fn zero_of(plan: &Plan, time_base: Ratio) -> i64 {
    let start = plan.start;
    let numerator = i128::from(start.ticks) * i128::from(start.time_base.num) * i128::from(time_base.den);
    let denominator = i128::from(start.time_base.den.max(1)) * i128::from(time_base.num.max(1));
    let zero = (numerator * 2 + denominator).div_euclid(denominator * 2);
    i64::try_from(zero).unwrap_or(0)
}
