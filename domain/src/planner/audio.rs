//! The sound renditions: one stereo AAC rendition for each sound track of the master.

use super::{MOST_AUDIO_TRACKS, refusal::Refusal};
use crate::{
    facts::AudioFacts, key::RenditionName, language::Language, plan::AudioTrack, profile::AudioProfile,
};

/// Longest part of a track's title that goes into the viewer's menu.
const LONGEST_TITLE: usize = 60;

/// The renditions, the default first and then in file order. Tracks without any sound in them are left out.
pub(super) fn tracks(profile: &AudioProfile, facts: &[AudioFacts]) -> Result<Vec<AudioTrack>, Refusal> {
    let mut audible: Vec<(usize, &AudioFacts)> =
        facts.iter().enumerate().filter(|(_, track)| track.duration_ms > 0).collect();
    for (index, track) in &audible {
        if track.channels == 0 || track.sample_rate_hz == 0 {
            return Err(Refusal::Sound {
                number: index + 1,
                codec: track.codec.clone(),
                channels: track.channels,
                sample_rate_hz: track.sample_rate_hz,
            });
        }
    }
    if audible.len() > MOST_AUDIO_TRACKS {
        return Err(Refusal::TooManySounds { count: audible.len() });
    }
    // A stable sort: the first track marked as default comes first, all others keep their order.
    let first_default = audible.iter().find(|(_, track)| track.default).map(|(index, _)| *index);
    audible.sort_by_key(|(index, _)| Some(*index) != first_default);

    let mut planned: Vec<AudioTrack> = Vec::with_capacity(audible.len());
    for (number, (_, track)) in (1..).zip(audible) {
        let language = track.language.as_deref().and_then(Language::normalize);
        let label = unique(label(language.as_ref(), track.title.as_deref(), number), &planned);
        planned.push(AudioTrack {
            name: RenditionName::try_from(format!("a{number}")).expect("a letter and digits"),
            stream_index: track.stream_index,
            language: language.map(|language| language.tag().to_owned()),
            label,
            channels: 2,
            sample_rate_hz: profile.sample_rate_hz,
            bitrate_bps: profile.bitrate_bps,
            default: number == 1,
        });
    }
    Ok(planned)
}

/// The language in its own words, and the track's title when it adds to that: `English – Director's commentary`.
fn label(language: Option<&Language>, title: Option<&str>, number: usize) -> String {
    let title = title.map(clean).filter(|title| !title.is_empty());
    match (language.map(Language::label), title) {
        (Some(language), Some(title)) if title.to_lowercase() != language.to_lowercase() => {
            format!("{language} – {title}")
        }
        (Some(language), _) => language,
        (None, Some(title)) => title,
        (None, None) => format!("Track {number}"),
    }
}

/// A stranger's text made fit for a menu: one line, no double quotes (a playlist cannot hold them), no endless length.
fn clean(title: &str) -> String {
    let spaced: String = title
        .chars()
        .map(|c| match c {
            '"' => '”',
            c if c.is_control() || is_format_control(c) => ' ',
            c => c,
        })
        .collect();
    let joined = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.chars().take(LONGEST_TITLE).collect::<String>().trim_end().to_owned()
}

/// Characters that turn the direction of text or separate lines, with which a title could disguise itself.
fn is_format_control(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// NAME must differ within a group (RFC 8216 §4.3.4.1.1).
fn unique(label: String, taken: &[AudioTrack]) -> String {
    let free = |label: &str| taken.iter().all(|track| track.label.to_lowercase() != label.to_lowercase());
    if free(&label) {
        return label;
    }
    // Each track takes one label, so one of so many is free.
    let numbers = 2..taken.len() + 3;
    numbers.map(|number| format!("{label} {number}")).find(|label| free(label)).unwrap_or(label)
}
