//! Visibility of a film.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which viewers may see a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Visibility {
    /// Only editors and admins.
    Draft,
    /// All viewers, from `publish_at`.
    Scheduled,
    /// All viewers, once the film is ready.
    Public,
    /// Only viewers who are logged in.
    Members,
    /// Viewers who have the URL of the film; lists do not contain it.
    Unlisted,
}

convert_enum!(db::film::Visibility => Visibility { Draft, Scheduled, Public, Members, Unlisted });
convert_enum!(Visibility => db::film::Visibility { Draft, Scheduled, Public, Members, Unlisted });
