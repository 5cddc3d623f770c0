//! Changes what a film shows.

use db::{
    Db, DbError,
    audit::Author,
    presentation,
    workflow::{discard_presentation, show_presentation},
};
use domain::{
    id::{FilmId, PresentationId},
    presentation::{Named, Presentation},
};
use storage::Storage;

use crate::{
    error::PresentationError,
    make::{Draft, make},
};

/// How often a change is made again because another change of the same film came first.
const TRIES: usize = 5;

/// Makes a presentation from the one that the film shows and `change`, and shows it. `change` may be called several times: once for each
/// presentation that another editor's change made the film show in between. Returns the new presentation; `None` if the film shows none
/// that could be changed.
///
/// `known` has builds that the change adds and whose records the caller has.
pub async fn edit<E: From<PresentationError>>(
    db: &Db,
    storage: &Storage,
    author: &Author,
    film: FilmId,
    made_by: &'static str,
    known: &Named,
    change: impl Fn(Presentation) -> Result<Presentation, E>,
) -> Result<Option<PresentationId>, E> {
    for _ in 0..TRIES {
        let Some(shown) = presentation::shown(db, film).await.map_err(failed)? else { return Ok(None) };
        let content = change(shown.content.clone())?;
        if content == shown.content {
            return Ok(Some(shown.id));
        }
        let draft = Draft { film, author, made_by, content, lease: None, known: known.clone() };
        let id = make(db, storage, draft).await?;
        if show_presentation(db, author, film, id, Some(shown.id)).await.map_err(failed)? {
            return Ok(Some(id));
        }
        discard_presentation(db, film, id).await.map_err(failed)?;
    }
    Err(PresentationError::Busy.into())
}

fn failed<E: From<PresentationError>>(error: DbError) -> E {
    PresentationError::from(error).into()
}
