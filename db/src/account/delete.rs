//! Deleting an account by its owner. What others need stays without a name: figures of what was watched, and which changes one and the
//! same account made.

use domain::id::UserId;
use serde_json::json;

use super::update::{last_admin, lock_with_admins};
use crate::{
    Db, Result, Tx,
    rows::{
        audit::{self, Author, Entry},
        user::{Role, User},
    },
};

/// Deletes the account with its sessions, links, watch history, resume points, watchlist and preferences, and ends its playback
/// sessions. Returns false, without a change, if the password is no longer the one that `user` was read with. An error for the last
/// admin who can log in.
pub async fn delete(db: &Db, user: &User) -> Result<bool> {
    let mut tx = db.begin().await?;
    lock_films(&mut tx, user.id).await?;
    let another_admin = lock_with_admins(&mut tx, user.id).await?;
    let row = sqlx::query!(
        r#"SELECT email, role AS "role: Role" FROM users
           WHERE id = $1 AND password_hash IS NOT DISTINCT FROM $2 AND disabled_at IS NULL"#,
        user.id.0,
        user.password_hash,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(false) };
    if row.role == Role::Admin && !another_admin {
        return Err(last_admin());
    }
    forget_authorship(&mut tx, user.id).await?;
    forget_audit(&mut tx, user.id, &row.email).await?;
    delete_account(&mut tx, user.id, &row.email).await?;
    let author = Author { user_id: Some(user.id), user_email: None };
    let (subject_id, label, changes) = (Some(user.id.0), None, json!({}));
    let entry = Entry { author: &author, action: "user.delete", subject: "user", subject_id, label, changes };
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(true)
}

/// Locks the films that name the account as the author of one of their parts, in the order of their ids.
async fn lock_films(tx: &mut Tx, user: UserId) -> Result<()> {
    sqlx::query!(
        "SELECT id FROM films
         WHERE id IN (SELECT film_id FROM film_files WHERE created_by = $1
                      UNION SELECT film_id FROM builds WHERE approved_by = $1
                      UNION SELECT film_id FROM tracks WHERE created_by = $1
                      UNION SELECT film_id FROM presentations WHERE created_by = $1)
         ORDER BY id FOR NO KEY UPDATE",
        user.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

/// Removes the e-mail address from everything of which the account is the author. The id stays: it names no person any more.
async fn forget_authorship(tx: &mut Tx, user: UserId) -> Result<()> {
    sqlx::query!("UPDATE film_files SET created_by_email = NULL WHERE created_by = $1", user.0)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("UPDATE builds SET approved_by_email = NULL WHERE approved_by = $1", user.0)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("UPDATE tracks SET created_by_email = NULL WHERE created_by = $1", user.0)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("UPDATE presentations SET created_by_email = NULL WHERE created_by = $1", user.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Removes the account's address, name and fields from the audit log.
async fn forget_audit(tx: &mut Tx, user: UserId, email: &str) -> Result<()> {
    sqlx::query!("UPDATE audit_log SET user_email = NULL WHERE user_id = $1", user.0)
        .execute(&mut **tx)
        .await?;
    sqlx::query!(
        "UPDATE audit_log SET label = NULL, changes = '{}'
         WHERE (subject = 'user' AND subject_id = $1) OR (subject = 'invitation' AND label = $2)",
        user.0,
        email,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn delete_account(tx: &mut Tx, user: UserId, email: &str) -> Result<()> {
    // Ended, so that their tokens are revoked; without the account, so that they count only as figures.
    sqlx::query!(
        "UPDATE playback_sessions SET user_id = NULL, ended_at = coalesce(ended_at, now()) WHERE user_id = $1",
        user.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("DELETE FROM invitations WHERE used_by = $1 OR email = $2", user.0, email)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("UPDATE invitations SET created_by = NULL WHERE created_by = $1", user.0)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("DELETE FROM password_resets WHERE user_id = $1", user.0).execute(&mut **tx).await?;
    sqlx::query!("DELETE FROM identities WHERE user_id = $1", user.0).execute(&mut **tx).await?;
    sqlx::query!("DELETE FROM account_sessions WHERE user_id = $1", user.0).execute(&mut **tx).await?;
    // History, resume points and watchlist are deleted with it.
    sqlx::query!("DELETE FROM users WHERE id = $1", user.0).execute(&mut **tx).await?;
    Ok(())
}
