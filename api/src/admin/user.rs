//! Endpoints for admins: accounts.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use db::{
    account_session, password_reset,
    user::{UserChange, UserFilter},
};
use domain::id::{AccountSessionId, UserId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tracing::info;
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    auth::{
        account::{Account, Role},
        identity::Admin,
        session::SessionPage,
    },
    credential::secret_token::SecretToken,
    http::{
        error::ApiError,
        etag::{IfMatch, etag},
        json::ValidJson,
        path::{PathId, PathIds},
        problem::Problem,
        query::ValidQuery,
        responses::{Guarded, Versioned, WithBody, WithId, WithQuery},
        text::readable,
    },
    mail::template,
    page::{Page, PageQuery},
};

/// Lifetime of a reset link.
const RESET_LINK_LIFETIME: Duration = Duration::hours(24);
const NO_USER: ApiError = ApiError::NotFound("There is no such account.");

/// An account as an admin sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminUser {
    /// The fields that the account itself sees.
    #[serde(flatten)]
    pub(crate) account: Account,
    /// When the account was disabled, so that it cannot log in; null if it is enabled.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub(crate) disabled_at: Option<OffsetDateTime>,
    /// Whether the account has a password; without one it can log in only with an identity provider.
    pub(crate) has_password: bool,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

/// One page of accounts, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AdminUserPage {
    /// The accounts.
    pub(crate) items: Vec<AdminUser>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Query parameters of the list of accounts.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserQuery {
    /// `next_cursor` of the previous page; omit it for the first page
    #[garde(skip)]
    cursor: Option<String>,
    /// Maximum number of items, 1 to 100; default 20
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// Only accounts with this role
    #[param(inline)]
    #[garde(skip)]
    role: Option<Role>,
    /// Only accounts with this text in their e-mail address or name, ignoring case
    #[param(max_length = 100, example = "noy")]
    #[garde(length(chars, max = 100), inner(custom(readable)))]
    text: Option<String>,
}

/// Fields to change; omitted fields keep their values.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "role": "editor", "disabled": false }))]
pub(crate) struct UpdateUser {
    /// Role of the account.
    #[garde(skip)]
    role: Option<Role>,
    /// Display name.
    #[schema(min_length = 1, max_length = 100)]
    #[garde(length(chars, max = 100), inner(custom(readable)))]
    display_name: Option<String>,
    /// Whether the account is disabled: it cannot log in, and its sessions end.
    #[garde(skip)]
    disabled: Option<bool>,
}

/// A link that sets a new password once. It is returned only once.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct ResetLink {
    /// The token: the value of `token` in `POST /api/auth/reset`.
    #[schema(examples("6Jb1Xn1wqk8hVqz5dJb0Ckc5u0Q3yqW9wS0m4tqj0aY"))]
    pub(crate) token: String,
    /// URL of the page that sets the password; only its path if the setting `public_url` is not set.
    #[schema(examples("https://films.example.la/reset#6Jb1Xn1wqk8hVqz5dJb0Ckc5u0Q3yqW9wS0m4tqj0aY"))]
    pub(crate) url: String,
    /// When the link expires.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
    /// Whether the mail server accepted the e-mail with the link; null if no e-mail was requested.
    #[schema(required)]
    pub(crate) mailed: Option<bool>,
}

/// Options of a new reset link.
#[derive(Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "send_mail": true }))]
pub(crate) struct CreateResetLink {
    /// Whether to send the link to the account's e-mail address; default false.
    #[garde(skip)]
    send_mail: Option<bool>,
}

/// Lists accounts, newest first.
#[utoipa::path(get, path = "/admin/users", tag = "admin", security(("bearer" = [])), params(UserQuery), responses(
    (status = 200, description = "A page of accounts", body = AdminUserPage),
    Guarded, WithQuery,
))]
pub(crate) async fn list_users(
    State(app): State<Arc<App>>,
    _: Admin,
    ValidQuery(query): ValidQuery<UserQuery>,
) -> Result<Json<AdminUserPage>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = UserFilter { role: query.role.map(Into::into), text: query.text };
    let users = db::user::list(&app.db, filter, page.after, page.rows()).await?;
    let (users, next_cursor) = page.cut(users, db::user::User::cursor);
    Ok(Json(AdminUserPage { items: users.into_iter().map(AdminUser::from).collect(), next_cursor }))
}

/// Returns an account.
#[utoipa::path(get, path = "/admin/users/{id}", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The account")), responses(
    (status = 200, description = "The account", body = AdminUser, headers(("ETag" = String, description = "Version of the account"))),
    Guarded, WithId,
))]
pub(crate) async fn get_user(
    State(app): State<Arc<App>>,
    _: Admin,
    PathId(id): PathId<UserId>,
) -> Result<AdminUser, ApiError> {
    Ok(db::user::find(&app.db, id).await?.ok_or(NO_USER)?.into())
}

