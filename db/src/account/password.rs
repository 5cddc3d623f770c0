//! Replacing a password. This ends the account's other sessions and voids its reset links.

use domain::id::{AccountSessionId, UserId};
use time::OffsetDateTime;

use crate::{
    Db, DbError, Result, Tx,
    rows::{
        account_session,
        audit::{self, Author, Entry},
        user::{User, record_own},
    },
};

/// Replaces the caller's own password and ends every session except `current`. Returns false, without a change, if the
/// password is no longer the one that `user` was read with.
pub async fn change_password(
    db: &Db,
    user: &User,
    password_hash: &str,
    current: AccountSessionId,
) -> Result<bool> {
    let mut tx = db.begin().await?;
    let unchanged = sqlx::query!(
        "SELECT 1 AS one FROM users WHERE id = $1 AND password_hash IS NOT DISTINCT FROM $2 FOR NO KEY UPDATE",
        user.id.0,
        user.password_hash,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if unchanged.is_none() {
        return Ok(false);
    }
    let email = replace_password(&mut tx, user.id, password_hash, Some(current)).await?;
    record_own(&mut tx, "user.change_password", user.id, &email, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(true)
}

/// Replaces an account's password, for the command line, and ends all of the account's sessions.
pub async fn set_password(db: &Db, author: &Author, id: UserId, password_hash: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    let email = replace_password(&mut tx, id, password_hash, None).await?;
    let entry = Entry {
        author,
        action: "user.set_password",
        subject: "user",
        subject_id: Some(id.0),
        label: Some(email),
        changes: serde_json::json!({}),
    };
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Replaces the password with a reset link, which becomes void, and ends all of the account's sessions. Returns the account;
/// `None` if the link is unknown, used, or expired at `now`.
pub async fn reset_password(
    db: &Db,
    token_hash: &[u8; 32],
    password_hash: &str,
    now: OffsetDateTime,
) -> Result<Option<UserId>> {
    let mut tx = db.begin().await?;
    // Locks the account first, as every replacement of a password does. The first of two transactions deletes the link; the
    // second waits here and then finds no link.
    sqlx::query!(
        "SELECT 1 AS one FROM users WHERE id = (SELECT user_id FROM password_resets WHERE token_hash = $1)
         FOR NO KEY UPDATE",
        token_hash.as_slice(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let user = sqlx::query_scalar!(
        "DELETE FROM password_resets WHERE token_hash = $1 AND expires_at > $2 RETURNING user_id",
        token_hash.as_slice(),
        now,
    )
    .fetch_optional(&mut *tx)
    .await?
    .map(UserId);
    if let Some(user) = user {
        let email = replace_password(&mut tx, user, password_hash, None).await?;
        record_own(&mut tx, "user.reset_password", user, &email, serde_json::json!({})).await?;
        tx.commit().await?;
    }
    Ok(user)
}

/// Replaces the password, ends every session except `current`, and deletes the account's reset links. Returns the account's
/// e-mail address.
async fn replace_password(
    tx: &mut Tx,
    id: UserId,
    password_hash: &str,
    current: Option<AccountSessionId>,
) -> Result<String> {
    let email = sqlx::query_scalar!(
        "UPDATE users SET password_hash = $2 WHERE id = $1 RETURNING email",
        id.0,
        password_hash
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(DbError::NotFound)?;
    sqlx::query!("DELETE FROM password_resets WHERE user_id = $1", id.0).execute(&mut **tx).await?;
    account_session::end_all_except(tx, id, current).await?;
    Ok(email)
}
