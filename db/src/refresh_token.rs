//! Refresh tokens, by their hashes. Each is used once, for its successor; one that is seen a second time was stolen or its
//! successor was, and then the login they came out of is ended.
//!
//! The answer with the successor may be lost on its way, so for a minute, and until somebody uses a successor, a spent
//! token is exchanged again. Of all that came of it one goes on: using a token spends its family's others.

use domain::id::{LoginId, UserId};
use time::OffsetDateTime;

use crate::{
    Db, Result, Tx,
    user::{Row, User},
};

/// What came of presenting a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It was good; the new one holds from now on.
    Rotated(LoginId, User),
    /// It had been used before: its login, which was this account's, is ended.
    Reused(LoginId, UserId),
    /// Never issued, its login has ended, or the account is disabled.
    Unknown,
    /// Too old.
    Expired,
}

/// Records a token of a login.
pub(crate) async fn insert(
    tx: &mut Tx,
    login: LoginId,
    hash: &[u8; 32],
    expires_at: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO refresh_tokens (hash, family, expires_at) VALUES ($1, $2, $3)",
        hash.as_slice(),
        login.0,
        expires_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Exchanges a token for its successor.
pub async fn rotate(db: &Db, old: &[u8; 32], new: &[u8; 32], expires_at: OffsetDateTime) -> Result<Rotation> {
    let mut tx = db.begin().await?;
    // Locks the login against being ended meanwhile, and against two of its tokens being exchanged at once: the second
    // finds what the first spent.
    let login = sqlx::query!(
        "SELECT id, user_id FROM logins
         WHERE id = (SELECT family FROM refresh_tokens WHERE hash = $1) AND ended_at IS NULL FOR NO KEY UPDATE",
        old.as_slice(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(login) = login else { return Ok(Rotation::Unknown) };
    let (login, user) = (LoginId(login.id), UserId(login.user_id));
    let token = sqlx::query!(
        r#"SELECT expires_at <= now() AS "is_expired!", used_at IS NOT NULL AS "is_used!",
                  coalesce(used_at >= now() - interval '60 seconds', false) AND NOT EXISTS (
                      SELECT FROM refresh_tokens AS later
                      WHERE later.family = token.family AND later.created_at > token.created_at AND later.used_at IS NOT NULL
                  ) AS "may_be_lost_answer!"
           FROM refresh_tokens AS token WHERE hash = $1"#,
        old.as_slice(),
    )
    .fetch_one(&mut *tx)
    .await?;
    if token.is_used && !token.may_be_lost_answer {
        sqlx::query!("UPDATE logins SET ended_at = now() WHERE id = $1", login.0).execute(&mut *tx).await?;
        tx.commit().await?;
        return Ok(Rotation::Reused(login, user));
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
    sqlx::query!("UPDATE logins SET used_at = now(), expires_at = $2 WHERE id = $1", login.0, expires_at)
        .execute(&mut *tx)
        .await?;
    if !token.is_used {
        sqlx::query!(
            "UPDATE refresh_tokens SET used_at = now() WHERE family = $1 AND used_at IS NULL",
            login.0
        )
        .execute(&mut *tx)
        .await?;
    }
    insert(&mut tx, login, new, expires_at).await?;
    tx.commit().await?;
    Ok(Rotation::Rotated(login, account.into()))
}