/// Updates an account.
///
/// `If-Match` must contain the current version.
#[utoipa::path(patch, path = "/admin/users/{id}", tag = "admin", security(("bearer" = [])), request_body = UpdateUser,
    params(
        ("id" = Uuid, Path, description = "The account"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version that the change is based on; required", example = "\"3\""),
    ), responses(
    (status = 200, description = "The account was updated", body = AdminUser, headers(("ETag" = String, description = "New version of the account"))),
    (status = 409, description = "The account is the last admin who can log in", body = Problem, content_type = "application/problem+json"),
    Guarded, Versioned, WithBody, WithId,
))]
pub(crate) async fn update_user(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    PathId(id): PathId<UserId>,
    IfMatch(version): IfMatch,
    ValidJson(change): ValidJson<UpdateUser>,
) -> Result<AdminUser, ApiError> {
    let change = UserChange {
        role: change.role.map(Into::into),
        display_name: change.display_name.map(|name| name.trim().to_owned()),
        disabled: change.disabled,
    };
    let updated = db::account::update(&app.db, &admin.author(), id, change, version).await?;
    let updated = updated.ok_or(ApiError::StaleVersion)?;
    info!(user.id = %id, admin.id = %admin.account.id, user.role = %updated.role, "Updated an account");
    Ok(updated.into())
}

/// Creates a link that sets a new password for an account, once and within 24 hours.
///
/// The link is only in this response. Earlier links stay valid until one of them is used.
#[utoipa::path(post, path = "/admin/users/{id}/reset-link", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The account")), request_body = Option<CreateResetLink>, responses(
    (status = 201, description = "The link was created; it cannot be read again", body = ResetLink),
    (status = 409, description = "`send_mail` is true and this server sends no e-mail", body = Problem, content_type = "application/problem+json"),
    Guarded, WithBody, WithId,
))]
pub(crate) async fn create_reset_link(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    PathId(id): PathId<UserId>,
    create: Option<ValidJson<CreateResetLink>>,
) -> Result<(StatusCode, Json<ResetLink>), ApiError> {
    let ValidJson(create) = create.unwrap_or(ValidJson(CreateResetLink::default()));
    let mailer = create.send_mail.unwrap_or_default().then(|| app.mailer()).transpose()?;
    let user = db::user::find(&app.db, id).await?.ok_or(NO_USER)?;
    let token = SecretToken::new();
    let expires_at = app.now() + RESET_LINK_LIFETIME;
    password_reset::create(&app.db, &admin.author(), id, &token.hash(), expires_at).await?;
    info!(user.id = %id, admin.id = %admin.account.id, "Created a reset link");
    let token = token.to_text();
    // The token is in the fragment, which browsers send to no server, so it reaches no log.
    let url = app.page_url(&format!("/reset#{token}"));
    let mailed = match mailer {
        Some(mailer) => Some(mailer.deliver(template::password_reset(user.email, &url, expires_at)).await),
        None => None,
    };
    Ok((StatusCode::CREATED, Json(ResetLink { token, url, expires_at, mailed })))
}

/// Lists the active sessions of an account, newest first.
#[utoipa::path(get, path = "/admin/users/{id}/sessions", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The account"), PageQuery), responses(
    (status = 200, description = "A page of sessions", body = SessionPage),
    Guarded, WithId, WithQuery,
))]
pub(crate) async fn list_user_sessions(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    PathId(id): PathId<UserId>,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<SessionPage>, ApiError> {
    let page = query.page()?;
    db::user::find(&app.db, id).await?.ok_or(NO_USER)?;
    let sessions = account_session::list(&app.db, id, page.after, page.rows()).await?;
    Ok(Json(SessionPage::new(page, sessions, admin.session)))
}

/// Ends all sessions of an account.
#[utoipa::path(delete, path = "/admin/users/{id}/sessions", tag = "admin", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The account")), responses(
    (status = 204, description = "All sessions were ended"),
    Guarded, WithId,
))]
pub(crate) async fn end_user_sessions(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    PathId(id): PathId<UserId>,
) -> Result<StatusCode, ApiError> {
    account_session::end_of_other(&app.db, &admin.author(), id, None).await?;
    info!(user.id = %id, admin.id = %admin.account.id, "Ended all sessions of an account");
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a session of an account.
#[utoipa::path(delete, path = "/admin/users/{id}/sessions/{session_id}", tag = "admin", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The account"),
        ("session_id" = Uuid, Path, description = "The session"),
    ), responses(
    (status = 204, description = "The session was ended"),
    Guarded, WithId,
))]
pub(crate) async fn end_user_session(
    State(app): State<Arc<App>>,
    Admin(admin): Admin,
    PathIds(id, session): PathIds<UserId, AccountSessionId>,
) -> Result<StatusCode, ApiError> {
    account_session::end_of_other(&app.db, &admin.author(), id, Some(session)).await?;
    info!(user.id = %id, admin.id = %admin.account.id, "Ended a session of an account");
    Ok(StatusCode::NO_CONTENT)
}

impl From<db::user::User> for AdminUser {
    fn from(user: db::user::User) -> Self {
        Self {
            disabled_at: user.disabled_at,
            has_password: user.password_hash.is_some(),
            created_at: user.created_at,
            account: user.into(),
        }
    }
}

impl IntoResponse for AdminUser {
    fn into_response(self) -> Response {
        ([etag(self.account.version)], Json(self)).into_response()
    }
}
