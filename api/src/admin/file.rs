//! Films' masters, from the first byte of their upload.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use db::film_file::{FileFilter, FilmFile as Row};
use domain::id::{FileId, FilmId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tracing::info;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::job::JobDetail;
use crate::{
    app::App,
    auth::identity::Editor,
    http::{
        error::ApiError,
        path::PathId,
        problem::Problem,
        query::ValidQuery,
        responses::{Guarded, WithId, WithQuery},
    },
    page::{Page, PageQuery},
};

/// How far a master has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileState {
    /// Bytes are still to come.
    Uploading,
    /// All bytes are there.
    Uploaded,
    /// The same bytes were uploaded for this film before.
    Duplicate,
    /// It cannot be shown; `note` says why.
    Refused,
    /// The upload was given up.
    Expired,
}

/// A master.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FilmFile {
    /// Its id, which is also its upload's.
    pub(crate) id: Uuid,
    /// Name of the file on the sender's machine.
    pub(crate) name: String,
    /// Size of the whole file.
    pub(crate) size_bytes: u64,
    /// Bytes that are safely stored.
    pub(crate) received_bytes: u64,
    /// How far it has come.
    pub(crate) state: FileState,
    /// SHA-256 in hexadecimal, once all bytes are there.
    #[schema(required)]
    pub(crate) sha256: Option<String>,
    /// Something an admin should know, such as why it was refused.
    #[schema(required)]
    pub(crate) note: Option<String>,
    /// When its upload began.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

/// A master in a list of all films'.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ListedFile {
    /// The master.
    #[serde(flatten)]
    pub(crate) file: FilmFile,
    /// Of which film.
    pub(crate) film_id: Uuid,
    /// Whose account began the upload; null for the command line.
    #[schema(required)]
    pub(crate) user_id: Option<Uuid>,
    /// Its address then.
    #[schema(required, examples("noy@films.example.la"))]
    pub(crate) user_email: Option<String>,
    /// When the upload is given up if no more bytes come; null once all are there.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) expires_at: Option<OffsetDateTime>,
}

/// One page of masters, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FilePage {
    /// The masters.
    pub(crate) items: Vec<ListedFile>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Which masters are wanted.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FileQuery {
    /// Of this film alone
    film_id: Option<Uuid>,
    /// This far alone
    state: Option<FileState>,
    /// `next_cursor` of the page before; none for the first page
    cursor: Option<String>,
    /// Most items to return, 1 to 100; 20 if not given
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// Lists masters of all films, newest first.
#[utoipa::path(get, path = "/admin/files", tag = "admin", security(("bearer" = [])), params(FileQuery), responses(
    (status = 200, description = "A page of masters", body = FilePage, example = json!({
        "items": [{
            "id": "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f", "name": "ບົວແດງ.mov", "size_bytes": 42_000_000_000_u64,
            "received_bytes": 42_000_000_000_u64, "state": "uploaded",
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "note": null,
            "created_at": "2026-01-10T08:00:00Z", "film_id": "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e60",
            "user_id": "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e61", "user_email": "noy@films.example.la", "expires_at": null
        }],
        "next_cursor": null
    })),
    Guarded, WithQuery,
))]
pub(crate) async fn list_files(
    State(app): State<Arc<App>>,
    _: Editor,
    ValidQuery(query): ValidQuery<FileQuery>,
) -> Result<Json<FilePage>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = FileFilter { film_id: query.film_id.map(FilmId), state: query.state.map(Into::into) };
    FilePage::read(&app, filter, &page).await
}

/// Lists uploads under way, newest first, with how far each has come, for which film and by whom.
#[utoipa::path(get, path = "/admin/uploads", tag = "uploads", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of uploads", body = FilePage),
    Guarded, WithQuery,
))]
pub(crate) async fn list_uploads(
    State(app): State<Arc<App>>,
    _: Editor,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<FilePage>, ApiError> {
    let filter = FileFilter { film_id: None, state: Some(db::film_file::FileState::Uploading) };
    FilePage::read(&app, filter, &query.page()?).await
}

/// Deletes a master that nothing needs: one that was refused, is there twice, or has been replaced by a newer one and is neither shown
/// nor being encoded. Its bytes are removed by a job.
#[utoipa::path(delete, path = "/admin/files/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The master")), responses(
    (status = 204, description = "Deleted; its bytes go soon"),
    (status = 409, description = "It is needed; `detail` says what for", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId,
))]
pub(crate) async fn delete_file(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<FileId>,
) -> Result<StatusCode, ApiError> {
    db::workflow::delete_master(&app.db, &user.author(), id).await?;
    info!(file.id = %id, user.id = %user.account.id, "Deleted a master");
    Ok(StatusCode::NO_CONTENT)
}

/// Encodes a stored master again, with the profile that its film has now. What viewers get stays until the new build is whole.
#[utoipa::path(post, path = "/admin/files/{id}/encode", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The master")), responses(
    (status = 202, description = "Queued: the job that reads it", body = JobDetail),
    (status = 409, description = "It is being encoded already, or cannot be; `detail` says why", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId,
))]
pub(crate) async fn encode_file(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<FileId>,
) -> Result<(StatusCode, Json<JobDetail>), ApiError> {
    let job = db::workflow::encode_master(&app.db, &user.author(), id).await?;
    info!(file.id = %id, job.id = %job, user.id = %user.account.id, "Had a master encoded again");
    Ok((StatusCode::ACCEPTED, Json(JobDetail::find(&app.db, job).await?)))
}

impl FilePage {
    async fn read(app: &App, filter: FileFilter, page: &Page) -> Result<Json<Self>, ApiError> {
        let files = db::film_file::list(&app.db, filter, page.after, page.rows()).await?;
        let (files, next_cursor) = page.cut(files, Row::cursor);
        Ok(Json(Self { items: files.into_iter().map(ListedFile::from).collect(), next_cursor }))
    }
}

impl From<Row> for ListedFile {
    fn from(file: Row) -> Self {
        Self {
            film_id: file.film_id.0,
            user_id: file.author.user_id.map(|user| user.0),
            user_email: file.author.user_email.clone(),
            expires_at: (file.state == db::film_file::FileState::Uploading).then_some(file.expires_at),
            file: file.into(),
        }
    }
}

same_words!(db::film_file::FileState => FileState { Uploading, Uploaded, Duplicate, Refused, Expired });
same_words!(FileState => db::film_file::FileState { Uploading, Uploaded, Duplicate, Refused, Expired });

impl From<Row> for FilmFile {
    fn from(file: Row) -> Self {
        Self {
            id: file.id.0,
            name: file.name,
            size_bytes: file.size_bytes,
            received_bytes: file.received_bytes,
            state: file.state.into(),
            sha256: file.sha256,
            note: file.note,
            created_at: file.created_at,
        }
    }
}
