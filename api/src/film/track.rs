//! Audio and subtitle tracks that viewers can choose.

use domain::presentation::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An audio or subtitle track that viewers can choose.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Track {
    /// Id of the track. It stays the same when the track is replaced or renamed.
    pub(crate) id: Uuid,
    /// BCP 47 language tag; null if not known.
    #[schema(required)]
    pub(crate) language: Option<String>,
    /// Name for menus, unique among the tracks of its kind. Also the track's NAME in the playlist.
    pub(crate) label: String,
    /// Whether players use the track until the viewer chooses another.
    pub(crate) default: bool,
    /// Subtitles only: whether players show it even if the viewer has turned subtitles off.
    pub(crate) forced: bool,
    /// What the track is for.
    pub(crate) role: TrackRole,
}

/// What a track is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TrackRole {
    /// The dialogue of the film, or its translation.
    Main,
    /// Subtitles for the deaf and hard of hearing.
    HardOfHearing,
    /// Audio with a narrator who describes what is seen.
    AudioDescription,
    /// A commentary about the film.
    Commentary,
}

convert_enum!(TrackRole => Role { Main, HardOfHearing, AudioDescription, Commentary });
convert_enum!(Role => TrackRole { Main, HardOfHearing, AudioDescription, Commentary });

impl From<domain::presentation::Track> for Track {
    fn from(track: domain::presentation::Track) -> Self {
        Self {
            id: track.id.0,
            language: track.language,
            label: track.label,
            default: track.default,
            forced: track.forced,
            role: track.role.into(),
        }
    }
}
