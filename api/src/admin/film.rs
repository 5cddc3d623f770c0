//! Films as editors and admins see them, drafts and failures included.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use db::{
    Db,
    film::{FilmChange, ListFilter, NewFilm},
};
use domain::{id::FilmId, profile::Profile};
use garde::Validate;
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{build::Build, file::FilmFile};
use crate::{
    app::App,
    auth::identity::Editor,
    film::{Film, NO_FILM},
    http::{
        error::ApiError,
        etag::{IfMatch, etag},
        json::ValidJson,
        path::PathId,
        problem::Problem,
        query::ValidQuery,
        responses::{Guarded, WithBody, WithId, WithQuery},
    },
    page::PageQuery,
    titles::Titles,
};

/// Who may see a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Visibility {
    /// Editors and admins.
    Draft,
    /// Anybody, from `publish_at` on.
    Scheduled,
    /// Anybody, once it is ready.
    Public,
    /// Whoever is logged in.
    Members,
    /// Whoever knows its address.
    Unlisted,
}

/// How far a film has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
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
    pub(crate) film: Film,
    /// Who may see it.
    pub(crate) visibility: Visibility,
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

/// A film to be added.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateFilm {
    #[garde(dive)]
    titles: Titles,
    /// Name of an encoding profile; `default` if not given.
    #[garde(inner(custom(|name: &str, (): &()| is_shipped(name))))]
    profile: Option<String>,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateFilm {
    /// Replaces all titles.
    #[garde(dive)]
    titles: Option<Titles>,
    #[garde(skip)]
    visibility: Option<Visibility>,
}

/// Adds a film, as a draft without a master.
#[utoipa::path(post, path = "/admin/films", tag = "admin", security(("bearer" = [])), request_body = CreateFilm, responses(
    (status = 201, description = "Added", body = AdminFilm, headers(("ETag" = String, description = "Its version"), ("Location" = String, description = "Its address"))),
    Guarded, WithBody,
))]
pub(crate) async fn create_film(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    ValidJson(new): ValidJson<CreateFilm>,
) -> Result<Response, ApiError> {
    let new = NewFilm {
        id: FilmId(app.new_id()),
        titles: new.titles.canonical(),
        profile: new.profile.unwrap_or_else(|| DEFAULT_PROFILE.to_owned()),
    };
    let film = db::film::create(&app.db, new).await?;
    info!(film.id = %film.id, user.id = %user.account.id, "Added a film");
    let location = (header::LOCATION, format!("/api/admin/films/{}", film.id));
    let film = AdminFilm::load(&app.db, film).await?;
    Ok((StatusCode::CREATED, [location], film).into_response())
}

/// Lists all films, newest first.
#[utoipa::path(get, path = "/admin/films", tag = "admin", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of films", body = AdminFilmPage),
    Guarded, WithQuery,
))]
pub(crate) async fn list_admin_films(
    State(app): State<Arc<App>>,
    _: Editor,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<AdminFilmPage>, ApiError> {
    let page = query.page()?;
    let films = db::film::list(&app.db, ListFilter::default(), page.after, page.rows()).await?;
    let (films, next_cursor) = page.cut(films, db::film::Film::cursor);
    let mut items = Vec::with_capacity(films.len());
    for film in films {
        items.push(AdminFilm::load(&app.db, film).await?);
    }
    Ok(Json(AdminFilmPage { items, next_cursor }))
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
    let film = db::film::find(&app.db, id).await?.ok_or(NO_FILM)?;
    AdminFilm::load(&app.db, film).await
}

/// Changes a film, if nobody else has since it was read.
#[utoipa::path(patch, path = "/admin/films/{id}", tag = "admin", security(("bearer" = [])), request_body = UpdateFilm,
    params(
        ("id" = Uuid, Path, description = "The film"),
        ("If-Match" = Option<String>, Header, description = "The ETag the change is based on; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "Changed", body = AdminFilm, headers(("ETag" = String, description = "Its new version"))),
    (status = 412, description = "Somebody else has changed it; read it again", body = Problem, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is missing", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId,
))]
pub(crate) async fn update_film(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<FilmId>,
    IfMatch(version): IfMatch,
    ValidJson(change): ValidJson<UpdateFilm>,
) -> Result<AdminFilm, ApiError> {
    let change = FilmChange {
        titles: change.titles.map(Titles::canonical),
        visibility: change.visibility.map(Into::into),
        profile: None,
    };
    let Some(film) = db::film::update(&app.db, id, change, version).await? else {
        let exists = db::film::find(&app.db, id).await?.is_some();
        return Err(if exists { ApiError::StaleVersion } else { NO_FILM });
    };
    info!(film.id = %id, user.id = %user.account.id, film.version = film.version, "Changed a film");
    AdminFilm::load(&app.db, film).await
}

/// The profile of films that do not name one.
const DEFAULT_PROFILE: &str = "default";

fn is_shipped(profile: &str) -> garde::Result {
    if Profile::shipped(profile).is_some() {
        return Ok(());
    }
    let names = Profile::shipped_names().collect::<Vec<_>>().join(", ");
    Err(garde::Error::new(format!("is not one of the profiles: {names}")))
}

impl AdminFilm {
    /// The film with its masters and builds.
    pub(crate) async fn load(db: &Db, film: db::film::Film) -> Result<Self, ApiError> {
        let files = db::film_file::list_by_film(db, film.id).await?;
        let mut builds = Vec::new();
        for build in db::build::list_by_film(db, film.id).await? {
            builds.push(Build::load(db, build).await?);
        }
        Ok(Self {
            visibility: film.visibility.into(),
            status: film.status.into(),
            failure: film.failure.clone(),
            profile: film.profile.clone(),
            version: film.version,
            build_id: film.build_id.map(|id| id.0),
            files: files.into_iter().map(FilmFile::from).collect(),
            builds,
            film: film.into(),
        })
    }
}

impl IntoResponse for AdminFilm {
    fn into_response(self) -> Response {
        ([etag(self.version)], Json(self)).into_response()
    }
}

same_words!(db::film::Visibility => Visibility { Draft, Scheduled, Public, Members, Unlisted });
same_words!(Visibility => db::film::Visibility { Draft, Scheduled, Public, Members, Unlisted });
same_words!(db::film::FilmStatus => FilmStatus { Empty, Processing, Ready, Failed });
