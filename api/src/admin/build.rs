//! Builds: one encoding of one master with one profile.

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
    page::Page,
};

/// How far a build has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BuildState {
    /// Chunks and sound tracks are being encoded.
    Encoding,
    /// All is encoded; it is being checked and made visible.
    Publishing,
    /// It can be played.
    Ready,
    /// It could not be made; `failure` says why.
    Failed,
    /// Somebody stopped it.
    Cancelled,
    /// A newer build of the film has taken its place.
    Superseded,
}

/// What a rendition carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RenditionKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
}

/// Work done and to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Progress {
    /// Frames encoded so far.
    pub(crate) frames_done: u64,
    /// Frames of the whole film.
    pub(crate) frames_total: u64,
    /// Chunks and sound tracks done.
    pub(crate) jobs_done: u32,
    /// Chunks and sound tracks in all.
    pub(crate) jobs_total: u32,
    /// Chunks and sound tracks at work now.
    pub(crate) jobs_running: u32,
}

/// One quality of the picture, or one sound track. Measured values come when the build is ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Rendition {
    /// Its folder (`v1080`, `a1`).
    pub(crate) name: String,
    /// Pictures or sound.
    pub(crate) kind: RenditionKind,
    /// Picture width in pixels.
    #[schema(required)]
    pub(crate) width: Option<u32>,
    /// Picture height in pixels.
    #[schema(required)]
    pub(crate) height: Option<u32>,
    /// BCP 47 language of the sound, if the master says.
    #[schema(required)]
    pub(crate) language: Option<String>,
    /// What the viewer's menu shows for the sound.
    #[schema(required)]
    pub(crate) label: Option<String>,
    /// RFC 6381 codecs string.
    #[schema(required)]
    pub(crate) codecs: Option<String>,
    /// Average bitrate.
    #[schema(required)]
    pub(crate) average_bps: Option<u64>,
    /// Bitrate of the heaviest segment.
    #[schema(required)]
    pub(crate) peak_bps: Option<u64>,
    /// All its bytes.
    #[schema(required)]
    pub(crate) size_bytes: Option<u64>,
}

/// A build.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Build {
    /// Its id.
    pub(crate) id: Uuid,
    /// The master it is made from.
    pub(crate) file_id: Uuid,
    /// The profile it is made with.
    pub(crate) profile: String,
    /// How far it has come.
    pub(crate) state: BuildState,
    /// Why it failed.
    #[schema(required)]
    pub(crate) failure: Option<String>,
    /// When it was planned.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// When it became ready, failed or was cancelled.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) finished_at: Option<OffsetDateTime>,
    /// Work done and to do.
    pub(crate) progress: Progress,
    /// Its renditions, best picture first, then sound.
    pub(crate) renditions: Vec<Rendition>,
}

/// Stops a build that is being made: its jobs are cancelled and what it stored is removed.
#[utoipa::path(post, path = "/admin/builds/{id}/cancel", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The build")), responses(
    (status = 202, description = "Being stopped", body = Build),
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

/// A build in a list of all films'.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ListedBuild {
    /// The build.
    #[serde(flatten)]
    pub(crate) build: Build,
    /// Of which film.
    pub(crate) film_id: Uuid,
}

/// One page of builds, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BuildPage {
    /// The builds.
    pub(crate) items: Vec<ListedBuild>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Which builds are wanted.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BuildQuery {
    /// Of this film alone
    film_id: Option<Uuid>,
    /// In this state alone
    state: Option<BuildState>,
    /// `next_cursor` of the page before; none for the first page
    cursor: Option<String>,
    /// Most items to return, 1 to 100; 20 if not given
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// Lists builds of all films, newest first.
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

/// Deletes a build that is neither shown nor being made: failed, cancelled, or replaced by a newer one. Its objects are removed by a
/// job, now rather than in a day, so whoever still watches it is interrupted.
#[utoipa::path(delete, path = "/admin/builds/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The build")), responses(
    (status = 204, description = "Deleted; its objects go soon"),
    (status = 409, description = "It is shown or being made", body = Problem, content_type = "application/problem+json"),
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
    /// The build with its progress and renditions.
    async fn load(db: &Db, build: db::build::Build) -> Result<Self, ApiError> {
        let progress = db::workflow::build_progress(db, build.id).await?;
        let renditions = db::rendition::list(db, build.id).await?;
        Ok(Self::new(build, progress, renditions))
    }

    /// The builds of these films, oldest first, however many in three queries.
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

    /// These builds with their progress and renditions, each with its film, in their order.
    async fn complete(db: &Db, builds: Vec<Row>) -> Result<impl Iterator<Item = (FilmId, Self)>, ApiError> {
        let ids: Vec<_> = builds.iter().map(|build| build.id).collect();
        let mut progress = db::workflow::builds_progress(db, &ids).await?;
        let mut renditions = db::rendition::list_by_builds(db, &ids).await?;
        Ok(builds.into_iter().map(move |build| {
            let progress = progress.remove(&build.id).unwrap_or_default();
            let renditions = renditions.remove(&build.id).unwrap_or_default();
            (build.film_id, Self::new(build, progress, renditions))
        }))
    }

    fn new(
        build: db::build::Build,
        progress: BuildProgress,
        renditions: Vec<db::rendition::Rendition>,
    ) -> Self {
        Self {
            id: build.id.0,
            file_id: build.file_id.0,
            profile: build.profile,
            state: build.state.into(),
            failure: build.failure,
            created_at: build.created_at,
            finished_at: build.finished_at,
            progress: progress.into(),
            renditions: renditions.into_iter().map(Rendition::from).collect(),
        }
    }
}

same_words!(db::build::BuildState => BuildState { Encoding, Publishing, Ready, Failed, Cancelled, Superseded });
same_words!(BuildState => db::build::BuildState { Encoding, Publishing, Ready, Failed, Cancelled, Superseded });
same_words!(db::rendition::RenditionKind => RenditionKind { Video, Audio });

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

impl From<db::rendition::Rendition> for Rendition {
    fn from(rendition: db::rendition::Rendition) -> Self {
        Self {
            name: rendition.name,
            kind: rendition.kind.into(),
            width: rendition.width,
            height: rendition.height,
            language: rendition.language,
            label: rendition.label,
            codecs: rendition.codecs,
            average_bps: rendition.average_bps,
            peak_bps: rendition.peak_bps,
            size_bytes: rendition.size_bytes,
        }
    }
}
