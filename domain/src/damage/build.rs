//! The damage of a finished build, as its row in the database and the admin's page have it.

use serde::{Deserialize, Serialize};

use super::{Concealed, DamageLevel, TrackDamage, level};
use crate::build_record::BuildRecord;

/// The damage of a finished build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildDamage {
    /// Duration of the film.
    pub duration_ms: u64,
    /// The damaged tracks: the video first, then audio tracks in the order of the master. At least one.
    pub tracks: Vec<NamedDamage>,
}

/// The damage of one track, with the track's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedDamage {
    /// BCP 47 language of an audio track, if the master states it.
    pub language: Option<String>,
    /// Text of an audio track in the viewer's menu; `None` for video.
    pub label: Option<String>,
    /// The damage.
    #[serde(flatten)]
    pub track: TrackDamage,
}

impl BuildDamage {
    /// Returns the damage that a build's record states; `None` if nothing is damaged.
    pub fn of(record: &BuildRecord) -> Option<Self> {
        let tracks: Vec<_> = record.damage.iter().map(|track| named(record, track)).collect();
        (!tracks.is_empty()).then_some(Self { duration_ms: record.duration_ms, tracks })
    }

    /// Returns how bad the damage is.
    pub fn level(&self) -> DamageLevel {
        let tracks: Vec<_> = self.tracks.iter().map(|named| named.track.clone()).collect();
        level(&tracks, self.duration_ms)
    }
}

fn named(record: &BuildRecord, track: &TrackDamage) -> NamedDamage {
    let audio = match track.concealed {
        Concealed::HeldFrames => None,
        Concealed::LostAudio { track } => record.audio.iter().find(|rendition| rendition.track == track),
    };
    NamedDamage {
        language: audio.and_then(|audio| audio.language.clone()),
        label: audio.map(|audio| audio.label.clone()),
        track: track.clone(),
    }
}
