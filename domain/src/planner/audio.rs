//! The audio renditions of each audio track: stereo, stereo with a low bitrate for poor links, and 5.1 if the track has it.

use super::{
    MAX_AUDIO_TRACKS,
    label::{label, unique},
    source_tracks::{SourceTrack, SourceTracks},
};
use crate::{
    facts::{AudioFacts, VideoFacts},
    key::RenditionName,
    language::Language,
    note::Note,
    plan::{AudioEncode, AudioStream, AudioTrack, Mix},
    presentation::Role,
    profile::AudioProfile,
    reason::{Reason, ReasonCode},
    speaker::{self, Speaker},
};

/// Channels of 5.1.
const SURROUND_CHANNELS: u32 = 6;
/// Highest frequency of renditions with a low bitrate. FFmpeg's encoder would stop at 4 kHz at such bitrates, as a telephone does, and
/// consonants would be hard to tell apart.
const LOW_CUTOFF_HZ: u32 = 8_000;

/// Plans the renditions: the track that leads first, then in file order. Empty tracks, and those of another programme than the film's
/// video, are omitted.
pub(super) fn tracks(
    profile: &AudioProfile,
    facts: &[AudioFacts],
    video: Option<&VideoFacts>,
) -> Result<(Vec<AudioTrack>, Vec<Note>), Reason> {
    let SourceTracks { mut tracks, mut notes, .. } = SourceTracks::find(facts, video)?;
    if tracks.len() > MAX_AUDIO_TRACKS {
        return Err(ReasonCode::TooManyAudioTracks.with("count", tracks.len()).with("max", MAX_AUDIO_TRACKS));
    }
    let leading = leading(&tracks);
    notes.extend(leading.and_then(|leading| passed_over(&tracks, leading)));
    // The sort is stable: the others keep their order.
    let leading = leading.map(SourceTrack::number);
    tracks.sort_by_key(|track| Some(track.number()) != leading);

    let mut planned: Vec<AudioTrack> = Vec::with_capacity(tracks.len());
    for (number, track) in (1..).zip(&tracks) {
        let new = planned_track(profile, track, number);
        let label = unique(new.label, planned.iter().map(|track| track.label.as_str()));
        planned.push(AudioTrack { label, ..new });
    }
    Ok((planned, notes))
}

/// Plans track `number`.
pub(super) fn planned_track(profile: &AudioProfile, track: &SourceTrack<'_>, number: usize) -> AudioTrack {
    let first = track.first();
    let language = first.language.as_deref().and_then(Language::normalize);
    // The name of a speaker is not the title of a mix.
    let is_title = |title: &&str| track.streams.len() == 1 || Speaker::from_title(title).is_none();
    let label = label(language.as_ref(), first.title.as_deref().filter(is_title), number);
    let streams = track.streams.iter();
    AudioTrack {
        streams: streams
            .map(|(_, stream)| AudioStream { stream_index: stream.stream_index, channels: stream.channels })
            .collect(),
        language: language.map(|language| language.tag().to_owned()),
        label,
        default: number == 1,
        role: track.role,
        sample_rate_hz: profile.sample_rate_hz,
        mixes: mixes(profile, &track.speakers, number),
    }
}

/// The track that players use first: of the film's own audio the track that the file marks as default, else the first. A commentary or an
/// audio description leads only if the film has nothing else.
pub(super) fn leading<'a, 't>(tracks: &'t [SourceTrack<'a>]) -> Option<&'t SourceTrack<'a>> {
    let own = || tracks.iter().filter(|track| track.role == Role::Main);
    let marked = own().find(|track| track.is_default()).or_else(|| own().next());
    marked.or_else(|| tracks.iter().find(|track| track.is_default())).or_else(|| tracks.first())
}

/// A note if the file marks another track as default.
fn passed_over(tracks: &[SourceTrack<'_>], leading: &SourceTrack<'_>) -> Option<Note> {
    let marked = tracks.iter().find(|track| track.is_default())?;
    let note =
        ReasonCode::NoteDefaultPassedOver.with("number", marked.number()).with("leading", leading.number());
    (!leading.is_default()).then(|| Note::of_stream(marked.first().stream_index, note))
}

/// The mixes of track `number`, with their renditions.
fn mixes(profile: &AudioProfile, speakers: &[Speaker], number: usize) -> Vec<Mix> {
    let rendition = |suffix: &str, bitrate_bps, cutoff_hz| AudioEncode {
        name: RenditionName::try_from(format!("a{number}{suffix}")).expect("letters, digits and a hyphen"),
        bitrate_bps,
        cutoff_hz,
    };
    let low = profile.low_bitrate_bps.map(|bitrate_bps| rendition("-low", bitrate_bps, Some(LOW_CUTOFF_HZ)));
    let stereo = Mix {
        channels: 2,
        weights: speaker::stereo_weights(speakers),
        level: None,
        renditions: [rendition("", profile.bitrate_bps, None)].into_iter().chain(low).collect(),
    };
    let surround_bps = profile.surround_bitrate_bps.filter(|_| speaker::is_surround(speakers));
    let surround = surround_bps.map(|bitrate_bps| Mix {
        channels: SURROUND_CHANNELS,
        weights: speaker::surround_weights(speakers),
        level: None,
        renditions: vec![rendition("-surround", bitrate_bps, None)],
    });
    [stereo].into_iter().chain(surround).collect()
}
