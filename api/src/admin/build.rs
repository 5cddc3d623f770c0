//! Builds: one encoding of one source with one profile.

use std::{collections::HashMap, sync::Arc};

use axum::{Json, extract::State, http::StatusCode};
use db::{
    Db,
    build::{Build as Row, BuildFilter},
    queue::BuildProgress,
};
use domain::id::{BuildId, FilmId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tracing::info;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{damage::BuildDamage, rendition::Rendition};
use crate::{
    app::App,
    auth::identity::Editor,
    chapter::Chapter,
    failure_reason::FailureReason,
    http::{
        error::ApiError,
        path::PathId,
        problem::Problem,
        query::ValidQuery,
        responses::{Guarded, WithId, WithQuery},
    },
    page::Page,
};

/// State of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BuildState {
    /// The loudness of the master's audio is being measured; the encoding is planned after that.
    Analysing,
    /// Its parts are being encoded.
    Encoding,
    /// Everything is encoded; the build is being checked and published.
    Publishing,
    /// The build is complete, and a presentation that the film shows or may show again uses it.
    Ready,
    /// The build is complete, but its master is seriously damaged: viewers get it only when an editor publishes it; `damage` has the
    /// places.
    Damaged,
    /// The build failed; `failure` has the reason.
    Failed,
    /// The build was cancelled.
    Cancelled,
    /// No presentation uses the build any more; its objects are being or have been deleted.
    Superseded,
}

/// What a build was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BuildKind {
    /// A master: video and audio.
    Film,
    /// A dub: one audio track.
    Dub,
    /// A subtitle file.
    Subtitle,
}

/// Progress of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Progress {
    /// Frames encoded so far.
    pub(crate) frames_done: u64,
    /// Frames of the whole film.
    pub(crate) frames_total: u64,
    /// Parts that are encoded: chunks, audio tracks and the subtitles.
    pub(crate) jobs_done: u32,
    /// Parts of the whole build.
    pub(crate) jobs_total: u32,
    /// Parts that are being encoded now.
    pub(crate) jobs_running: u32,
}

/// A build: one encoding of one source (a master, a dub or a subtitle file) with one profile.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Build {
    /// Id of the build.
    pub(crate) id: Uuid,
    /// What the build was made from.
    pub(crate) kind: BuildKind,
    /// Id of the master, dub or subtitle file.
    pub(crate) file_id: Uuid,
    /// Name of the encoding profile.
    pub(crate) profile: String,
    /// State of the build.
    pub(crate) state: BuildState,
    /// Why the build failed; null unless `state` is `failed`.
    #[schema(required)]
    pub(crate) failure: Option<String>,
    /// The same as `failure` as a code, which clients translate; null if it has none, as texts of earlier versions of Nang.
    #[schema(required)]
    pub(crate) reason: Option<FailureReason>,
    /// What could not be read from the master; null if nothing, and until the build is complete.
    #[schema(required)]
    pub(crate) damage: Option<BuildDamage>,
    /// When an editor published the build in spite of serious damage; null if none did.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) approved_at: Option<OffsetDateTime>,
    /// E-mail address of that editor; null if none did.
    #[schema(required)]
    pub(crate) approved_by: Option<String>,
    /// When the build was created.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// When the build became ready, failed or was cancelled; null before that.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) finished_at: Option<OffsetDateTime>,
    /// Progress of the build.
    pub(crate) progress: Progress,
    /// Video renditions, best quality first, then audio renditions, then subtitles.
    pub(crate) renditions: Vec<Rendition>,
    /// What editors should know of the subtitle tracks of the master; empty until the build is published.
    pub(crate) subtitle_notes: Vec<SubtitleNote>,
    /// Chapters of the master; empty if it has none, and until the build is planned.
    pub(crate) chapters: Vec<Chapter>,
}

/// What editors should know of a subtitle track of the master.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SubtitleNote {
    /// Index of the stream in the master.
    pub(crate) stream_index: u32,
    /// Its label in the player's menu.
    pub(crate) label: String,
    /// Whether the track could not be read, and is not part of the film.
    pub(crate) is_left_out: bool,
    /// What Nang changed in it, or why it was left out.
    pub(crate) details: Vec<String>,
}

