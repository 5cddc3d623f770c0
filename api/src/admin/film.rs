//! Endpoints for editors: films, including drafts and films that failed.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use db::{
    Cursor,
    film::{AdminFilter, NewFilm},
};
use domain::{country::ViewerCountry, id::FilmId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tracing::info;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    build::Build,
    file::FilmFile,
    film_body::{CreateFilm, UpdateFilm},
    visibility::Visibility,
};
use crate::{
    app::App,
    auth::identity::Editor,
    failure_reason::FailureReason,
    film::{FilmPage, NO_FILM},
    http::{
        error::ApiError,
        etag::{IfMatch, etag},
        json::ValidJson,
        path::PathId,
        problem::{FieldProblem, Problem},
        query::ValidQuery,
        responses::{Guarded, Versioned, WithBody, WithId, WithQuery},
    },
    page::Page,
};

/// Processing status of a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FilmStatus {
    /// The film has no master yet.
    Empty,
    /// A master is being probed or encoded, and the film cannot be played yet.
    Processing,
    /// The film can be played.
    Ready,
    /// The master cannot be shown or could not be encoded; `failure` has the reason.
    Failed,
    /// The film cannot be played yet: its master is damaged, and an editor must publish or delete the build in the state `damaged`.
    Damaged,
}

/// A film as editors see it, with its masters and builds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminFilm {
    /// What viewers see.
    #[serde(flatten)]
    pub(crate) film: FilmPage,
    /// Whether this server learns viewers' countries (setting `country_header`), and so refuses to play the film in others than
    /// `availability.countries`.
    pub(crate) enforces_countries: bool,
    /// Which viewers may see the film.
    pub(crate) visibility: Visibility,
    /// When a scheduled film becomes public; null unless `visibility` is `scheduled`.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) publish_at: Option<OffsetDateTime>,
    /// Duration in milliseconds according to the film's makers; null if not set.
    #[schema(required)]
    pub(crate) runtime_ms: Option<u64>,
    /// Start of the end credits, in milliseconds from the beginning; null if not set.
    #[schema(required)]
    pub(crate) credits_ms: Option<u64>,
    /// When the film was deleted; null if it was not.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) deleted_at: Option<OffsetDateTime>,
    /// Processing status.
    pub(crate) status: FilmStatus,
    /// Why the film failed; null unless `status` is `failed`.
    #[schema(required)]
    pub(crate) failure: Option<String>,
    /// The same as `failure` as a code, which clients translate; null if it has none, as texts of earlier versions of Nang.
    #[schema(required)]
    pub(crate) reason: Option<FailureReason>,
    /// Name of the profile with which the next master is encoded.
    pub(crate) profile: String,
    /// Version number, sent as `ETag`; increases with every change. `If-Match` must contain it.
    pub(crate) version: i64,
    /// Id of the presentation that viewers get; null unless `status` is `ready`.
    #[schema(required)]
    pub(crate) presentation_id: Option<Uuid>,
    /// Id of the build that has its video; null unless `status` is `ready`.
    #[schema(required)]
    pub(crate) build_id: Option<Uuid>,
    /// Masters, oldest first.
    pub(crate) files: Vec<FilmFile>,
    /// Builds, oldest first.
    pub(crate) builds: Vec<Build>,
}

/// One page of films, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminFilmPage {
    /// The films.
    pub(crate) items: Vec<AdminFilm>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Query parameters of the list of films.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AdminFilmQuery {
    /// Only films with this status
    status: Option<FilmStatus>,
    /// Only films with this visibility
    visibility: Option<Visibility>,
    /// Only films with this text in a title; one or two letters match only at the start of a word or of a Lao syllable
    #[garde(inner(length(chars, min = 1, max = 200), custom(|text: &str, (): &()| has_no_nul(text))))]
    #[param(min_length = 1, max_length = 200)]
    text: Option<String>,
    /// Whether to list deleted films instead of the others; default false
    deleted: Option<bool>,
    /// `next_cursor` of the previous page; omit it for the first page
    cursor: Option<String>,
    /// Maximum number of items, 1 to 100; default 20
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// Rejects NUL, which PostgreSQL cannot store in a text.
fn has_no_nul(text: &str) -> garde::Result {
    if text.contains('\0') { Err(garde::Error::new("must not contain NUL")) } else { Ok(()) }
}

/// A title of the film, which confirms that the caller means this film.
#[derive(Debug, Deserialize, IntoParams, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConfirmTitle {
    /// One of the film's titles, exactly as stored
    title: String,
}

