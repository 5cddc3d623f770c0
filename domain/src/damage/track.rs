//! The damage of each track, and its sum over the parts of a build.

use std::{collections::BTreeMap, ops::Range};

use serde::{Deserialize, Serialize};

use super::Damage;
use crate::{child::Part, output::PartOutput, plan::Plan};

/// How damage of a track was concealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Concealed {
    /// In the video, a frame was shown for longer than its time, or with areas that could not be decoded.
    HeldFrames,
    /// In an audio track, silence was inserted.
    LostAudio {
        /// Number of the track in the master, from 1, as in [`AudioRendition`](crate::build_record::AudioRendition).
        track: u32,
    },
}

impl Concealed {
    /// Returns how damage of this part of a film is concealed; `None` if the part does not report damage. The encode groups of a
    /// chunk decode the same frames, and the first one reports.
    pub fn of(part: Part) -> Option<Self> {
        match part {
            Part::Chunk { group: 0, .. } => Some(Self::HeldFrames),
            Part::Audio(index) => Some(Self::LostAudio { track: index.saturating_add(1) }),
            Part::Chunk { .. } | Part::Subtitles => None,
        }
    }
}

/// The damage of one track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackDamage {
    /// Which track, and how its damage was concealed.
    #[serde(flatten)]
    pub concealed: Concealed,
    /// The places.
    #[serde(flatten)]
    pub damage: Damage,
}

/// Returns the stretch of the film that a part covers, in milliseconds. Parts of the video touch, and do not overlap. `None` if the plan
/// has no such part, and for subtitles.
pub fn part_span(plan: &Plan, part: Part) -> Option<Range<u64>> {
    let timeline = &plan.timeline;
    match part {
        Part::Chunk { index, .. } => timeline.chunk(index).map(|chunk| {
            let end = chunk.first_frame.saturating_add(chunk.frames);
            timeline.frame_ms(chunk.first_frame)..timeline.frame_ms(end)
        }),
        Part::Audio(index) => plan.audio.get(index as usize).map(|_| 0..timeline.duration_ms()),
        Part::Subtitles => None,
    }
}

/// Sums the damage of all parts of a build, the video's first, then the audio tracks' in the order of the master. Tracks without damage
/// are left out. The result does not depend on the order of the parts.
pub fn sum(parts: &[PartOutput]) -> Vec<TrackDamage> {
    let mut tracks: BTreeMap<Concealed, Vec<&Damage>> = BTreeMap::new();
    for track in parts.iter().flat_map(|part| &part.damage) {
        tracks.entry(track.concealed).or_default().push(&track.damage);
    }
    let sums =
        tracks.into_iter().map(|(concealed, damage)| TrackDamage { concealed, damage: Damage::join(damage) });
    sums.filter(|track| !track.damage.is_empty()).collect()
}
