//! Who may see a film, as its editors set it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who may see a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Visibility {
    /// Editors and admins.
    Draft,
    /// Anybody, from `publish_at` on.
    Scheduled,
    /// Anybody, once it is ready.
    Public,
    /// Whoever is logged in.
    Members,
    /// Whoever knows its address.
    Unlisted,
}

same_words!(db::film::Visibility => Visibility { Draft, Scheduled, Public, Members, Unlisted });
same_words!(Visibility => db::film::Visibility { Draft, Scheduled, Public, Members, Unlisted });