/// Cancels a build that is being analysed, encoded or published.
///
/// Nang cancels its jobs and deletes the objects that it has stored.
#[utoipa::path(post, path = "/admin/builds/{id}/cancel", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The build")), responses(
    (status = 202, description = "The build was cancelled; workers stop within a minute", body = Build),
    (status = 409, description = "The build has already ended", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId,
))]
pub(crate) async fn cancel_build(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<BuildId>,
) -> Result<(StatusCode, Json<Build>), ApiError> {
    if !db::workflow::cancel_build(&app.db, &user.author(), id).await? {
        return Err(ApiError::Conflict("The build has already ended.".to_owned()));
    }
    info!(build.id = %id, user.id = %user.account.id, "Cancelled a build");
    let build = db::build::find(&app.db, id).await?.ok_or(ApiError::NotFound("There is no such build."))?;
    Ok((StatusCode::ACCEPTED, Json(Build::load(&app.db, build).await?)))
}

/// Publishes a build whose master, or dub, is seriously damaged.
///
/// Such a build waits in the state `damaged`. From now on viewers who press play get it, if the film is visible to them; viewers who are
/// watching are not disturbed.
#[utoipa::path(post, path = "/admin/builds/{id}/publish", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The build")), responses(
    (status = 200, description = "The film shows the build", body = Build),
    (status = 409, description = "The build does not wait for a decision, the film is deleted, or the dub does not fit it any more", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId,
))]
pub(crate) async fn publish_build(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<BuildId>,
) -> Result<Json<Build>, ApiError> {
    presentation::publish_build(&app.db, &app.storage, &user.author(), id).await?;
    info!(build.id = %id, user.id = %user.account.id, "Published a damaged build");
    let build = db::build::find(&app.db, id).await?.ok_or(ApiError::NotFound("There is no such build."))?;
    Ok(Json(Build::load(&app.db, build).await?))
}

/// A build in the list of the builds of all films.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ListedBuild {
    /// The build.
    #[serde(flatten)]
    pub(crate) build: Build,
    /// Id of the film.
    pub(crate) film_id: Uuid,
}

/// One page of builds, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BuildPage {
    /// The builds.
    pub(crate) items: Vec<ListedBuild>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Query parameters of the list of builds.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BuildQuery {
    /// Only builds of the film with this id
    film_id: Option<Uuid>,
    /// Only builds in this state
    state: Option<BuildState>,
    /// `next_cursor` of the previous page; omit it for the first page
    cursor: Option<String>,
    /// Maximum number of items, 1 to 100; default 20
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// Lists the builds of all films, newest first.
#[utoipa::path(get, path = "/admin/builds", tag = "admin", security(("bearer" = [])), params(BuildQuery), responses(
    (status = 200, description = "A page of builds", body = BuildPage),
    Guarded, WithQuery,
))]
pub(crate) async fn list_builds(
    State(app): State<Arc<App>>,
    _: Editor,
    ValidQuery(query): ValidQuery<BuildQuery>,
) -> Result<Json<BuildPage>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = BuildFilter { film_id: query.film_id.map(FilmId), state: query.state.map(Into::into) };
    let builds = db::build::list(&app.db, filter, page.after, page.rows()).await?;
    let (builds, next_cursor) = page.cut(builds, Row::cursor);
    let items = Build::complete(&app.db, builds).await?;
    let items = items.map(|(film, build)| ListedBuild { build, film_id: film.0 }).collect();
    Ok(Json(BuildPage { items, next_cursor }))
}

/// Deletes a build that failed, was cancelled, was replaced by a newer build, or waits for a decision because its master is damaged.
///
/// A job deletes its objects now, not after a day, so viewers who are still playing the build are interrupted.
#[utoipa::path(delete, path = "/admin/builds/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The build")), responses(
    (status = 204, description = "The build was deleted; a job deletes its objects soon"),
    (status = 409, description = "Viewers get this build, or it is still being encoded or published", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId,
))]
pub(crate) async fn delete_build(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<BuildId>,
) -> Result<StatusCode, ApiError> {
    db::workflow::delete_build(&app.db, &user.author(), id).await?;
    info!(build.id = %id, user.id = %user.account.id, "Deleted a build");
    Ok(StatusCode::NO_CONTENT)
}

