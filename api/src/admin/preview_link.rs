//! Endpoints for editors: preview links, with which people without an account see and play a film that is not public.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use db::preview_link::{self, NewPreviewLink};
use domain::id::{FilmId, PreviewLinkId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    auth::identity::Editor,
    credential::secret_token::SecretToken,
    film::NO_FILM,
    http::{
        error::ApiError,
        json::ValidJson,
        path::PathId,
        problem::Problem,
        responses::{Guarded, WithBody, WithId},
    },
};

/// Default validity of a preview link, in days.
const DEFAULT_DAYS: u16 = 7;

/// A preview link, without its token.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PreviewLink {
    /// Id of the link.
    pub(crate) id: Uuid,
    /// For whom it is, in the editor's words; null if not set.
    #[schema(required, examples("Jury of the festival"))]
    pub(crate) note: Option<String>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// When it expires.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
    /// When it was revoked; null if it was not.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) revoked_at: Option<OffsetDateTime>,
    /// Whether it can be used now.
    pub(crate) is_open: bool,
}

/// A new preview link with its URL, which is returned only once.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct CreatedPreviewLink {
    #[serde(flatten)]
    pub(crate) link: PreviewLink,
    /// URL of the page that shows the film; only its path if the setting `public_url` is not set.
    #[schema(examples("https://films.example.la/preview#6Jb1Xn1wqk8hVqz5dJb0Ckc5u0Q3yqW9wS0m4tqj0aY"))]
    pub(crate) url: String,
}

/// The preview links of a film.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PreviewLinkList {
    /// The links that can be used first, then the newest first; at most 200.
    pub(crate) items: Vec<PreviewLink>,
}

/// A new preview link.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "days": 7, "note": "Jury of the festival" }))]
pub(crate) struct CreatePreviewLink {
    /// Validity in days, 1 to 90; default 7.
    #[schema(minimum = 1, maximum = 90)]
    #[garde(range(min = 1, max = 90))]
    days: Option<u16>,
    /// For whom it is, for the list of links.
    #[schema(max_length = 100)]
    #[garde(inner(custom(|note: &str, (): &()| domain::catalogue::rule::line(note, 100).map_err(garde::Error::new))))]
    note: Option<String>,
}

/// Lists the preview links of a film, including expired and revoked ones.
#[utoipa::path(get, path = "/admin/films/{id}/preview-links", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The film")), responses(
    (status = 200, description = "The preview links", body = PreviewLinkList),
    Guarded, WithId,
))]
pub(crate) async fn list_preview_links(
    State(app): State<Arc<App>>,
    _: Editor,
    PathId(film): PathId<FilmId>,
) -> Result<Json<PreviewLinkList>, ApiError> {
    db::film::find(&app.db, film).await?.ok_or(NO_FILM)?;
    let now = app.now();
    let links = preview_link::list(&app.db, film).await?.into_iter();
    Ok(Json(PreviewLinkList { items: links.map(|link| PreviewLink::new(link, now)).collect() }))
}

/// Creates a preview link: every person who has it sees and plays the film without an account until it expires, and nothing else of the
/// catalogue. The film's visibility, availability period and countries do not matter.
///
/// The link is only in this response.
#[utoipa::path(post, path = "/admin/films/{id}/preview-links", tag = "admin", security(("bearer" = [])), request_body = CreatePreviewLink,
    params(("id" = Uuid, Path, description = "The film")), responses(
    (status = 201, description = "The link was created; it cannot be read again", body = CreatedPreviewLink),
    (status = 409, description = "The film has 100 links that can be used", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId,
))]
pub(crate) async fn create_preview_link(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(film_id): PathId<FilmId>,
    ValidJson(create): ValidJson<CreatePreviewLink>,
) -> Result<(StatusCode, Json<CreatedPreviewLink>), ApiError> {
    let token = SecretToken::new();
    let now = app.now();
    let new = NewPreviewLink {
        id: PreviewLinkId(app.new_id()),
        film_id,
        token_hash: token.hash(),
        note: create.note.map(|note| note.trim().to_owned()),
        expires_at: now + Duration::days(create.days.unwrap_or(DEFAULT_DAYS).into()),
    };
    let link = preview_link::create(&app.db, &user.author(), new).await?;
    info!(preview_link.id = %link.id, film.id = %film_id, user.id = %user.account.id, "Created a preview link");
    // The token is in the fragment, which browsers send to no server, so it reaches no log.
    let url = app.page_url(&format!("/preview#{}", token.to_text()));
    Ok((StatusCode::CREATED, Json(CreatedPreviewLink { link: PreviewLink::new(link, now), url })))
}

/// Revokes a preview link. Players that use it stop within a minute. Idempotent.
#[utoipa::path(delete, path = "/admin/preview-links/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The preview link")), responses(
    (status = 204, description = "The link is revoked"),
    Guarded, WithId,
))]
pub(crate) async fn revoke_preview_link(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    PathId(id): PathId<PreviewLinkId>,
) -> Result<StatusCode, ApiError> {
    preview_link::revoke(&app.db, &user.author(), id).await?;
    info!(preview_link.id = %id, user.id = %user.account.id, "Revoked a preview link");
    Ok(StatusCode::NO_CONTENT)
}

impl PreviewLink {
    fn new(link: preview_link::PreviewLink, now: OffsetDateTime) -> Self {
        Self {
            id: link.id.0,
            note: link.note,
            created_at: link.created_at,
            expires_at: link.expires_at,
            revoked_at: link.revoked_at,
            is_open: link.revoked_at.is_none() && now < link.expires_at,
        }
    }
}
