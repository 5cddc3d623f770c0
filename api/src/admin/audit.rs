//! Who changed what.

use std::sync::Arc;

use axum::{Json, extract::State};
use db::{
    audit::{AuditEntry as Row, AuditFilter},
    user::Role,
};
use domain::id::UserId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    app::App,
    auth::identity::Editor,
    http::{
        error::ApiError,
        query::ValidQuery,
        responses::{Guarded, WithQuery},
    },
    page::Page,
};

/// A change that somebody made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// Its id.
    pub(crate) id: Uuid,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// Whose account; null for the command line and Nang itself.
    #[schema(required)]
    pub(crate) user_id: Option<Uuid>,
    /// Its address then.
    #[schema(required)]
    pub(crate) user_email: Option<String>,
    /// What was done.
    #[schema(examples("film.update"))]
    pub(crate) action: String,
    /// To what kind of thing.
    #[schema(examples("film"))]
    pub(crate) subject: String,
    /// Its id.
    #[schema(required)]
    pub(crate) subject_id: Option<Uuid>,
    /// What it was called then.
    #[schema(required)]
    pub(crate) label: Option<String>,
    /// Changed fields, each with its value before and after; or all fields of what was made or deleted.
    #[schema(value_type = Object)]
    pub(crate) changes: serde_json::Value,
}

/// One page of changes, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AuditPage {
    /// The changes.
    pub(crate) items: Vec<AuditEntry>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Which changes are wanted.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// To the thing with this id alone
    subject_id: Option<Uuid>,
    /// By this account alone
    user_id: Option<Uuid>,
    /// `next_cursor` of the page before; none for the first page
    cursor: Option<String>,
    /// Most items to return, 1 to 100; 20 if not given
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// Lists changes, newest first; for editors those of the catalogue, for admins those of accounts and invitations too.
#[utoipa::path(get, path = "/admin/audit", tag = "admin", security(("bearer" = [])), params(AuditQuery), responses(
    (status = 200, description = "A page of changes", body = AuditPage),
    Guarded, WithQuery,
))]
pub(crate) async fn list_audit(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    ValidQuery(query): ValidQuery<AuditQuery>,
) -> Result<Json<AuditPage>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = AuditFilter {
        subject_id: query.subject_id,
        user_id: query.user_id.map(UserId),
        catalogue_only: user.account.role < Role::Admin,
    };
    let entries = db::audit::list(&app.db, filter, page.after, page.rows()).await?;
    let (entries, next_cursor) = page.cut(entries, Row::cursor);
    Ok(Json(AuditPage { items: entries.into_iter().map(AuditEntry::from).collect(), next_cursor }))
}

impl From<Row> for AuditEntry {
    fn from(entry: Row) -> Self {
        Self {
            id: entry.id,
            created_at: entry.created_at,
            user_id: entry.author.user_id.map(|user| user.0),
            user_email: entry.author.user_email,
            action: entry.action,
            subject: entry.subject,
            subject_id: entry.subject_id,
            label: entry.label,
            changes: entry.changes,
        }
    }
}
