//! Builds: one encoding of one master with one profile.

use std::{collections::HashMap, sync::Arc};

use axum::{Json, extract::State, http::StatusCode};
use db::{Db, job::BuildProgress};
use domain::id::{BuildId, FilmId};
use serde::Serialize;
use time::OffsetDateTime;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    auth::identity::Editor,
    http::{
        error::ApiError,
        path::PathId,
        problem::Problem,
        responses::{Guarded, WithId},
    },
};

/// How far a build has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
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
    if !db::build::cancel(&app.db, id).await? {
        return Err(ApiError::Conflict("The build has already ended.".to_owned()));
    }
    info!(build.id = %id, user.id = %user.account.id, "Cancelled a build");
    let build = db::build::find(&app.db, id).await?.ok_or(ApiError::NotFound("There is no such build."))?;
    Ok((StatusCode::ACCEPTED, Json(Build::load(&app.db, build).await?)))
}

impl Build {
    /// The build with its progress and renditions.
    async fn load(db: &Db, build: db::build::Build) -> Result<Self, ApiError> {
        let progress = db::job::build_progress(db, build.id).await?;
        let renditions = db::rendition::list(db, build.id).await?;
        Ok(Self::new(build, progress, renditions))
    }

    /// The builds of these films, oldest first, however many in three queries.
    pub(crate) async fn load_by_films(
        db: &Db,
        films: &[FilmId],
    ) -> Result<HashMap<FilmId, Vec<Self>>, ApiError> {
        let builds = db::build::list_by_films(db, films).await?;
        let ids: Vec<_> = builds.iter().map(|build| build.id).collect();
        let mut progress = db::job::builds_progress(db, &ids).await?;
        let mut renditions = db::rendition::list_by_builds(db, &ids).await?;
        let mut by_film: HashMap<_, Vec<Self>> = HashMap::new();
        for build in builds {
            let progress = progress.remove(&build.id).unwrap_or_default();
            let renditions = renditions.remove(&build.id).unwrap_or_default();
            by_film.entry(build.film_id).or_default().push(Self::new(build, progress, renditions));
        }
        Ok(by_film)
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
