//! Films as editors and admins see them, drafts and failures included.

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
use domain::id::FilmId;
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

/// How far a film has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FilmStatus {
    /// It has no master yet.
    Empty,
    /// A master is being probed or encoded.
    Processing,
    /// It can be played.
    Ready,
    /// Its master could not be shown or encoded; `failure` says why.
    Failed,
}

/// A film with everything behind it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminFilm {
    /// What everybody sees.
    #[serde(flatten)]
    pub(crate) film: FilmPage,
    /// Who may see it.
    pub(crate) visibility: Visibility,
    /// When a scheduled film becomes public.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) publish_at: Option<OffsetDateTime>,
    /// Length as its makers say.
    #[schema(required)]
    pub(crate) runtime_ms: Option<u64>,
    /// Where its end credits begin.
    #[schema(required)]
    pub(crate) credits_ms: Option<u64>,
    /// When it was deleted.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) deleted_at: Option<OffsetDateTime>,
    /// How far it has come.
    pub(crate) status: FilmStatus,
    /// Why it failed.
    #[schema(required)]
    pub(crate) failure: Option<String>,
    /// Profile that its next master is encoded with.
    pub(crate) profile: String,
    /// Grows with every change; the `ETag`, and what `If-Match` must name.
    pub(crate) version: i64,
    /// The build that is played.
    #[schema(required)]
    pub(crate) build_id: Option<Uuid>,
    /// Its masters, oldest first.
    pub(crate) files: Vec<FilmFile>,
    /// Its builds, oldest first.
    pub(crate) builds: Vec<Build>,
}

/// One page of films, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminFilmPage {
    /// The films.
    pub(crate) items: Vec<AdminFilm>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Which films are wanted.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AdminFilmQuery {
    /// This far alone
    status: Option<FilmStatus>,
    /// Seen by these alone
    visibility: Option<Visibility>,
    /// With this in a title; one or two letters only where a word or a Lao syllable begins
    #[garde(inner(length(chars, min = 1, max = 200), custom(|text: &str, (): &()| has_no_nul(text))))]
    #[param(min_length = 1, max_length = 200)]
    text: Option<String>,
    /// Deleted ones instead of those that are not
    deleted: Option<bool>,
    /// `next_cursor` of the page before; none for the first page
    cursor: Option<String>,
    /// Most items to return, 1 to 100; 20 if not given
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// Postgres has no NUL in texts.
fn has_no_nul(text: &str) -> garde::Result {
    if text.contains('\0') { Err(garde::Error::new("must not contain NUL")) } else { Ok(()) }
}

/// Which film, said once more by who deletes it.
#[derive(Debug, Deserialize, IntoParams, ToSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConfirmTitle {
    /// One of the film's titles, as it is written
    title: String,
}

/// Adds a film, as a draft without a master.
#[utoipa::path(post, path = "/admin/films", tag = "admin", security(("bearer" = [])), request_body = CreateFilm, responses(
    (status = 201, description = "Added", body = AdminFilm, headers(("ETag" = String, description = "Its version"), ("Location" = String, description = "Its address"))),
    (status = 409, description = "A genre or person does not exist, or the slug is another's", body = Problem, content_type = "application/problem+json"),
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
    info!(film.id = %film.id, user.id = %user.account.id, "Added a film");
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

/// One film.
#[utoipa::path(get, path = "/admin/films/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The film")), responses(
    (status = 200, description = "The film", body = AdminFilm, headers(("ETag" = String, description = "Its version"))),
    Guarded, WithId,
))]
pub(crate) async fn get_admin_film(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(id): PathId<FilmId>,
) -> Result<AdminFilm, ApiError> {
    AdminFilm::find(&app, id).await?.ok_or(NO_FILM)
}

/// Changes a film, if nobody else has since it was read.
#[utoipa::path(patch, path = "/admin/films/{id}", tag = "admin", security(("bearer" = [])), request_body = UpdateFilm,
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("If-Match" = Option<String>, Header, description = "The ETag the change is based on; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "Changed", body = AdminFilm, headers(("ETag" = String, description = "Its new version"))),
    (status = 409, description = "A genre or person does not exist, the slug is another's, or dates contradict each other", body = Problem, content_type = "application/problem+json"),
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
    info!(film.id = %id, user.id = %user.account.id, film.version = film.version, "Changed a film");
    AdminFilm::find(&app, id).await?.ok_or(NO_FILM)
}

/// Deletes a film: its work stops, viewers no longer see it, its builds are removed in a day. Its masters stay until it is purged.
#[utoipa::path(delete, path = "/admin/films/{id}", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The film"), ConfirmTitle,
        ("If-Match" = Option<String>, Header, description = "The ETag the deletion is based on; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "Deleted", body = AdminFilm, headers(("ETag" = String, description = "Its new version"))),
    (status = 409, description = "It is deleted already", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The title is none of the film's", body = Problem, content_type = "application/problem+json"),
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

/// Brings a deleted film back. If its build is gone, it is encoded again from its newest master.
#[utoipa::path(post, path = "/admin/films/{id}/restore", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("If-Match" = Option<String>, Header, description = "The ETag it is based on; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "Back", body = AdminFilm, headers(("ETag" = String, description = "Its new version"))),
    (status = 409, description = "It is not deleted, or is being purged", body = Problem, content_type = "application/problem+json"),
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

/// Removes a deleted film for good, masters and all, by a job. The audit log alone remembers it.
#[utoipa::path(post, path = "/admin/films/{id}/purge", tag = "admin", security(("bearer" = [])), request_body = ConfirmTitle,
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("If-Match" = Option<String>, Header, description = "The ETag it is based on; required", example = "\"3\""),
    ), responses(
    (status = 202, description = "Being removed", body = AdminFilm, headers(("ETag" = String, description = "Its new version"))),
    (status = 409, description = "It is not deleted, or is being purged", body = Problem, content_type = "application/problem+json"),
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
    info!(film.id = %id, user.id = %user.account.id, "Began to purge a film");
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
        let detail = "is none of the film's titles".to_owned();
        Err(ApiError::Invalid(vec![FieldProblem { field: "title".to_owned(), detail }]))
    }
}

/// The profile of films that do not name one.
const DEFAULT_PROFILE: &str = "default";

impl AdminFilm {
    /// The film with everything, if there is one.
    pub(crate) async fn find(app: &App, id: FilmId) -> Result<Option<Self>, ApiError> {
        Ok(Self::load(app, &[id]).await?.pop())
    }

    /// Its id.
    pub(crate) fn id(&self) -> FilmId {
        FilmId(self.film.film.id)
    }

    /// These films with everything, in this order, in as many queries as for one.
    pub(crate) async fn load(app: &App, ids: &[FilmId]) -> Result<Vec<Self>, ApiError> {
        let pages = db::film::pages(&app.db, ids).await?;
        let mut files: HashMap<FilmId, Vec<FilmFile>> = HashMap::new();
        for file in db::film_file::list_by_films(&app.db, ids).await? {
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
                profile: film.profile.clone(),
                version: film.version,
                deleted_at: film.deleted_at,
                build_id: film.build_id.map(|id| id.0),
                files: files.remove(&film.id).unwrap_or_default(),
                builds: builds.remove(&film.id).unwrap_or_default(),
                film: FilmPage::new(page, now),
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

same_words!(db::film::FilmStatus => FilmStatus { Empty, Processing, Ready, Failed });
same_words!(FilmStatus => db::film::FilmStatus { Empty, Processing, Ready, Failed });
