//! What needs an editor now.

use std::{collections::HashMap, sync::Arc};

use axum::{Json, extract::State};
use db::desk::{Concern as RowConcern, Item};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    auth::identity::Editor,
    failure_reason::FailureReason,
    http::{error::ApiError, responses::Guarded},
    titles::Titles,
};

/// Days from now in which the begin or the end of a film's period counts.
const DAYS: i32 = 7;
/// Maximum number of films of each concern in the response.
const MAX_FILMS: u32 = 20;

/// A film that needs an editor.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DeskFilm {
    /// Id of the film.
    pub(crate) film_id: Uuid,
    /// Titles of the film.
    pub(crate) titles: Titles,
    /// Id of the build or of the upload that is concerned; null if none is.
    #[schema(required)]
    pub(crate) part_id: Option<Uuid>,
    /// When it happened, or when the period begins or ends.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) at: OffsetDateTime,
    /// Why the master or the build failed, or the name of the uploaded file; null for other concerns.
    #[schema(required, examples("the decoder crashed (signal 11) at 00:12:31"))]
    pub(crate) detail: Option<String>,
    /// The same as `detail` as a code, which clients translate; null if it has none, as texts of earlier versions of Nang.
    #[schema(required)]
    pub(crate) reason: Option<FailureReason>,
}

/// The films with one concern.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct DeskGroup {
    /// Number of all of these films.
    pub(crate) count: u64,
    /// The films whose moment is nearest to now; at most 20.
    pub(crate) films: Vec<DeskFilm>,
}

/// The storage.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DeskStorage {
    /// Free space in bytes; null if the storage does not tell.
    #[schema(required, examples(412_316_860_416_u64))]
    pub(crate) free_bytes: Option<u64>,
    /// Free space that must stay: with less, uploads and encoding wait (`min_free_bytes`).
    #[schema(examples(2_147_483_648_u64))]
    pub(crate) min_free_bytes: u64,
    /// Why the storage accepts no uploads; null if it accepts them.
    #[schema(required, examples("The storage is full: free disk space."))]
    pub(crate) fault: Option<String>,
}

/// The queue, without jobs that only delete objects.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DeskQueue {
    /// Jobs that wait for a worker.
    #[schema(examples(82))]
    pub(crate) queued: u64,
    /// Jobs that a worker runs.
    #[schema(examples(4))]
    pub(crate) running: u64,
    /// Jobs that failed permanently and can be retried.
    #[schema(examples(1))]
    pub(crate) dead: u64,
    /// Workers that run jobs.
    #[schema(examples(2))]
    pub(crate) workers: u64,
    /// Since when the job that has waited longest could have begun; null if no job waits.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) waiting_since: Option<OffsetDateTime>,
}

/// What needs an editor now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Desk {
    /// Films whose newest master could not be read or encoded.
    pub(crate) failed: DeskGroup,
    /// Films with a build that waits for a decision because its master is damaged.
    pub(crate) damaged: DeskGroup,
    /// Uploads to which no data has arrived for an hour.
    pub(crate) stopped_uploads: DeskGroup,
    /// Films that can be played and are drafts.
    pub(crate) unpublished: DeskGroup,
    /// Films that viewers can play from a moment within the next seven days on.
    pub(crate) opening: DeskGroup,
    /// Films that viewers can play until a moment within the next seven days.
    pub(crate) closing: DeskGroup,
    /// The storage.
    pub(crate) storage: DeskStorage,
    /// The queue.
    pub(crate) queue: DeskQueue,
}

/// Returns what needs an editor now.
#[utoipa::path(get, path = "/admin/desk", tag = "admin", security(("bearer" = [])), responses(
    (status = 200, description = "What needs an editor", body = Desk),
    Guarded,
))]
pub(crate) async fn get_desk(State(app): State<Arc<App>>, _: Editor) -> Result<Json<Desk>, ApiError> {
    let items = db::desk::list(&app.db, DAYS, app.upload_expiry, MAX_FILMS).await?;
    let mut groups: HashMap<RowConcern, DeskGroup> = HashMap::new();
    for item in items {
        let group = groups.entry(item.concern).or_default();
        group.count = item.count;
        group.films.push(item.into());
    }
    let mut group = |concern| groups.remove(&concern).unwrap_or_default();
    let queue = db::queue::summary(&app.db).await?;
    let storage = DeskStorage {
        free_bytes: app.storage.free_bytes().await.ok().flatten(),
        min_free_bytes: app.min_free_bytes,
        fault: app.storage_probe.fault(&app.storage, app.min_free_bytes).await,
    };
    Ok(Json(Desk {
        failed: group(RowConcern::Failed),
        damaged: group(RowConcern::Damaged),
        stopped_uploads: group(RowConcern::StoppedUpload),
        unpublished: group(RowConcern::Unpublished),
        opening: group(RowConcern::Opening),
        closing: group(RowConcern::Closing),
        storage,
        queue: DeskQueue {
            queued: queue.queued,
            running: queue.running,
            dead: queue.dead,
            workers: queue.workers,
            waiting_since: queue.waiting_since,
        },
    }))
}

impl From<Item> for DeskFilm {
    fn from(item: Item) -> Self {
        Self {
            film_id: item.film_id.0,
            titles: Titles(item.titles),
            part_id: item.part_id,
            at: item.at,
            detail: item.detail,
            reason: item.reason.map(Into::into),
        }
    }
}
