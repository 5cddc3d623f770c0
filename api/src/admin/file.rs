//! Masters and dubs of films, from the beginning of their upload.

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

use super::{
    job::JobDetail,
    unused::{self, FileNote, UnusedStream},
};
use crate::{
    app::App,
    auth::identity::Editor,
    failure_reason::FailureReason,
    http::{
        error::ApiError,
        path::PathId,
        problem::Problem,
        query::ValidQuery,
        responses::{Guarded, WithId, WithQuery},
    },
    page::{Page, PageQuery},
};

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FilePurpose {
    /// The film itself.
    Master,
    /// Audio of the whole film in another language or version.
    Dub,
}

/// State of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileState {
    /// The upload is not complete.
    Uploading,
    /// The upload is complete.
    Uploaded,
    /// The film already has a master with the same content; this upload was not stored.
    Duplicate,
    /// The file cannot be used; `note` has the reason.
    Refused,
    /// The upload was abandoned: no data arrived for too long.
    Expired,
}

/// A master or a dub's file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FilmFile {
    /// Id of the file and of its upload.
    pub(crate) id: Uuid,
    /// Name of the file on the client's machine.
    pub(crate) name: String,
    /// Size of the whole file in bytes.
    pub(crate) size_bytes: u64,
    /// Number of bytes that are durably stored.
    pub(crate) received_bytes: u64,
    /// What the file is for.
    pub(crate) purpose: FilePurpose,
    /// State of the file.
    pub(crate) state: FileState,
    /// SHA-256 of the file in hexadecimal; null until the upload is complete.
    #[schema(required)]
    pub(crate) sha256: Option<String>,
    /// Information for editors, such as why the file was refused, or which audio track of a dub's file is used; null if not needed.
    #[schema(required)]
    pub(crate) note: Option<String>,
    /// The same as `note` as a code, which clients translate; null if it has none, as texts of earlier versions of Nang.
    #[schema(required)]
    pub(crate) reason: Option<FailureReason>,
    /// What the master contains and Nang does not use; empty until the master is checked.
    pub(crate) unused: Vec<UnusedStream>,
    /// What Nang guessed or mended in the master; empty until the master is checked.
    pub(crate) notes: Vec<FileNote>,
    /// When the upload began.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

/// A file in the list of the files of all films.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ListedFile {
    /// The file.
    #[serde(flatten)]
    pub(crate) file: FilmFile,
    /// Id of the film.
    pub(crate) film_id: Uuid,
    /// Id of the account that began the upload; null for the command line.
    #[schema(required)]
    pub(crate) user_id: Option<Uuid>,
    /// E-mail address of that account at the time; null for the command line.
    #[schema(required, examples("noy@films.example.la"))]
    pub(crate) user_email: Option<String>,
    /// When Nang abandons the upload if no more data arrives; null unless `state` is `uploading`.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) expires_at: Option<OffsetDateTime>,
}

/// One page of files, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FilePage {
    /// The files.
    pub(crate) items: Vec<ListedFile>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Query parameters of the list of files.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FileQuery {
    /// Only files of the film with this id
    film_id: Option<Uuid>,
    /// Only files in this state
    state: Option<FileState>,
    /// Only files for this purpose
    purpose: Option<FilePurpose>,
    /// `next_cursor` of the previous page; omit it for the first page
    cursor: Option<String>,
    /// Maximum number of items, 1 to 100; default 20
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// Lists the masters and dubs of all films, newest first.
#[utoipa::path(get, path = "/admin/files", tag = "admin", security(("bearer" = [])), params(FileQuery), responses(
    (status = 200, description = "A page of files", body = FilePage, example = json!({
        "items": [{
            "id": "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f", "name": "ບົວແດງ.mov", "size_bytes": 42_000_000_000_u64,
            "received_bytes": 42_000_000_000_u64, "purpose": "master", "state": "uploaded",
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "note": null,
            "unused": [{"stream_index": 3, "kind": "subtitle", "codec": "hdmv_pgs_subtitle", "language": "fre", "title": null, "why": "bitmap_subtitles"}],
            "notes": [{"stream_index": 1, "text": "Audio tracks 1 to 2 are mono, equally long and alike; Nang takes them as one mix (stereo).",
                "reason": {"code": "note_mono_tracks_mixed", "values": {"first": "1", "last": "2", "layout": "stereo"}}}],
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
    let filter = FileFilter {
        film_id: query.film_id.map(FilmId),
        state: query.state.map(Into::into),
        purpose: query.purpose.map(Into::into),
    };
    FilePage::read(&app, filter, &page).await
}

/// Lists the uploads that are not complete, newest first.
#[utoipa::path(get, path = "/admin/uploads", tag = "uploads", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of uploads, each with its progress, film and account", body = FilePage),
    Guarded, WithQuery,
))]
pub(crate) async fn list_uploads(
    State(app): State<Arc<App>>,
    _: Editor,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<FilePage>, ApiError> {
    let filter = FileFilter { state: Some(db::film_file::FileState::Uploading), ..FileFilter::default() };
    FilePage::read(&app, filter, &query.page()?).await
}

/// Deletes a master or a dub's file that is no longer needed.
///
/// A master can be deleted if it was refused, is a duplicate, or was replaced by a newer master. A file must not be the source of a
/// build that viewers get, or of one that is being encoded. A job deletes its data.
#[utoipa::path(delete, path = "/admin/files/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The file")), responses(
    (status = 204, description = "The file was deleted; a job deletes its data soon"),
    (status = 409, description = "The file is needed; `detail` has the reason", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId,
))]
pub(crate) async fn delete_file(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<FileId>,
) -> Result<StatusCode, ApiError> {
    db::workflow::delete_master(&app.db, &user.author(), id).await?;
    info!(file.id = %id, user.id = %user.account.id, "Deleted a file");
    Ok(StatusCode::NO_CONTENT)
}

/// Encodes a stored master again with the current profile of its film.
///
/// Viewers get the old build until the new one is ready.
#[utoipa::path(post, path = "/admin/files/{id}/encode", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The master")), responses(
    (status = 202, description = "The job that probes the master was queued", body = JobDetail),
    (status = 409, description = "The master is already being encoded, or cannot be encoded; `detail` has the reason", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId,
))]
pub(crate) async fn encode_file(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<FileId>,
) -> Result<(StatusCode, Json<JobDetail>), ApiError> {
    let job = db::workflow::encode_master(&app.db, &user.author(), id).await?;
    info!(file.id = %id, job.id = %job, user.id = %user.account.id, "Queued a master for encoding again");
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

convert_enum!(FilePurpose => db::film_file::FilePurpose { Master, Dub });
convert_enum!(db::film_file::FileState => FileState { Uploading, Uploaded, Duplicate, Refused, Expired });
convert_enum!(FileState => db::film_file::FileState { Uploading, Uploaded, Duplicate, Refused, Expired });

impl From<Row> for FilmFile {
    fn from(file: Row) -> Self {
        let (unused, notes) = unused::of_facts(file.facts);
        Self {
            id: file.id.0,
            name: file.name,
            size_bytes: file.size_bytes,
            received_bytes: file.received_bytes,
            purpose: match file.purpose {
                db::film_file::FilePurpose::Dub => FilePurpose::Dub,
                // Subtitle files are not listed.
                db::film_file::FilePurpose::Master | db::film_file::FilePurpose::Subtitle => {
                    FilePurpose::Master
                }
            },
            state: file.state.into(),
            sha256: file.sha256,
            note: file.note,
            reason: file.note_reason.map(Into::into),
            unused,
            notes,
            created_at: file.created_at,
        }
    }
}
