//! One's own account.

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
        responses::{SignedIn, Versioned, WithBody},
        text::readable,
    },
};

/// What an account may do; each includes the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Watches.
    Viewer,
    /// Uploads and publishes.
    Editor,
    /// Everything.
    Admin,
}

/// An account as its owner sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Account {
    /// Its id.
    pub(crate) id: Uuid,
    /// Address it logs in with, lower case.
    #[schema(examples("noy@films.example.la"))]
    pub(crate) email: String,
    /// What it may do.
    pub(crate) role: Role,
    /// Name shown to others.
    #[schema(examples("ນາງ ນ້ອຍ"))]
    pub(crate) display_name: String,
    /// Grows with every change; the `ETag`, and what `If-Match` must name.
    pub(crate) version: i64,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "display_name": "ນາງ ນ້ອຍ" }))]
pub(crate) struct UpdateMe {
    /// Name shown to others.
    #[schema(min_length = 1, max_length = 100)]
    #[garde(length(chars, max = 100), custom(readable))]
    display_name: String,
}

/// The account of the access token.
#[utoipa::path(get, path = "/auth/me", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The account", body = Account, headers(("ETag" = String, description = "Its version"))),
    SignedIn,
))]
pub(crate) async fn get_me(user: User) -> Account {
    user.account.into()
}

/// Changes one's own account, if nobody else has since it was read.
#[utoipa::path(patch, path = "/auth/me", tag = "auth", security(("bearer" = [])), request_body = UpdateMe,
    params(("If-Match" = Option<String>, Header, description = "The ETag the change is based on; required", example = "\"3\"")),
    responses(
    (status = 200, description = "Changed", body = Account, headers(("ETag" = String, description = "Its new version"))),
    SignedIn, Versioned, WithBody,
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

same_words!(db::user::Role => Role { Viewer, Editor, Admin });
same_words!(Role => db::user::Role { Viewer, Editor, Admin });
