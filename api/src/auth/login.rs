//! One's own logins, to see and to end.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{AppendHeaders, IntoResponse},
};
use db::login;
use domain::id::AccountSessionId;
use serde::Serialize;
use time::OffsetDateTime;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{identity::User, refresh_cookie};
use crate::{
    app::App,
    http::{
        error::ApiError,
        path::PathId,
        query::ValidQuery,
        responses::{SignedIn, WithId, WithQuery},
    },
    page::{Page, PageQuery},
};

/// A login that goes on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// Its id.
    pub(crate) id: Uuid,
    /// Whether it is the one that asks.
    pub(crate) current: bool,
    /// What the browser called itself, cut short.
    #[schema(required, examples("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"))]
    pub(crate) user_agent: Option<String>,
    /// Where it was when it began.
    #[schema(required, examples("203.0.113.7"))]
    pub(crate) address: Option<String>,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// When it was last refreshed.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) last_used_at: OffsetDateTime,
    /// When it ends if it is not refreshed.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
}

/// One page of logins, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SessionPage {
    /// The logins.
    pub(crate) items: Vec<Session>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Lists the caller's logins that go on, newest first.
#[utoipa::path(get, path = "/auth/sessions", tag = "auth", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of logins", body = SessionPage),
    SignedIn, WithQuery,
))]
pub(crate) async fn list_sessions(
    State(app): State<Arc<App>>,
    user: User,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<SessionPage>, ApiError> {
    let page = query.page()?;
    let logins = login::list(&app.db, user.account.id, page.after, page.rows()).await?;
    Ok(Json(SessionPage::new(page, logins, user.login)))
}

/// Ends one of the caller's logins.
#[utoipa::path(delete, path = "/auth/sessions/{id}", tag = "auth", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The login")), responses(
    (status = 204, description = "Ended"),
    SignedIn, WithId,
))]
pub(crate) async fn end_session(
    State(app): State<Arc<App>>,
    user: User,
    PathId(id): PathId<AccountSessionId>,
) -> Result<StatusCode, ApiError> {
    if login::end(&app.db, user.account.id, id).await? {
        info!(user.id = %user.account.id, "Ended a login");
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::NotFound("There is no such login."))
    }
}

/// Ends all of the caller's logins, this one too: every access and refresh token is worth nothing from now on.
#[utoipa::path(post, path = "/auth/logout-everywhere", tag = "auth", security(("bearer" = [])), responses(
    (status = 204, description = "Logged out everywhere", headers(("Set-Cookie" = String, description = "Removes nang_refresh"))),
    SignedIn,
))]
pub(crate) async fn logout_everywhere(
    State(app): State<Arc<App>>,
    user: User,
) -> Result<impl IntoResponse, ApiError> {
    login::end_all(&app.db, user.account.id).await?;
    info!(user.id = %user.account.id, "Logged out everywhere");
    Ok((StatusCode::NO_CONTENT, AppendHeaders([refresh_cookie::remove(app.secure_cookies())])))
}

impl SessionPage {
    /// The page of what was read; `current` is the login that asks.
    pub(crate) fn new(page: Page, logins: Vec<login::Login>, current: AccountSessionId) -> Self {
        let (logins, next_cursor) = page.cut(logins, login::Login::cursor);
        let session = |login: login::Login| Session {
            id: login.id.0,
            current: login.id == current,
            user_agent: login.user_agent,
            address: login.address,
            created_at: login.created_at,
            last_used_at: login.used_at,
            expires_at: login.expires_at,
        };
        Self { items: logins.into_iter().map(session).collect(), next_cursor }
    }
}
