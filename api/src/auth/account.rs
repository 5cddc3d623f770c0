//! The caller's account.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::identity::User;
use crate::{
    app::App,
    http::{
        error::ApiError,
        etag::{IfMatch, etag},
        json::ValidJson,
        responses::{Authenticated, Versioned, WithBody},
        text::readable,
    },
};

/// Role of an account; each role includes the rights of the roles before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// May watch films.
    Viewer,
    /// May also upload, edit and publish films.
    Editor,
    /// May do everything.
    Admin,
}

/// An account as the account itself sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Account {
    /// Id of the account.
    pub(crate) id: Uuid,
    /// E-mail address for logging in, in lower case.
    #[schema(examples("noy@films.example.la"))]
    pub(crate) email: String,
    /// Role of the account.
    pub(crate) role: Role,
    /// Display name.
    #[schema(examples("ນາງ ນ້ອຍ"))]
    pub(crate) display_name: String,
    /// Version number, sent as `ETag`; increases with every change. `If-Match` must contain it.
    pub(crate) version: i64,
}

/// Fields to change.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "display_name": "ນາງ ນ້ອຍ" }))]
pub(crate) struct UpdateMe {
    /// Display name.
    #[schema(min_length = 1, max_length = 100)]
    #[garde(length(chars, max = 100), custom(readable))]
    display_name: String,
}

/// Returns the caller's account.
#[utoipa::path(get, path = "/auth/me", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The caller's account", body = Account, headers(("ETag" = String, description = "Version of the account"))),
    Authenticated,
))]
pub(crate) async fn get_me(user: User) -> Account {
    user.account.into()
}

/// Updates the caller's account.
///
/// `If-Match` must contain the current version.
#[utoipa::path(patch, path = "/auth/me", tag = "auth", security(("bearer" = [])), request_body = UpdateMe,
    params(("If-Match" = Option<String>, Header, description = "`ETag` of the version that the change is based on; required", example = "\"3\"")),
    responses(
    (status = 200, description = "The account was updated", body = Account, headers(("ETag" = String, description = "New version of the account"))),
    Authenticated, Versioned, WithBody,
))]
pub(crate) async fn update_me(
    State(app): State<Arc<App>>,
    user: User,
    IfMatch(version): IfMatch,
    ValidJson(change): ValidJson<UpdateMe>,
) -> Result<Account, ApiError> {
    let changed = db::user::rename(&app.db, user.account.id, change.display_name.trim(), version).await?;
    changed.map(Account::from).ok_or(ApiError::StaleVersion)
}

impl From<db::user::User> for Account {
    fn from(user: db::user::User) -> Self {
        Self {
            id: user.id.0,
            email: user.email,
            role: user.role.into(),
            display_name: user.display_name,
            version: user.version,
        }
    }
}

impl IntoResponse for Account {
    fn into_response(self) -> Response {
        ([etag(self.version)], Json(self)).into_response()
    }
}

convert_enum!(db::user::Role => Role { Viewer, Editor, Admin });
convert_enum!(Role => db::user::Role { Viewer, Editor, Admin });
