//! Who changed what, kept for good. An entry is written in the transaction of the change it tells of.

use domain::id::UserId;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Cursor, Db, DbError, Result, Tx, rows::film::Texts};

/// Who makes a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Null: the command line, or Nang itself.
    pub user_id: Option<UserId>,
    /// Their address now.
    pub user_email: Option<String>,
}

impl Author {
    /// Nobody in particular: the command line, or Nang itself.
    pub const NANG: Self = Self { user_id: None, user_email: None };
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub created_at: OffsetDateTime,
    /// Who made it.
    pub author: Author,
    /// `film.update`, `user.disable`.
    pub action: String,
    /// `film`, `person`.
    pub subject: String,
    /// Its id.
    pub subject_id: Option<Uuid>,
    /// What it was called then.
    pub label: Option<String>,
    /// Changed fields, `{"titles": [before, after]}`.
    pub changes: Value,
}

impl AuditEntry {
    /// Where a list goes on after this entry.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at, id: self.id }
    }
}

/// Which entries to list; `None` means all.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditFilter {
    /// About this.
    pub subject_id: Option<Uuid>,
    /// By this account.
    pub user_id: Option<UserId>,
    /// Of the catalogue alone: not of accounts and invitations, whose entries tell people's addresses.
    pub catalogue_only: bool,
}

/// At most `limit` entries after `after`, newest first.
pub async fn list(
    db: &Db,
    filter: AuditFilter,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Vec<AuditEntry>> {
    let (created_at, id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
    // Six statements rather than one with switches, so that each runs along its own index.
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
        (true, None, None) => entries!("AND subject NOT IN ('user', 'invitation')"),
        (true, None, Some(user)) => {
            entries!("AND subject NOT IN ('user', 'invitation') AND user_id = $4", user)
        }
        (true, Some(subject), user) => entries!(
            "AND subject NOT IN ('user', 'invitation') AND subject_id = $4 AND ($5::uuid IS NULL OR user_id = $5)",
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

/// Fields and their values before and after.
pub(crate) type Changes = Map<String, Value>;

/// A thing that is made or gone, field by field.
pub(crate) fn whole<T: Serialize>(thing: &T) -> Result<Changes> {
    match serde_json::to_value(thing) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(DbError::Invariant("a row that is not a JSON object")),
    }
}

/// Fields that differ, `{"titles": [before, after]}`; what every write changes is left out.
pub(crate) fn differences<T: Serialize>(before: &T, after: &T) -> Result<Changes> {
    let (before, after) = (whole(before)?, whole(after)?);
    let changed = after.into_iter().filter_map(|(name, after)| {
        let before = before.get(&name).unwrap_or(&Value::Null);
        (*before != after).then(|| (name, json!([before, after])))
    });
    Ok(changed.filter(|(name, _)| name != "version" && name != "updated_at").collect())
}

/// What a thing with these names is called in the log.
pub(crate) fn label(names: &Texts) -> Option<String> {
    names.get("en").or_else(|| names.get("lo")).or_else(|| names.values().next()).cloned()
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
