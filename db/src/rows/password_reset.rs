//! One-time links that set a password, by the hashes of their tokens. An account may have several: anybody can have one sent
//! to its owner, which must not void the one that an admin has handed over. Spending one voids the others.

use domain::id::UserId;
use time::OffsetDateTime;

use crate::{
    Db, DbError, Result,
    rows::audit::{self, Author, Entry},
};

/// Most links of an account.
const MOST: i64 = 10;

/// Makes a link for the account. Of too many, those that end soonest are void: letters that anybody can ask for hold
/// shorter than links of admins.
pub async fn create(
    db: &Db,
    author: &Author,
    user: UserId,
    token_hash: &[u8; 32],
    expires_at: OffsetDateTime,
) -> Result<()> {
    let mut tx = db.begin().await?;
    // Locks the account against links being made at the same time, which would be too many, and against one being spent.
    let email = sqlx::query_scalar!("SELECT email FROM users WHERE id = $1 FOR NO KEY UPDATE", user.0)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(DbError::NotFound)?;
    sqlx::query!(
        "DELETE FROM password_resets WHERE token_hash IN (
             SELECT token_hash FROM password_resets WHERE user_id = $1
             ORDER BY expires_at DESC, created_at DESC OFFSET $2
         )",
        user.0,
        MOST - 1,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "INSERT INTO password_resets (user_id, token_hash, expires_at) VALUES ($1, $2, $3)",
        user.0,
        token_hash.as_slice(),
        expires_at,
    )
    .execute(&mut *tx)
    .await?;
    let entry = Entry {
        author,
        action: "user.reset_link",
        subject: "user",
        subject_id: Some(user.0),
        label: Some(email),
        changes: serde_json::json!({}),
    };
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether the link can be spent at `now`.
pub async fn is_open(db: &Db, token_hash: &[u8; 32], now: OffsetDateTime) -> Result<bool> {
    let open = sqlx::query_scalar!(
        "SELECT 1 AS one FROM password_resets WHERE token_hash = $1 AND expires_at > $2",
        token_hash.as_slice(),
        now,
    )
    .fetch_optional(&db.pools.all)
    .await?;
    Ok(open.is_some())
}