/// Creates a film as a draft without a master.
#[utoipa::path(post, path = "/admin/films", tag = "admin", security(("bearer" = [])), request_body = CreateFilm, responses(
    (status = 201, description = "The film was created", body = AdminFilm, headers(("ETag" = String, description = "Version of the film"), ("Location" = String, description = "URL of the film"))),
    (status = 409, description = "A genre or person does not exist, or another film has or had the slug", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody,
))]
pub(crate) async fn create_film(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    ValidJson(new): ValidJson<CreateFilm>,
) -> Result<Response, ApiError> {
    let (titles, profile, details) = new.into_parts();
    let profile = profile.unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
    let new = NewFilm { id: FilmId(app.new_id()), titles, profile };
    let film = db::film::create(&app.db, &user.author(), new, details).await?;
    info!(film.id = %film.id, user.id = %user.account.id, "Created a film");
    let location = (header::LOCATION, format!("/api/admin/films/{}", film.id));
    let film = AdminFilm::find(&app, film.id).await?.ok_or(NO_FILM)?;
    Ok((StatusCode::CREATED, [location], film).into_response())
}

/// Lists films, newest first.
#[utoipa::path(get, path = "/admin/films", tag = "admin", security(("bearer" = [])), params(AdminFilmQuery), responses(
    (status = 200, description = "A page of films", body = AdminFilmPage),
    Guarded, WithQuery,
))]
pub(crate) async fn list_admin_films(
    State(app): State<Arc<App>>,
    _: Editor,
    ValidQuery(query): ValidQuery<AdminFilmQuery>,
) -> Result<Json<AdminFilmPage>, ApiError> {
    let page = Page::<Cursor>::new(query.cursor.as_deref(), query.limit)?;
    let filter = AdminFilter {
        status: query.status.map(Into::into),
        visibility: query.visibility.map(Into::into),
        text: query.text,
        deleted: query.deleted.unwrap_or_default(),
    };
    let films = db::film::admin(&app.db, &filter, page.after, page.rows()).await?;
    let (films, next_cursor) = page.cut(films, db::film::Film::cursor);
    let ids: Vec<_> = films.iter().map(|film| film.id).collect();
    Ok(Json(AdminFilmPage { items: AdminFilm::load(&app, &ids).await?, next_cursor }))
}

/// Returns a film with its masters and builds.
#[utoipa::path(get, path = "/admin/films/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The film")), responses(
    (status = 200, description = "The film", body = AdminFilm, headers(("ETag" = String, description = "Version of the film"))),
    Guarded, WithId,
))]
pub(crate) async fn get_admin_film(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<FilmId>,
) -> Result<AdminFilm, ApiError> {
    AdminFilm::find(&app, id).await?.ok_or(NO_FILM)
}

/// Updates a film.
///
/// `If-Match` must contain the current version.
#[utoipa::path(patch, path = "/admin/films/{id}", tag = "admin", security(("bearer" = [])), request_body = UpdateFilm,
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version that the change is based on; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "The film was updated", body = AdminFilm, headers(("ETag" = String, description = "New version of the film"))),
    (status = 409, description = "A genre or person does not exist, another film has or had the slug, or the dates contradict each other", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId, Versioned,
))]
pub(crate) async fn update_film(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<FilmId>,
    IfMatch(version): IfMatch,
    ValidJson(change): ValidJson<UpdateFilm>,
) -> Result<AdminFilm, ApiError> {
    let Some(film) = db::film::update(&app.db, &user.author(), id, change.into_change(), version).await?
    else {
        return Err(stale_or_missing(&app, id).await?);
    };
    info!(film.id = %id, user.id = %user.account.id, film.version = film.version, "Updated a film");
    AdminFilm::find(&app, id).await?.ok_or(NO_FILM)
}

/// Deletes a film, which can be restored until it is purged.
///
/// Its jobs are cancelled, viewers no longer see it, and its builds are deleted after a day. Its masters are kept until the film is
/// purged.
#[utoipa::path(delete, path = "/admin/films/{id}", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The film"), ConfirmTitle,
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version to delete; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "The film was deleted", body = AdminFilm, headers(("ETag" = String, description = "New version of the film"))),
    (status = 409, description = "The film is already deleted", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "`title` is not a title of the film", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId, WithQuery, Versioned,
))]
pub(crate) async fn delete_film(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<FilmId>,
    ValidQuery(confirm): ValidQuery<ConfirmTitle>,
    IfMatch(version): IfMatch,
) -> Result<AdminFilm, ApiError> {
    confirm.check(&app, id).await?;
    if db::workflow::delete_film(&app.db, &user.author(), id, version).await?.is_none() {
        return Err(stale_or_missing(&app, id).await?);
    }
    info!(film.id = %id, user.id = %user.account.id, "Deleted a film");
    AdminFilm::find(&app, id).await?.ok_or(NO_FILM)
}

