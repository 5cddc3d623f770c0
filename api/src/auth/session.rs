//! The caller's sessions: listing and ending them.

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
        responses::{Authenticated, WithId, WithQuery},
    },
    page::{Page, PageQuery},
};

/// An active session of an account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// Id of the session.
    pub(crate) id: Uuid,
    /// Whether this is the session of the request.
    pub(crate) current: bool,
    /// User agent of the client, at most 200 characters; null if it sent none.
    #[schema(required, examples("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"))]
    pub(crate) user_agent: Option<String>,
    /// IP address of the client when the session began; null if not known.
    #[schema(required, examples("203.0.113.7"))]
    pub(crate) address: Option<String>,
    /// When the session began.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// When the session was last refreshed.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) last_used_at: OffsetDateTime,
    /// When the session ends if it is not refreshed.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
}

/// One page of sessions, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SessionPage {
    /// The sessions.
    pub(crate) items: Vec<Session>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Lists the caller's active sessions, newest first.
#[utoipa::path(get, path = "/auth/sessions", tag = "auth", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of sessions", body = SessionPage),
    Authenticated, WithQuery,
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
    (status = 204, description = "The session was ended"),
    Authenticated, WithId,
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

/// Ends all of the caller's sessions, including the current one.
///
/// Their access and refresh tokens are no longer valid.
#[utoipa::path(post, path = "/auth/logout-everywhere", tag = "auth", security(("bearer" = [])), responses(
    (status = 204, description = "All sessions were ended", headers(("Set-Cookie" = String, description = "Removes `nang_refresh`"))),
    Authenticated,
))]
pub(crate) async fn logout_everywhere(
    State(app): State<Arc<App>>,
    user: User,
) -> Result<impl IntoResponse, ApiError> {
    account_session::end_all(&app.db, user.account.id).await?;
    info!(user.id = %user.account.id, "Ended all sessions of the caller's account");
    Ok((StatusCode::NO_CONTENT, AppendHeaders([refresh_cookie::remove(app.secure_cookies())])))
}

impl SessionPage {
    /// Returns the page of these sessions; `current` is the session of the request.
    pub(crate) fn new(
        page: Page,
        sessions: Vec<account_session::AccountSession>,
        current: AccountSessionId,
    ) -> Self {
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
