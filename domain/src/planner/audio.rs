//! The audio renditions of each audio track: stereo, stereo with a low bitrate for poor links, and 5.1 if the track has it.

use super::{
    MAX_AUDIO_TRACKS,
    label::{label, unique},
};
use crate::{
    facts::AudioFacts,
    key::RenditionName,
    language::Language,
    plan::{AudioEncode, AudioTrack, Mix},
    profile::AudioProfile,
    reason::{Reason, ReasonCode},
};

/// Channels of 5.1.
const SURROUND_CHANNELS: u32 = 6;
/// Highest frequency of renditions with a low bitrate. FFmpeg's encoder would stop at 4 kHz at such bitrates, as a telephone does, and
/// consonants would be hard to tell apart.
const LOW_CUTOFF_HZ: u32 = 8_000;

/// Plans the renditions: the default first, then in file order. Empty tracks are omitted.
pub(super) fn tracks(profile: &AudioProfile, facts: &[AudioFacts]) -> Result<Vec<AudioTrack>, Reason> {
    let mut non_empty: Vec<(usize, &AudioFacts)> =
        facts.iter().enumerate().filter(|(_, track)| track.duration_ms > 0).collect();
    for (index, track) in &non_empty {
        if track.channels == 0 || track.sample_rate_hz == 0 {
            return Err(ReasonCode::AudioTrackFormat
                .with("number", index + 1)
                .with("codec", &track.codec)
                .with("channels", track.channels)
                .with("sample_rate", track.sample_rate_hz));
        }
    }
    if non_empty.len() > MAX_AUDIO_TRACKS {
        return Err(ReasonCode::TooManyAudioTracks
            .with("count", non_empty.len())
            .with("max", MAX_AUDIO_TRACKS));
    }
    // The sort is stable: the first track that is marked as default moves to the front, the others keep their order.
    let first_default = non_empty.iter().find(|(_, track)| track.default).map(|(index, _)| *index);
    non_empty.sort_by_key(|(index, _)| Some(*index) != first_default);

    let mut planned: Vec<AudioTrack> = Vec::with_capacity(non_empty.len());
    for (number, (_, track)) in (1..).zip(non_empty) {
        let language = track.language.as_deref().and_then(Language::normalize);
        let label = label(language.as_ref(), track.title.as_deref(), number);
        let label = unique(label, planned.iter().map(|track| track.label.as_str()));
        planned.push(AudioTrack {
            stream_index: track.stream_index,
            language: language.map(|language| language.tag().to_owned()),
            label,
            default: number == 1,
            sample_rate_hz: profile.sample_rate_hz,
            mixes: mixes(profile, track, number),
        });
    }
    Ok(planned)
}

/// The mixes of track `number`, with their renditions.
pub(super) fn mixes(profile: &AudioProfile, track: &AudioFacts, number: usize) -> Vec<Mix> {
    let rendition = |suffix: &str, bitrate_bps, cutoff_hz| AudioEncode {
        name: RenditionName::try_from(format!("a{number}{suffix}")).expect("letters, digits and a hyphen"),
        bitrate_bps,
        cutoff_hz,
    };
    let mix = |channels, renditions| Mix { channels, level: None, renditions };
    let low = profile.low_bitrate_bps.map(|bitrate_bps| rendition("-low", bitrate_bps, Some(LOW_CUTOFF_HZ)));
    let stereo = [rendition("", profile.bitrate_bps, None)].into_iter().chain(low).collect();
    let surround = profile.surround_bitrate_bps.filter(|_| track.channels >= SURROUND_CHANNELS);
    let surround =
        surround.map(|bitrate_bps| mix(SURROUND_CHANNELS, vec![rendition("-surround", bitrate_bps, None)]));
    [mix(2, stereo)].into_iter().chain(surround).collect()
}
