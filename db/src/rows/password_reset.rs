//! One-time links that set a password, stored by the hashes of their tokens. An account may have several: any client can request
//! a link by e-mail for any account, and that must not void a link that an admin has issued. Using one link voids the others.

use domain::id::UserId;
use time::OffsetDateTime;

use crate::{
    Db, DbError, Result,
    rows::audit::{self, Author, Entry},
};

/// Maximum number of links of an account.
const MOST: i64 = 10;

/// Creates a link for the account. If there are too many, those that expire first are deleted: links by e-mail, which any client can
/// request, expire sooner than links issued by admins.
pub async fn create(
    db: &Db,
    author: &Author,
    user: UserId,
    token_hash: &[u8; 32],
    expires_at: OffsetDateTime,
) -> Result<()> {
    let mut tx = db.begin().await?;
    // Locks the account, so that links created at the same time do not exceed the maximum, and against a link being used.
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

/// Whether the link can be used at `now`.
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
