//! Refresh tokens, by their hashes. Each is used once, for its successor; one that is seen a second time was stolen or its
//! successor was, and then the login they came out of is ended.

use domain::id::LoginId;
use time::OffsetDateTime;

use crate::{
    Db, Result, Tx, expect_one,
    user::{Row, User},
};

/// What came of presenting a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It was good; the new one holds from now on.
    Rotated(LoginId, User),
    /// It had been used before: its login is ended.
    Reused,
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
    // Locks the token against being exchanged twice at once: the second finds it used.
    let token = sqlx::query!(
        r#"SELECT family, expires_at <= now() AS "expired!", used_at FROM refresh_tokens WHERE hash = $1 FOR UPDATE"#,
        old.as_slice(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(token) = token else { return Ok(Rotation::Unknown) };
    if token.used_at.is_some() {
        let ended = sqlx::query!(
            "UPDATE logins SET ended_at = now() WHERE id = $1 AND ended_at IS NULL",
            token.family
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        return Ok(if ended.rows_affected() > 0 { Rotation::Reused } else { Rotation::Unknown });
    }
    if token.expired {
        return Ok(Rotation::Expired);
    }
    // Locks the login against being ended meanwhile, and waits for whoever is ending it.
    let login = sqlx::query_scalar!(
        "UPDATE logins SET used_at = now(), expires_at = $2 WHERE id = $1 AND ended_at IS NULL RETURNING user_id",
        token.family,
        expires_at,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(user) = login else { return Ok(Rotation::Unknown) };
    let user = sqlx::query_as!(
        Row,
        r#"SELECT id, email, password_hash, role AS "role: _", display_name, disabled_at, version, created_at
           FROM users WHERE id = $1 AND disabled_at IS NULL"#,
        user,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(user) = user else { return Ok(Rotation::Unknown) };
    let done = sqlx::query!(
        "UPDATE refresh_tokens SET used_at = now() WHERE hash = $1 AND used_at IS NULL",
        old.as_slice(),
    )
    .execute(&mut *tx)
    .await?;
    expect_one(done.rows_affected(), "using a refresh token")?;
    let login = LoginId(token.family);
    insert(&mut tx, login, new, expires_at).await?;
    tx.commit().await?;
    Ok(Rotation::Rotated(login, user.into()))
}
