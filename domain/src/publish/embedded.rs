//! The text subtitle tracks of a master in a build.

use std::collections::BTreeMap;

use super::AssembleError;
use crate::{
    build_record::{SubtitleNote, SubtitleRendition},
    output::{PartOutput, StoredObject, SubtitlePart},
    plan::Plan,
};

/// The subtitles of a build.
#[derive(Default)]
pub(super) struct Subtitles {
    pub(super) renditions: Vec<SubtitleRendition>,
    pub(super) notes: Vec<SubtitleNote>,
    pub(super) objects: BTreeMap<String, StoredObject>,
}

/// Collects the planned subtitle tracks from the parts. Each must be in them exactly once, stored or left out.
pub(super) fn collect(plan: &Plan, parts: &[PartOutput]) -> Result<Subtitles, AssembleError> {
    let all = || parts.iter().flat_map(|part| &part.subtitles);
    let is_planned = |part: &&SubtitlePart| plan.subtitles.iter().any(|track| track.name == part.rendition);
    if let Some(unknown) = all().find(|part| !is_planned(part)) {
        return Err(AssembleError::UnknownRendition(unknown.rendition.clone()));
    }
    let mut subtitles = Subtitles::default();
    for track in &plan.subtitles {
        let mut own = all().filter(|part| part.rendition == track.name);
        let part = own.next().ok_or_else(|| AssembleError::MissingSubtitles(track.name.clone()))?;
        if own.next().is_some() {
            return Err(AssembleError::DuplicateSubtitles(track.name.clone()));
        }
        if !part.details.is_empty() {
            subtitles.notes.push(SubtitleNote {
                stream_index: track.stream_index,
                label: track.label.clone(),
                is_left_out: part.stored.is_none(),
                details: part.details.clone(),
            });
        }
        let Some(stored) = &part.stored else { continue };
        subtitles.objects.extend(stored.objects.clone());
        subtitles.renditions.push(SubtitleRendition {
            name: track.name.clone(),
            language: track.language.clone(),
            label: track.label.clone(),
            default: track.default,
            forced: track.forced,
            role: track.role,
            measured: stored.measured.clone(),
        });
    }
    Ok(subtitles)
}
