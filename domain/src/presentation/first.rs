//! The presentation of a film build before any editor changed it.

use super::{Presentation, Role, Track, name_key};
use crate::{
    build_record::{BuildRecord, SubtitleRendition},
    id::{BuildId, TrackId},
    key::RenditionName,
};

/// Returns the presentation that follows the publishing of a film build: the tracks of its master, then the tracks of `before` (the
/// film's presentation until now) that were made from other sources.
///
/// A track of the master keeps its id, name, flags and role if `before` has a track of the film's earlier build with the same number
/// and language, so that encoding a film again loses no edit. `new_id` makes ids for the others.
pub fn first_presentation(
    build: BuildId,
    record: &BuildRecord,
    before: Option<&Presentation>,
    mut new_id: impl FnMut() -> TrackId,
) -> Presentation {
    let mut audio: Vec<Track> = Vec::new();
    for renditions in record.audio.chunk_by(|a, b| a.track == b.track) {
        let Some(first) = renditions.first() else { continue };
        let kept = kept(before, |before| &before.audio, &first.name, first.language.as_ref());
        let new = || Track {
            default: audio.is_empty(),
            role: first.role,
            ..new_track(new_id(), build, first.language.clone(), first.label.clone())
        };
        let renditions = renditions.iter().map(|rendition| rendition.name.clone()).collect();
        audio.push(Track { build, renditions, ..kept.cloned().unwrap_or_else(new) });
    }
    let mut subtitles: Vec<Track> = Vec::new();
    for rendition in &record.subtitles {
        // An editor's version of this track is among the added tracks below.
        if before
            .is_some_and(|before| before.subtitles.iter().any(|track| replaces(track, before, rendition)))
        {
            continue;
        }
        let kept = kept(before, |before| &before.subtitles, &rendition.name, rendition.language.as_ref());
        let new = || Track {
            default: rendition.default,
            forced: rendition.forced,
            role: rendition.role,
            ..new_track(new_id(), build, rendition.language.clone(), rendition.label.clone())
        };
        subtitles.push(Track {
            build,
            renditions: vec![rendition.name.clone()],
            master_rendition: Some(rendition.name.clone()),
            ..kept.cloned().unwrap_or_else(new)
        });
    }
    if let Some(before) = before {
        let added = |track: &&Track| track.build != before.video;
        audio.extend(before.audio.iter().filter(added).cloned());
        subtitles.extend(before.subtitles.iter().filter(added).cloned());
    }
    for tracks in [&mut audio, &mut subtitles] {
        settle(tracks);
    }
    // Players need an audio track to begin with.
    if audio.iter().all(|track| !track.default)
        && let Some(first) = audio.first_mut()
    {
        first.default = true;
    }
    Presentation {
        version: Presentation::VERSION,
        video: build,
        audio,
        subtitles,
        thumbnails: record.thumbnails,
        chapters: record.chapters.clone(),
    }
}

/// Whether the track is an editor's version of the rendition in the film's earlier build.
fn replaces(track: &Track, before: &Presentation, rendition: &SubtitleRendition) -> bool {
    track.build != before.video
        && track.master_rendition.as_ref() == Some(&rendition.name)
        && track.language == rendition.language
}

/// The track of the film's earlier build with this number, which its rendition's name contains, and this language.
fn kept<'a>(
    before: Option<&'a Presentation>,
    kind: fn(&'a Presentation) -> &'a Vec<Track>,
    rendition: &RenditionName,
    language: Option<&String>,
) -> Option<&'a Track> {
    let before = before?;
    let mut own = kind(before).iter().filter(|track| track.build == before.video);
    own.find(|track| track.language.as_ref() == language && track.renditions.first() == Some(rendition))
}

fn new_track(id: TrackId, build: BuildId, language: Option<String>, label: String) -> Track {
    Track {
        id,
        build,
        renditions: Vec::new(),
        language,
        label,
        default: false,
        forced: false,
        role: Role::Main,
        master_rendition: None,
    }
}

/// Keeps one default and makes labels unique by a number. Of several defaults the last stays: an editor chose it, while the first
/// is the master's.
pub(super) fn settle(tracks: &mut [Track]) {
    let default = tracks.iter().rposition(|track| track.default);
    for index in 0..tracks.len() {
        tracks[index].default = Some(index) == default;
        let (before, rest) = tracks.split_at_mut(index);
        let is_taken = |label: &str| before.iter().any(|track| track.name_key() == name_key(label));
        let track = &mut rest[0];
        if is_taken(&track.label) {
            let numbered = |number: usize| format!("{} {number}", track.label);
            // Each track before it takes one label, so at least one of these is free.
            let free = (2..before.len() + 3).map(numbered).find(|label| !is_taken(label));
            track.label = free.unwrap_or_else(|| track.label.clone());
        }
    }
}
