//! The audio renditions: one stereo AAC rendition for each audio track of the master.

use super::{MAX_AUDIO_TRACKS, refusal::Refusal};
use crate::{
    facts::AudioFacts, key::RenditionName, language::Language, plan::AudioTrack, profile::AudioProfile,
};

/// Maximum length of a track's title in the viewer's menu, in characters.
const MAX_TITLE_CHARS: usize = 60;

/// Plans the renditions: the default first, then in file order. Empty tracks are omitted.
pub(super) fn tracks(profile: &AudioProfile, facts: &[AudioFacts]) -> Result<Vec<AudioTrack>, Refusal> {
    let mut non_empty: Vec<(usize, &AudioFacts)> =
        facts.iter().enumerate().filter(|(_, track)| track.duration_ms > 0).collect();
    for (index, track) in &non_empty {
        if track.channels == 0 || track.sample_rate_hz == 0 {
            return Err(Refusal::UndecodableAudio {
                number: index + 1,
                codec: track.codec.clone(),
                channels: track.channels,
                sample_rate_hz: track.sample_rate_hz,
            });
        }
    }
    if non_empty.len() > MAX_AUDIO_TRACKS {
        return Err(Refusal::TooManyAudioTracks { count: non_empty.len() });
    }
    // The sort is stable: the first track that is marked as default moves to the front, the others keep their order.
    let first_default = non_empty.iter().find(|(_, track)| track.default).map(|(index, _)| *index);
    non_empty.sort_by_key(|(index, _)| Some(*index) != first_default);

    let mut planned: Vec<AudioTrack> = Vec::with_capacity(non_empty.len());
    for (number, (_, track)) in (1..).zip(non_empty) {
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

/// The language's own name, and the track's title if it differs from that: `English – Director's commentary`.
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

/// Prepares an untrusted text for a menu: one line, no double quotes (playlists cannot contain them), limited length.
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
    joined.chars().take(MAX_TITLE_CHARS).collect::<String>().trim_end().to_owned()
}

/// Characters that change the direction of text or break lines; a title could use them to look like another text.
fn is_format_control(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Appends a number if another track has the same label: NAME must be unique in a group (RFC 8216 §4.3.4.1.1).
fn unique(label: String, taken: &[AudioTrack]) -> String {
    let is_free = |label: &str| taken.iter().all(|track| track.label.to_lowercase() != label.to_lowercase());
    if is_free(&label) {
        return label;
    }
    // Each track uses one label, so at least one of these numbers is free.
    let numbers = 2..taken.len() + 3;
    numbers.map(|number| format!("{label} {number}")).find(|label| is_free(label)).unwrap_or(label)
}
