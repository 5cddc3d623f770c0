//! Makes one presentation: inserts its row and stores its objects.

use bytes::Bytes;
use db::{
    Db,
    audit::Author,
    presentation::NewPresentation,
    queue::Lease,
    workflow::{begin_presentation, begin_publish, discard_presentation},
};
use domain::{
    id::{FilmId, PresentationId},
    key::{PresentationObject, PresentationRoot},
    presentation::{Named, Presentation, compose},
};
use storage::Storage;
use tracing::warn;
use uuid::Uuid;

use crate::{error::PresentationError, record::load_builds};

/// A presentation to make.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// The film.
    pub film: FilmId,
    /// The author of the change.
    pub author: &'a Author,
    /// The action that makes it, an action of the audit log.
    pub made_by: &'static str,
    /// Its contents.
    pub content: Presentation,
    /// The lease of the job that publishes a build of it, if a job makes it.
    pub lease: Option<&'a Lease>,
    /// Builds that it names and whose records the caller has. The others are read from storage.
    pub known: Named,
}

/// Makes the presentation and returns its id. The film does not show it yet.
pub async fn make(db: &Db, storage: &Storage, draft: Draft<'_>) -> Result<PresentationId, PresentationError> {
    let mut builds = load_builds(db, storage, &draft.content.builds(), &draft.known).await?;
    builds.extend(draft.known);
    let id = PresentationId(Uuid::now_v7());
    let root = PresentationRoot::Film(draft.film, id);
    let (playlist, manifest) = compose(&draft.content, root, &builds)?;
    let new = NewPresentation {
        id,
        film_id: draft.film,
        content: draft.content,
        duration_ms: manifest.duration_ms,
        made_by: draft.made_by,
    };
    match draft.lease {
        Some(lease) => begin_publish(db, lease, &new).await?,
        None => begin_presentation(db, draft.author, &new).await?,
    }
    let manifest = serde_json::to_vec(&manifest)?;
    // The manifest last, as the sign that the folder is complete.
    let objects =
        [(PresentationObject::Playlist, playlist.into_bytes()), (PresentationObject::Manifest, manifest)];
    for (object, bytes) in objects {
        // The id is new, so no other process writes these keys.
        if let Err(error) = storage.put_bytes(&root.key(object), Bytes::from(bytes)).await {
            if let Err(error) = discard_presentation(db, draft.film, id).await {
                warn!(presentation.id = %id, %error, "Could not discard an incomplete presentation; it is deleted within hours");
            }
            return Err(error.into());
        }
    }
    Ok(id)
}
