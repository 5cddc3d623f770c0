//! The audit log. An entry is written in the transaction of the change that it describes, and is kept for ever.

use domain::id::UserId;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Cursor, Db, DbError, Result, Tx, rows::film::Texts};

/// The author of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The account; `None` for the command line and for Nang itself.
    pub user_id: Option<UserId>,
    /// The account's e-mail address at the time of the change.
    pub user_email: Option<String>,
}

impl Author {
    /// The command line, or Nang itself.
    pub const NANG: Self = Self { user_id: None, user_email: None };
}

/// A recorded change.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Its id.
    pub id: Uuid,
    /// When the change was made.
    pub created_at: OffsetDateTime,
    /// The author of the change.
    pub author: Author,
    /// What was done, such as `film.update` or `user.disable`.
    pub action: String,
    /// Kind of the changed resource, such as `film` or `person`.
    pub subject: String,
    /// Id of the changed resource.
    pub subject_id: Option<Uuid>,
    /// Name of the changed resource at that time.
    pub label: Option<String>,
    /// Changed fields, such as `{"titles": [before, after]}`.
    pub changes: Value,
}

impl AuditEntry {
    /// Returns the cursor of the list page that begins after this entry.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at, id: self.id }
    }
}

/// Which entries to list; `None` means all.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditFilter {
    /// Only changes of this resource.
    pub subject_id: Option<Uuid>,
    /// Only changes by this account.
    pub user_id: Option<UserId>,
    /// Only changes of the catalogue, not of accounts and invitations, whose entries contain e-mail addresses.
    pub catalogue_only: bool,
}

/// Returns at most `limit` entries after `after`, newest first.
pub async fn list(
    db: &Db,
    filter: AuditFilter,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Vec<AuditEntry>> {
    let (created_at, id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
    // Six statements instead of one with optional conditions, so that each uses its own index.
    macro_rules! entries {
        ($filter:tt $($argument:tt)*) => {
            sqlx::query_as!(
                Row,
                "SELECT id, created_at, user_id, user_email, action, subject, subject_id, label, changes FROM audit_log
                 WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2)) " + $filter
                + " ORDER BY created_at DESC, id DESC LIMIT $3",
                created_at,
                id,
                i64::from(limit)
                $($argument)*
            )
            .fetch_all(&db.pools.all)
            .await?
        };
    }
    let user_id = filter.user_id.map(|user| user.0);
    let rows = match (filter.catalogue_only, filter.subject_id, user_id) {
        (false, None, None) => entries!(""),
        (false, None, Some(user)) => entries!("AND user_id = $4", user),
        (false, Some(subject), user) => {
            entries!("AND subject_id = $4 AND ($5::uuid IS NULL OR user_id = $5)", subject, user)
        }
        (true, None, None) => entries!("AND subject NOT IN ('user', 'invitation', 'worker')"),
        (true, None, Some(user)) => {
            entries!("AND subject NOT IN ('user', 'invitation', 'worker') AND user_id = $4", user)
        }
        (true, Some(subject), user) => entries!(
            "AND subject NOT IN ('user', 'invitation', 'worker') AND subject_id = $4 AND ($5::uuid IS NULL OR user_id = $5)",
            subject,
            user
        ),
    };
    Ok(rows.into_iter().map(AuditEntry::from).collect())
}

struct Row {
    id: Uuid,
    created_at: OffsetDateTime,
    user_id: Option<Uuid>,
    user_email: Option<String>,
    action: String,
    subject: String,
    subject_id: Option<Uuid>,
    label: Option<String>,
    changes: Value,
}

impl From<Row> for AuditEntry {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            created_at: row.created_at,
            author: Author { user_id: row.user_id.map(UserId), user_email: row.user_email },
            action: row.action,
            subject: row.subject,
            subject_id: row.subject_id,
            label: row.label,
            changes: row.changes,
        }
    }
}

/// Changed fields with their values before and after.
pub(crate) type Changes = Map<String, Value>;

/// Returns all fields of a created or deleted resource.
pub(crate) fn whole<T: Serialize>(thing: &T) -> Result<Changes> {
    match serde_json::to_value(thing) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(DbError::Invariant("serializing a row for the audit log")),
    }
}

/// Returns the fields that differ, as `{"titles": [before, after]}`, without those that every write changes.
pub(crate) fn differences<T: Serialize>(before: &T, after: &T) -> Result<Changes> {
    let (before, after) = (whole(before)?, whole(after)?);
    let changed = after.into_iter().filter_map(|(name, after)| {
        let before = before.get(&name).unwrap_or(&Value::Null);
        (*before != after).then(|| (name, json!([before, after])))
    });
    Ok(changed.filter(|(name, _)| name != "version" && name != "updated_at").collect())
}

/// Returns the label in the log for a resource with these names.
pub(crate) fn label(names: &Texts) -> Option<String> {
    names.get("en").or_else(|| names.get("lo")).or_else(|| names.values().next()).cloned()
}

/// A change to record.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    /// The author of the change.
    pub(crate) author: &'a Author,
    /// What was done, such as `film.update` or `user.disable`.
    pub(crate) action: &'static str,
    /// Kind of the changed resource, such as `film` or `person`.
    pub(crate) subject: &'static str,
    /// Id of the changed resource.
    pub(crate) subject_id: Option<Uuid>,
    /// Name of the changed resource, for readers of the log after the resource is deleted.
    pub(crate) label: Option<String>,
    /// Changed fields, such as `{"titles": [before, after]}`; never a secret.
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
