//! One's own sessions, to see and to end.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{AppendHeaders, IntoResponse},
};
use db::account_session;
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

/// A session that goes on.
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

/// One page of sessions, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SessionPage {
    /// The sessions.
    pub(crate) items: Vec<Session>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Lists the caller's sessions that go on, newest first.
#[utoipa::path(get, path = "/auth/sessions", tag = "auth", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of sessions", body = SessionPage),
    SignedIn, WithQuery,
))]
pub(crate) async fn list_sessions(
    State(app): State<Arc<App>>,
    user: User,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<SessionPage>, ApiError> {
    let page = query.page()?;
    let sessions = account_session::list(&app.db, user.account.id, page.after, page.rows()).await?;
    Ok(Json(SessionPage::new(page, sessions, user.session)))
}

/// Ends one of the caller's sessions.
#[utoipa::path(delete, path = "/auth/sessions/{id}", tag = "auth", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The session")), responses(
    (status = 204, description = "Ended"),
    SignedIn, WithId,
))]
pub(crate) async fn end_session(
    State(app): State<Arc<App>>,
    user: User,
    PathId(id): PathId<AccountSessionId>,
) -> Result<StatusCode, ApiError> {
    if account_session::end(&app.db, user.account.id, id).await? {
        info!(user.id = %user.account.id, "Ended a session");
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::NotFound("There is no such session."))
    }
}

/// Ends all of the caller's sessions, this one too: every access and refresh token is worth nothing from now on.
#[utoipa::path(post, path = "/auth/logout-everywhere", tag = "auth", security(("bearer" = [])), responses(
    (status = 204, description = "Logged out everywhere", headers(("Set-Cookie" = String, description = "Removes nang_refresh"))),
    SignedIn,
))]
pub(crate) async fn logout_everywhere(
    State(app): State<Arc<App>>,
    user: User,
) -> Result<impl IntoResponse, ApiError> {
    account_session::end_all(&app.db, user.account.id).await?;
    info!(user.id = %user.account.id, "Logged out everywhere");
    Ok((StatusCode::NO_CONTENT, AppendHeaders([refresh_cookie::remove(app.secure_cookies())])))
}

impl SessionPage {
    /// The page of what was read; `current` is the session that asks.
    pub(crate) fn new(page: Page, sessions: Vec<account_session::AccountSession>, current: AccountSessionId) -> Self {
        let (sessions, next_cursor) = page.cut(sessions, account_session::AccountSession::cursor);
        let session = |session: account_session::AccountSession| Session {
            id: session.id.0,
            current: session.id == current,
            user_agent: session.user_agent,
            address: session.address,
            created_at: session.created_at,
            last_used_at: session.used_at,
            expires_at: session.expires_at,
        };
        Self { items: sessions.into_iter().map(session).collect(), next_cursor }
    }
}