impl Build {
    /// Returns the build with its progress and renditions.
    pub(super) async fn load(db: &Db, build: db::build::Build) -> Result<Self, ApiError> {
        let progress = db::workflow::build_progress(db, build.id).await?;
        let renditions = db::rendition::list(db, build.id).await?;
        let notes = db::build::subtitle_notes(db, &[build.id]).await?.remove(&build.id).unwrap_or_default();
        Ok(Self::new(build, progress, renditions, notes))
    }

    /// Returns the builds of these films, oldest first. Runs four queries for any number of films.
    pub(crate) async fn load_by_films(
        db: &Db,
        films: &[FilmId],
    ) -> Result<HashMap<FilmId, Vec<Self>>, ApiError> {
        let builds = db::build::list_by_films(db, films).await?;
        let mut by_film: HashMap<_, Vec<Self>> = HashMap::new();
        for (film, build) in Self::complete(db, builds).await? {
            by_film.entry(film).or_default().push(build);
        }
        Ok(by_film)
    }

    /// Returns these builds, in this order, with their films, progress and renditions.
    async fn complete(db: &Db, builds: Vec<Row>) -> Result<impl Iterator<Item = (FilmId, Self)>, ApiError> {
        let ids: Vec<_> = builds.iter().map(|build| build.id).collect();
        let mut progress = db::workflow::builds_progress(db, &ids).await?;
        let mut renditions = db::rendition::list_by_builds(db, &ids).await?;
        let mut notes = db::build::subtitle_notes(db, &ids).await?;
        Ok(builds.into_iter().map(move |build| {
            let progress = progress.remove(&build.id).unwrap_or_default();
            let renditions = renditions.remove(&build.id).unwrap_or_default();
            let notes = notes.remove(&build.id).unwrap_or_default();
            (build.film_id, Self::new(build, progress, renditions, notes))
        }))
    }

    fn new(
        build: db::build::Build,
        progress: BuildProgress,
        renditions: Vec<db::rendition::Rendition>,
        notes: Vec<domain::build_record::SubtitleNote>,
    ) -> Self {
        let (approved_at, approved_by) = build.approval.unzip();
        Self {
            id: build.id.0,
            kind: build.kind.into(),
            file_id: build.file_id.0,
            profile: build.profile,
            state: build.state.into(),
            failure: build.failure,
            reason: build.failure_reason.map(Into::into),
            damage: build.damage.map(BuildDamage::from),
            approved_at,
            approved_by: approved_by.flatten(),
            created_at: build.created_at,
            finished_at: build.finished_at,
            progress: progress.into(),
            renditions: renditions.into_iter().map(Rendition::from).collect(),
            subtitle_notes: notes.into_iter().map(SubtitleNote::from).collect(),
            chapters: build.chapters.into_iter().map(Chapter::from).collect(),
        }
    }
}

convert_enum!(db::build::BuildKind => BuildKind { Film, Dub, Subtitle });
convert_enum!(db::build::BuildState => BuildState { Analysing, Encoding, Publishing, Ready, Damaged, Failed, Cancelled, Superseded });
convert_enum!(BuildState => db::build::BuildState { Analysing, Encoding, Publishing, Ready, Damaged, Failed, Cancelled, Superseded });

impl From<domain::build_record::SubtitleNote> for SubtitleNote {
    fn from(note: domain::build_record::SubtitleNote) -> Self {
        Self {
            stream_index: note.stream_index,
            label: note.label,
            is_left_out: note.is_left_out,
            details: note.details,
        }
    }
}

impl From<BuildProgress> for Progress {
    fn from(progress: BuildProgress) -> Self {
        Self {
            frames_done: progress.frames_done,
            frames_total: progress.frames_total,
            jobs_done: progress.jobs_done,
            jobs_total: progress.jobs_total,
            jobs_running: progress.jobs_running,
        }
    }
}
