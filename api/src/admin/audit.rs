//! The audit log.

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

/// An entry of the audit log: one change by one account, the command line or Nang itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// Id of the entry.
    pub(crate) id: Uuid,
    /// When the change was made.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// Id of the account that made the change; null for the command line and for Nang itself.
    #[schema(required)]
    pub(crate) user_id: Option<Uuid>,
    /// E-mail address of that account at the time; null for the command line and for Nang itself.
    #[schema(required)]
    pub(crate) user_email: Option<String>,
    /// What was done: the kind of subject and a verb.
    #[schema(examples("film.update"))]
    pub(crate) action: String,
    /// Kind of the changed subject.
    #[schema(examples("film"))]
    pub(crate) subject: String,
    /// Id of the subject; null if it has none.
    #[schema(required)]
    pub(crate) subject_id: Option<Uuid>,
    /// Name of the subject at the time; null if it has none.
    #[schema(required)]
    pub(crate) label: Option<String>,
    /// Changed fields, each with its values before and after; or all fields of a created or deleted subject.
    #[schema(value_type = Object)]
    pub(crate) changes: serde_json::Value,
}

/// One page of audit log entries, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AuditPage {
    /// The entries.
    pub(crate) items: Vec<AuditEntry>,
    /// Cursor of the next page; null on the last page.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Query parameters of the audit log.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Only changes of the subject with this id
    subject_id: Option<Uuid>,
    /// Only changes by the account with this id
    user_id: Option<Uuid>,
    /// `next_cursor` of the previous page; omit it for the first page
    cursor: Option<String>,
    /// Maximum number of items, 1 to 100; default 20
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// Lists the audit log, newest first.
///
/// Editors receive changes of the catalogue; admins also receive changes of accounts and invitations.
#[utoipa::path(get, path = "/admin/audit", tag = "admin", security(("bearer" = [])), params(AuditQuery), responses(
    (status = 200, description = "A page of entries", body = AuditPage),
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
