//! Refresh tokens, by their hashes. Each is used once, for its successor; one that is seen a second time was stolen or its
//! successor was, and then everything that came out of that login is revoked.

use domain::id::UserId;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Db, Result, Tx, expect_one,
    user::{Row, User},
};

/// What came of presenting a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It was good; the new one holds from now on.
    Rotated(User),
    /// It had been used before: its family is revoked.
    Reused,
    /// Never issued, logged out, revoked, or the account is disabled.
    Unknown,
    /// Too old.
    Expired,
}

/// Records a token of a new login, or of a family.
pub async fn issue(
    db: &Db,
    user: UserId,
    family: Uuid,
    hash: &[u8; 32],
    expires_at: OffsetDateTime,
) -> Result<()> {
    let mut tx = db.begin().await?;
    insert(&mut tx, user.0, family, hash, expires_at).await?;
    tx.commit().await?;
    Ok(())
}

async fn insert(
    tx: &mut Tx,
    user: Uuid,
    family: Uuid,
    hash: &[u8; 32],
    expires_at: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO refresh_tokens (hash, user_id, family, expires_at) VALUES ($1, $2, $3, $4)",
        hash.as_slice(),
        user,
        family,
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
        r#"SELECT user_id, family, expires_at <= now() AS "expired!", used_at, revoked_at FROM refresh_tokens
           WHERE hash = $1 FOR UPDATE"#,
        old.as_slice(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(token) = token else { return Ok(Rotation::Unknown) };
    if token.revoked_at.is_some() {
        return Ok(Rotation::Unknown);
    }
    if token.used_at.is_some() {
        revoke(&mut tx, token.family).await?;
        tx.commit().await?;
        return Ok(Rotation::Reused);
    }
    if token.expired {
        return Ok(Rotation::Expired);
    }
    let user = sqlx::query_as!(
        Row,
        r#"SELECT id, email, password_hash, role AS "role: _", display_name, disabled_at, created_at FROM users
           WHERE id = $1 AND disabled_at IS NULL"#,
        token.user_id,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(user) = user else { return Ok(Rotation::Unknown) };
    let done = sqlx::query!(
        "UPDATE refresh_tokens SET used_at = now() WHERE hash = $1 AND used_at IS NULL AND revoked_at IS NULL",
        old.as_slice(),
    )
    .execute(&mut *tx)
    .await?;
    expect_one(done.rows_affected(), "using a refresh token")?;
    insert(&mut tx, token.user_id, token.family, new, expires_at).await?;
    tx.commit().await?;
    Ok(Rotation::Rotated(user.into()))
}

/// Logs out: revokes every token that came out of the login of the given one. False if it was never issued.
pub async fn revoke_by_token(db: &Db, hash: &[u8; 32]) -> Result<bool> {
    let family = sqlx::query_scalar!("SELECT family FROM refresh_tokens WHERE hash = $1", hash.as_slice())
        .fetch_optional(&db.pool)
        .await?;
    match family {
        Some(family) => revoke_family(db, family).await.map(|()| true),
        None => Ok(false),
    }
}

/// Revokes every token of a login.
pub async fn revoke_family(db: &Db, family: Uuid) -> Result<()> {
    let mut tx = db.begin().await?;
    revoke(&mut tx, family).await?;
    tx.commit().await?;
    Ok(())
}

async fn revoke(tx: &mut Tx, family: Uuid) -> Result<()> {
    sqlx::query!(
        "UPDATE refresh_tokens SET revoked_at = now() WHERE family = $1 AND revoked_at IS NULL",
        family
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Revokes every token of an account.
pub(crate) async fn revoke_all(tx: &mut Tx, user: UserId) -> Result<()> {
    sqlx::query!(
        "UPDATE refresh_tokens SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL",
        user.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets tokens that expired a week ago: old enough that nobody presents them in good faith.
pub async fn delete_expired(db: &Db) -> Result<u64> {
    let done = sqlx::query!("DELETE FROM refresh_tokens WHERE expires_at < now() - interval '7 days'")
        .execute(&db.pool)
        .await?;
    Ok(done.rows_affected())
}