/// Restores a deleted film.
///
/// If its build no longer exists, the newest master is encoded again.
#[utoipa::path(post, path = "/admin/films/{id}/restore", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the deleted film; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "The film was restored", body = AdminFilm, headers(("ETag" = String, description = "New version of the film"))),
    (status = 409, description = "The film is not deleted, or is being purged", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId, Versioned,
))]
pub(crate) async fn restore_film(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<FilmId>,
    IfMatch(version): IfMatch,
) -> Result<AdminFilm, ApiError> {
    if db::workflow::restore_film(&app.db, &user.author(), id, version).await?.is_none() {
        return Err(stale_or_missing(&app, id).await?);
    }
    info!(film.id = %id, user.id = %user.account.id, "Restored a film");
    AdminFilm::find(&app, id).await?.ok_or(NO_FILM)
}

/// Purges a deleted film permanently, including its masters.
///
/// A job deletes everything; only the entries of the audit log are kept.
#[utoipa::path(post, path = "/admin/films/{id}/purge", tag = "admin", security(("bearer" = [])), request_body = ConfirmTitle,
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the deleted film; required", example = "\"3\""),
    ), responses(
    (status = 202, description = "The job that purges the film was queued", body = AdminFilm, headers(("ETag" = String, description = "New version of the film"))),
    (status = 409, description = "The film is not deleted, or is being purged", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId, Versioned,
))]
pub(crate) async fn purge_film(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<FilmId>,
    IfMatch(version): IfMatch,
    ValidJson(confirm): ValidJson<ConfirmTitle>,
) -> Result<Response, ApiError> {
    confirm.check(&app, id).await?;
    if db::workflow::purge_film(&app.db, &user.author(), id, version).await?.is_none() {
        return Err(stale_or_missing(&app, id).await?);
    }
    info!(film.id = %id, user.id = %user.account.id, "Queued the purge of a film");
    let film = AdminFilm::find(&app, id).await?.ok_or(NO_FILM)?;
    Ok((StatusCode::ACCEPTED, film).into_response())
}

async fn stale_or_missing(app: &App, id: FilmId) -> Result<ApiError, ApiError> {
    let exists = db::film::find(&app.db, id).await?.is_some();
    Ok(if exists { ApiError::StaleVersion } else { NO_FILM })
}

impl ConfirmTitle {
    async fn check(&self, app: &App, id: FilmId) -> Result<(), ApiError> {
        let film = db::film::find(&app.db, id).await?.ok_or(NO_FILM)?;
        if film.titles.values().any(|title| *title == self.title) {
            return Ok(());
        }
        let detail = "is not one of the film's titles".to_owned();
        Err(ApiError::Invalid(vec![FieldProblem { field: "title".to_owned(), detail }]))
    }
}

/// Profile of a new film if the request has no profile.
const DEFAULT_PROFILE: &str = "default";

impl AdminFilm {
    /// Returns the film with its masters and builds; `None` if it does not exist.
    pub(crate) async fn find(app: &App, id: FilmId) -> Result<Option<Self>, ApiError> {
        Ok(Self::load(app, &[id]).await?.pop())
    }

    /// Returns the id of the film.
    pub(crate) fn id(&self) -> FilmId {
        FilmId(self.film.film.id)
    }

    /// Returns these films with their masters and builds, in this order. The number of queries does not depend on the number of films.
    pub(crate) async fn load(app: &App, ids: &[FilmId]) -> Result<Vec<Self>, ApiError> {
        let pages = db::film::pages(&app.db, ids).await?;
        let mut files: HashMap<FilmId, Vec<FilmFile>> = HashMap::new();
        for file in db::film_file::list_masters_by_films(&app.db, ids).await? {
            files.entry(file.film_id).or_default().push(file.into());
        }
        let mut builds = Build::load_by_films(&app.db, ids).await?;
        let now = app.now();
        let films = pages.into_iter().map(|page| {
            let film = &page.film;
            Self {
                visibility: film.visibility.into(),
                publish_at: film.publish_at,
                runtime_ms: film.runtime_ms,
                credits_ms: film.credits_ms,
                status: film.status.into(),
                failure: film.failure.clone(),
                reason: film.failure_reason.clone().map(Into::into),
                profile: film.profile.clone(),
                version: film.version,
                deleted_at: film.deleted_at,
                presentation_id: film.presentation_id.map(|id| id.0),
                build_id: film.build_id.map(|id| id.0),
                files: files.remove(&film.id).unwrap_or_default(),
                builds: builds.remove(&film.id).unwrap_or_default(),
                film: FilmPage::new(page, now, ViewerCountry::NotLearned),
                enforces_countries: app.country_header.is_some(),
            }
        });
        Ok(films.collect())
    }
}

impl IntoResponse for AdminFilm {
    fn into_response(self) -> Response {
        ([etag(self.version)], Json(self)).into_response()
    }
}

convert_enum!(db::film::FilmStatus => FilmStatus { Empty, Processing, Ready, Failed, Damaged });
convert_enum!(FilmStatus => db::film::FilmStatus { Empty, Processing, Ready, Failed, Damaged });
