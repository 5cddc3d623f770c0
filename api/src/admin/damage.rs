//! Damage of builds: what decoding concealed because the master could not be read.

use domain::damage;
use serde::Serialize;
use utoipa::ToSchema;

/// How bad the damage of a build is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DamageLevel {
    /// It is reported, and the build is published.
    Slight,
    /// In one track more than 1 % of the film, or a place of more than 2 s: the build waits until an editor publishes it.
    Serious,
}

/// How damage of a track was concealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DamageKind {
    /// In the video, a frame is shown for longer than its time, or with areas that could not be decoded.
    HeldFrames,
    /// In an audio track, silence was inserted.
    LostAudio,
}

/// A stretch of the film that is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({ "from_ms": 754_000, "duration_ms": 3_200 }))]
pub(crate) struct DamagedPlace {
    /// Start, in milliseconds from the beginning of the film.
    pub(crate) from_ms: u64,
    /// Length in milliseconds.
    pub(crate) duration_ms: u64,
}

/// The damage of one track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct TrackDamage {
    /// How it was concealed: the video has held frames, audio tracks have lost audio.
    pub(crate) kind: DamageKind,
    /// Number of the audio track in the master, from 1; null for video.
    #[schema(required, example = 1)]
    pub(crate) track: Option<u32>,
    /// BCP 47 language of the audio track; null for video, and if the master does not say.
    #[schema(required)]
    pub(crate) language: Option<String>,
    /// Label of the audio track in the player's menu; null for video.
    #[schema(required)]
    pub(crate) label: Option<String>,
    /// Length of all places together, in milliseconds.
    pub(crate) total_ms: u64,
    /// Number of all places.
    pub(crate) count: u64,
    /// The longest places, at most 200, in the order of the film.
    pub(crate) places: Vec<DamagedPlace>,
}

/// What decoding concealed in a build, because the master is damaged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct BuildDamage {
    /// How bad it is.
    pub(crate) level: DamageLevel,
    /// Duration of the film in milliseconds.
    pub(crate) duration_ms: u64,
    /// The damaged tracks: the video first, then audio tracks in the order of the master.
    pub(crate) tracks: Vec<TrackDamage>,
}

impl From<damage::BuildDamage> for BuildDamage {
    fn from(damage: damage::BuildDamage) -> Self {
        let level = match damage.level() {
            damage::DamageLevel::None | damage::DamageLevel::Slight => DamageLevel::Slight,
            // An unreadable master is refused before its build has a damage.
            damage::DamageLevel::Serious | damage::DamageLevel::Unreadable => DamageLevel::Serious,
        };
        let tracks = damage.tracks.into_iter().map(TrackDamage::from).collect();
        Self { level, duration_ms: damage.duration_ms, tracks }
    }
}

impl From<damage::NamedDamage> for TrackDamage {
    fn from(named: damage::NamedDamage) -> Self {
        let (kind, track) = match named.track.concealed {
            damage::Concealed::HeldFrames => (DamageKind::HeldFrames, None),
            damage::Concealed::LostAudio { track } => (DamageKind::LostAudio, Some(track)),
        };
        let damage::Damage { total_ms, count, places } = named.track.damage;
        let places = places
            .into_iter()
            .map(|damage::Place { from_ms, duration_ms }| DamagedPlace { from_ms, duration_ms });
        Self {
            kind,
            track,
            language: named.language,
            label: named.label,
            total_ms,
            count,
            places: places.collect(),
        }
    }
}
