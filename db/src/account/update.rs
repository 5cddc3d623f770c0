//! Changing an account's role and name, and disabling it, by an admin.

use domain::id::UserId;

use crate::{
    Db, DbError, Result, Tx,
    rows::{
        account_session,
        audit::{self, Author, Entry},
        user::{Role, Row, User, UserChange},
    },
};

/// Edits an account. Returns `None` if its version is no longer `expected_version`. A change that would leave no admin able
/// to log in is rejected.
pub async fn update(
    db: &Db,
    author: &Author,
    id: UserId,
    change: UserChange,
    expected_version: i64,
) -> Result<Option<User>> {
    let mut tx = db.begin().await?;
    let another = lock_with_admins(&mut tx, id).await?;
    let before = sqlx::query_as!(
        Row,
        r#"SELECT id, email, password_hash, role AS "role: _", display_name, disabled_at, version, created_at FROM users
           WHERE id = $1"#,
        id.0,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(DbError::NotFound)?;
    if before.version != expected_version {
        return Ok(None);
    }
    let was_disabled = before.disabled_at.is_some();
    let disabled = change.disabled.unwrap_or(was_disabled);
    let role = change.role.unwrap_or(before.role);
    let is_admin = |role: Role, disabled: bool| role == Role::Admin && !disabled;
    if is_admin(before.role, was_disabled) && !is_admin(role, disabled) && !another {
        return Err(last_admin());
    }
    let row = sqlx::query_as!(
        Row,
        r#"UPDATE users SET role = $2, display_name = coalesce($3, display_name),
                            disabled_at = CASE WHEN $4 THEN coalesce(disabled_at, now()) END, version = version + 1
           WHERE id = $1
           RETURNING id, email, password_hash, role AS "role: _", display_name, disabled_at, version, created_at"#,
        id.0,
        role.as_str(),
        change.display_name,
        disabled,
    )
    .fetch_one(&mut *tx)
    .await?;
    if disabled && !was_disabled {
        account_session::end_all_except(&mut tx, id, None).await?;
    }
    let mut changes = serde_json::Map::new();
    let mut note = |name: &str, old: serde_json::Value, new: serde_json::Value| {
        if old != new {
            changes.insert(name.to_owned(), serde_json::json!([old, new]));
        }
    };
    note("role", before.role.as_str().into(), row.role.as_str().into());
    note("display_name", before.display_name.into(), row.display_name.clone().into());
    note("disabled", was_disabled.into(), disabled.into());
    let entry = Entry {
        author,
        action: "user.update",
        subject: "user",
        subject_id: Some(id.0),
        label: Some(row.email.clone()),
        changes: changes.into(),
    };
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(Some(row.into()))
}

/// Locks the account and all admins who can log in, in the order of their ids, and returns whether one of these is another account. If
/// two admins demote, disable or delete each other at once, the second transaction waits here and then sees the result of the first.
pub(super) async fn lock_with_admins(tx: &mut Tx, id: UserId) -> Result<bool> {
    let locked = sqlx::query!(
        r#"SELECT id, role = 'admin' AND disabled_at IS NULL AS "is_admin!" FROM users
           WHERE id = $1 OR (role = 'admin' AND disabled_at IS NULL) ORDER BY id FOR NO KEY UPDATE"#,
        id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(locked.iter().any(|row| row.is_admin && row.id != id.0))
}

/// The error of a change that would leave no admin able to log in.
pub(super) fn last_admin() -> DbError {
    DbError::conflict("users_last_admin", "this is the last admin who can log in")
}
