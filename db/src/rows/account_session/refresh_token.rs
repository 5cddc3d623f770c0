//! Refresh tokens, by their hashes. Of each session exactly one token is *live*: unspent. The others tell who presents them.
//!
//! - The live token is exchanged for its successor, which is then the live one.
//! - The answer with the successor may be lost on its way. So the token spent last is exchanged again for a minute, until its
//!   successor is first used. The new successor replaces the one before, which is spent: one branch lives, never two.
//! - Any other spent token, also one that was replaced, is presented by a thief or by the thief's victim. It ends the session.
//!
//! Two requests with one token at once follow the same rules one after the other: both are answered, and the later answer's token
//! is the live one.

use domain::id::{AccountSessionId, UserId};
use time::OffsetDateTime;

use crate::{
    Db, Result, Tx,
    rows::user::{Row, User},
};

/// What came of presenting a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The new token is the session's live one.
    Rotated(AccountSessionId, User),
    /// It was spent, so this session of this account has been ended.
    Reused(AccountSessionId, UserId),
    /// Never issued, its session has ended, or the account is disabled.
    Unknown,
    /// Too old.
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

/// Exchanges a token for its successor. See the module for what may be exchanged.
pub async fn rotate(db: &Db, old: &[u8; 32], new: &[u8; 32], expires_at: OffsetDateTime) -> Result<Rotation> {
    let mut tx = db.begin().await?;
    // Locks the session against being ended, and against two of its tokens being exchanged at once: the second transaction sees
    // what the first spent.
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
        sqlx::query!("UPDATE account_sessions SET ended_at = now() WHERE id = $1", session.0).execute(&mut *tx).await?;
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
    sqlx::query!("UPDATE account_sessions SET used_at = now(), expires_at = $2 WHERE id = $1", session.0, expires_at)
        .execute(&mut *tx)
        .await?;
    // The one live token: `old`, or the successor that is replaced.
    sqlx::query!("UPDATE refresh_tokens SET used_at = now() WHERE session_id = $1 AND used_at IS NULL", session.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("UPDATE refresh_tokens SET successor = $2 WHERE hash = $1", old.as_slice(), new.as_slice())
        .execute(&mut *tx)
        .await?;
    insert(&mut tx, session, new, expires_at).await?;
    tx.commit().await?;
    Ok(Rotation::Rotated(session, account.into()))
}
