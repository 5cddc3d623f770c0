//! Refresh tokens, stored by their hashes. Each session has exactly one unused token, the *active* one. Used tokens are kept to detect
//! theft.
//!
//! - The active token is exchanged for its successor, which becomes the active one.
//! - The response with the successor may be lost. So the last used token can be exchanged again for a minute, until its successor is
//!   first used. The new successor replaces the previous one, which is marked as used: a session never has two active tokens.
//! - Any other used token, including one that was replaced, is presented by a thief or by the thief's victim. It ends the session.
//!
//! Two requests with the same token at once follow these rules one after the other: both succeed, and the token of the later response
//! is the active one.

use domain::id::{AccountSessionId, UserId};
use time::OffsetDateTime;

use crate::{
    Db, Result, Tx,
    rows::user::{Row, User},
};

/// The result of presenting a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The new token is the session's active one.
    Rotated(AccountSessionId, User),
    /// The token was already used, so this session of this account was ended.
    Reused(AccountSessionId, UserId),
    /// The token was never issued, its session has ended, or the account is disabled.
    Unknown,
    /// The token has expired.
    Expired,
}

/// Records a token of a session.
pub(crate) async fn insert(
    tx: &mut Tx,
    session: AccountSessionId,
    hash: &[u8; 32],
    expires_at: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES ($1, $2, $3)",
        hash.as_slice(),
        session.0,
        expires_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Exchanges a token for its successor. The module documentation says which tokens can be exchanged.
pub async fn rotate(db: &Db, old: &[u8; 32], new: &[u8; 32], expires_at: OffsetDateTime) -> Result<Rotation> {
    let mut tx = db.begin().await?;
    // Locks the session against being ended, and against two exchanges of its tokens at once: the second transaction sees which
    // token the first has used.
    let session = sqlx::query!(
        "SELECT id, user_id FROM account_sessions
         WHERE id = (SELECT session_id FROM refresh_tokens WHERE hash = $1) AND ended_at IS NULL FOR NO KEY UPDATE",
        old.as_slice(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(session) = session else { return Ok(Rotation::Unknown) };
    let (session, user) = (AccountSessionId(session.id), UserId(session.user_id));
    let token = sqlx::query!(
        r#"SELECT token.expires_at <= now() AS "is_expired!", token.used_at IS NOT NULL AS "is_spent!",
                  token.used_at >= now() - interval '60 seconds' AND successor.used_at IS NULL AND successor.hash IS NOT NULL
                      AS "may_be_lost_answer"
           FROM refresh_tokens AS token LEFT JOIN refresh_tokens AS successor ON successor.hash = token.successor
           WHERE token.hash = $1"#,
        old.as_slice(),
    )
    .fetch_one(&mut *tx)
    .await?;
    if token.is_spent && token.may_be_lost_answer != Some(true) {
        sqlx::query!("UPDATE account_sessions SET ended_at = now() WHERE id = $1", session.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        return Ok(Rotation::Reused(session, user));
    }
    if token.is_expired {
        return Ok(Rotation::Expired);
    }
    let account = sqlx::query_as!(
        Row,
        r#"SELECT id, email, password_hash, role AS "role: _", display_name, disabled_at, version, created_at
           FROM users WHERE id = $1 AND disabled_at IS NULL"#,
        user.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(account) = account else { return Ok(Rotation::Unknown) };
    sqlx::query!(
        "UPDATE account_sessions SET used_at = now(), expires_at = $2 WHERE id = $1",
        session.0,
        expires_at
    )
    .execute(&mut *tx)
    .await?;
    // The one active token: `old`, or its successor that is being replaced.
    sqlx::query!(
        "UPDATE refresh_tokens SET used_at = now() WHERE session_id = $1 AND used_at IS NULL",
        session.0
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("UPDATE refresh_tokens SET successor = $2 WHERE hash = $1", old.as_slice(), new.as_slice())
        .execute(&mut *tx)
        .await?;
    insert(&mut tx, session, new, expires_at).await?;
    tx.commit().await?;
    Ok(Rotation::Rotated(session, account.into()))
}
