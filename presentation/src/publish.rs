//! Publishes builds that wait for an editor.

use db::{
    Db, DbError,
    audit::Author,
    build::{self, BuildState},
    presentation,
    workflow::{discard_presentation, publish_damaged},
};
use domain::{
    id::{BuildId, TrackId},
    presentation::{Named, NamedBuild, first_presentation},
};
use storage::Storage;
use uuid::Uuid;

use crate::{
    dub::with_dub,
    error::PresentationError,
    make::{Draft, make},
    record::read_record,
};

/// Makes a presentation with a damaged build, of a master or of a dub, and shows it. Fails with [`PresentationError::NotWaiting`] if the
/// build does not wait for a decision, and with [`PresentationError::Dub`] if a dub does not fit the film any more.
pub async fn publish_build(
    db: &Db,
    storage: &Storage,
    author: &Author,
    id: BuildId,
) -> Result<(), PresentationError> {
    let found = build::find(db, id).await?.ok_or(DbError::NotFound)?;
    if found.state != BuildState::Damaged {
        return Err(PresentationError::NotWaiting);
    }
    let record = read_record(storage, found.root).await?;
    // Another editor may change the film's tracks at the same time. Then the presentation is made again from the newer one.
    loop {
        let shown = presentation::shown(db, found.film_id).await?;
        let content = if let Some(track) = found.track_id {
            with_dub(db, shown.as_ref(), track, id, &record).await?.map_err(PresentationError::Dub)?
        } else {
            let before = shown.as_ref().map(|shown| &shown.content);
            first_presentation(id, &record, before, || TrackId(Uuid::now_v7()))
        };
        let named = NamedBuild { root: found.root, record: record.clone() };
        let draft = Draft {
            film: found.film_id,
            author,
            made_by: "build.publish",
            content,
            lease: None,
            known: Named::from([(id, named)]),
        };
        let new = make(db, storage, draft).await?;
        match publish_damaged(db, author, id, new, shown.map(|shown| shown.id)).await {
            Ok(true) => return Ok(()),
            Ok(false) => discard_presentation(db, found.film_id, new).await?,
            Err(error) => {
                // If the answer was lost, the film may show it, and then it is not discarded.
                let _ = discard_presentation(db, found.film_id, new).await;
                return Err(error.into());
            }
        }
    }
}
