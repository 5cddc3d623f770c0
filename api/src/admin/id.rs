//! The id of a genre, person or category in the path of a route.

use std::str::FromStr;

use domain::id::{FilmId, InvalidId};
use uuid::Uuid;

/// An id in its canonical spelling.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CatalogueId(pub(crate) Uuid);

impl FromStr for CatalogueId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.parse::<FilmId>().map(|id| Self(id.0))
    }
}

impl std::fmt::Display for CatalogueId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
