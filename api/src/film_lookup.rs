//! Reads all films that a list refers to in one query.

use std::collections::HashMap;

use db::Db;
use domain::id::{FilmId, UserId};

use crate::{film::Film, http::error::ApiError};

/// Films by id.
pub(crate) struct FilmLookup(HashMap<FilmId, Film>);

impl FilmLookup {
    /// Reads these films as `viewer` sees them, regardless of visibility; the list that refers to them must have filtered them.
    pub(crate) async fn load(db: &Db, ids: &[FilmId], viewer: Option<UserId>) -> Result<Self, ApiError> {
        if ids.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let films = db::film::list_by_ids(db, &ids, viewer).await?;
        Ok(Self(films.into_iter().map(|film| (film.id, film.into())).collect()))
    }

    /// Returns the film; `None` if it was deleted after the list was read.
    pub(crate) fn get(&self, id: FilmId) -> Option<Film> {
        self.0.get(&id).cloned()
    }
}
