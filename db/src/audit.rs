//! Who changed what, kept for good. An entry is written in the transaction of the change it tells of.

use domain::id::UserId;
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Result, Tx};

/// Who makes a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Null: the command line, or Nang itself.
    pub user_id: Option<UserId>,
    /// Their address now.
    pub user_email: Option<String>,
}

/// A change to be remembered.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    /// Who made it.
    pub(crate) author: &'a Author,
    /// `film.update`, `user.disable`.
    pub(crate) action: &'static str,
    /// `film`, `person`.
    pub(crate) subject: &'static str,
    /// Its id.
    pub(crate) subject_id: Option<Uuid>,
    /// What it is called, for those who read the log when it is gone.
    pub(crate) label: Option<String>,
    /// Changed fields, `{"titles": [before, after]}`; never a secret.
    pub(crate) changes: Value,
}

/// Writes an entry.
pub(crate) async fn record(tx: &mut Tx, entry: Entry<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO audit_log (user_id, user_email, action, subject, subject_id, label, changes)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        entry.author.user_id.map(|user| user.0),
        entry.author.user_email,
        entry.action,
        entry.subject,
        entry.subject_id,
        entry.label,
        Json(entry.changes) as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
