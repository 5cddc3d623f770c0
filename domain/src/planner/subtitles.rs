//! The text subtitle tracks that are taken over from a master.

use super::label::{label, unique};
use crate::{facts::SubtitleFacts, key::RenditionName, language::Language, plan::SubtitleTrack};

/// Maximum number of tracks. Others can be added as files.
const MAX_TRACKS: usize = 32;

/// The tracks that are taken over: the first text tracks in a format that Nang reads.
pub(crate) fn text_subtitles(facts: &[SubtitleFacts]) -> impl Iterator<Item = &SubtitleFacts> {
    facts.iter().filter(|track| track.format().is_some()).take(MAX_TRACKS)
}

/// Plans the renditions, in file order.
pub(super) fn tracks(facts: &[SubtitleFacts]) -> Vec<SubtitleTrack> {
    // Many programs mark every track as the default, which says nothing. A forced track is shown anyway.
    let is_default = |track: &&SubtitleFacts| track.default && !track.forced;
    let mut defaults = text_subtitles(facts).filter(is_default);
    let default = match (defaults.next(), defaults.next()) {
        (Some(only), None) => Some(only.stream_index),
        _ => None,
    };
    let mut planned: Vec<SubtitleTrack> = Vec::new();
    for (number, track) in (1..).zip(text_subtitles(facts)) {
        let Some(format) = track.format() else { continue };
        let language = track.language.as_deref().and_then(Language::normalize);
        let label = label(language.as_ref(), track.title.as_deref(), number);
        let label = unique(label, planned.iter().map(|track| track.label.as_str()));
        planned.push(SubtitleTrack {
            name: RenditionName::try_from(format!("s{number}")).expect("a letter and digits"),
            stream_index: track.stream_index,
            format,
            language: language.map(|language| language.tag().to_owned()),
            label,
            default: Some(track.stream_index) == default,
            forced: track.forced,
            role: track.role,
        });
    }
    planned
}
