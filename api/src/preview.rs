//! Preview links as their recipients use them: the page and the playback of one film that is not public, without an account.
//!
//! The token is in the body of each request, because addresses reach logs.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};
use db::preview_link::{self, PreviewLink};
use domain::country::ViewerCountry;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::client::Client,
    credential::secret_token::SecretToken,
    film::FilmPage,
    http::{
        error::ApiError,
        json::ValidJson,
        problem::Problem,
        responses::{Throttled, WithBody},
    },
    stream::{Stream, open_stream, refusal::preview_ended, right::authorize_preview},
};

/// The token of a preview link.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewToken {
    /// The part of the link after `#`.
    #[schema(max_length = 100, examples("6Jb1Xn1wqk8hVqz5dJb0Ckc5u0Q3yqW9wS0m4tqj0aY"))]
    #[garde(length(max = 100))]
    token: String,
}

/// A film as the bearer of a preview link sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Preview {
    /// The film. It can be played whatever its `availability` says.
    pub(crate) film: FilmPage,
    /// When the link expires.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
}

/// Returns the film of a preview link, also if the film is a draft.
#[utoipa::path(post, path = "/preview", tag = "films", request_body = PreviewToken, responses(
    (status = 200, description = "The film", body = Preview),
    (status = 403, description = "The link expired or was revoked, or does not exist", body = Problem, content_type = "application/problem+json"),
    Throttled, WithBody,
))]
pub(crate) async fn get_preview(
    State(app): State<Arc<App>>,
    client: Client,
    ValidJson(body): ValidJson<PreviewToken>,
) -> Result<Json<Preview>, ApiError> {
    let link = find_open(&app, &client, &body.token).await?;
    let page = db::film::pages(&app.db, &[link.film_id]).await?.pop().ok_or_else(preview_ended)?;
    let film = FilmPage::new(page, app.now(), ViewerCountry::NotLearned);
    Ok(Json(Preview { film, expires_at: link.expires_at }))
}

/// Opens a playback session for the film of a preview link.
///
/// Its URL expires with the link at the latest, and stops working within a minute after the link was revoked.
#[utoipa::path(post, path = "/preview/stream", tag = "films", request_body = PreviewToken, responses(
    (status = 200, description = "The playback session is open", body = Stream),
    (status = 403, description = "The link expired or was revoked, or does not exist", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The film has not been encoded yet", body = Problem, content_type = "application/problem+json"),
    Throttled, WithBody,
))]
pub(crate) async fn authorize_preview_stream(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    ValidJson(body): ValidJson<PreviewToken>,
) -> Result<Json<Stream>, ApiError> {
    let link = find_open(&app, &client, &body.token).await?;
    let playable = authorize_preview(&app, link.film_id).await?;
    let stream = open_stream(&app, &client, &headers, link.film_id, playable, None, Some(&link)).await?;
    Ok(Json(stream))
}

/// Returns the open link with this token. Other tokens count as attempts of their sender.
async fn find_open(app: &App, client: &Client, token: &str) -> Result<PreviewLink, ApiError> {
    let token = SecretToken::parse(token).ok_or_else(preview_ended)?;
    if let Some(link) = preview_link::find_open(&app.db, &token.hash(), app.now()).await? {
        return Ok(link);
    }
    client.attempt_without_account(app)?;
    Err(preview_ended())
}
