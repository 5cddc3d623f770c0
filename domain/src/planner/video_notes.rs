//! What an editor should know of the video of a master.

use super::{lead::Lead, rate, tone};
use crate::{
    facts::VideoFacts,
    note::Note,
    ratio::Ratio,
    reason::{Reason, ReasonCode},
};

/// Returns the notes about the film's video track.
pub(super) fn notes(video: &VideoFacts, rate: Ratio, lead: Lead) -> Vec<Note> {
    let crop = video.crop;
    let cropped = || {
        ReasonCode::NoteCropped
            .with("left", crop.left)
            .with("right", crop.right)
            .with("top", crop.top)
            .with("bottom", crop.bottom)
    };
    let seconds = |ms: u64| format!("{}.{:03}", ms / 1000, ms % 1000);
    let lead: Option<Reason> = match lead {
        Lead::None => None,
        Lead::Black { ms } => Some(ReasonCode::NoteVideoLate.with("seconds", seconds(ms))),
        Lead::Cut { ms } => Some(ReasonCode::NoteAudioCut.with("seconds", seconds(ms))),
    };
    let variable = || ReasonCode::NoteVariableRate.with("rate", rate::decimals(rate));
    let found = [
        video.mirrored.then(|| ReasonCode::NoteMirrored.into()),
        (!crop.is_empty()).then(cropped),
        video.variable_frame_rate.then(variable),
        lead,
        tone::note(video),
    ];
    found.into_iter().flatten().map(|reason| Note::of_stream(video.stream_index, reason)).collect()
}
