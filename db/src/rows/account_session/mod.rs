//! Sessions of accounts. Logging in begins a session. When a session ends, all of its tokens become invalid.
//!
//! A session's id is the `session_id` of its refresh tokens and the `sid` of its access tokens. Lock order: the account's row, then
//! its sessions. A refresh locks only its session, then that session's tokens.

pub mod refresh_token;

use domain::id::{AccountSessionId, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Cursor, Db, DbError, Result, Tx,
    rows::{
        audit::{self, Author, Entry},
        user::{Row as UserRow, User},
    },
};

/// A session that can still be refreshed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSession {
    /// Its id.
    pub id: AccountSessionId,
    /// User agent of the browser.
    pub user_agent: Option<String>,
    /// IP address of the client at login.
    pub address: Option<String>,
    /// When the account logged in.
    pub created_at: OffsetDateTime,
    /// When it was last refreshed.
    pub used_at: OffsetDateTime,
    /// When it expires if it is not refreshed.
    pub expires_at: OffsetDateTime,
}

impl AccountSession {
    /// Returns the cursor of the list page that begins after this session.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at, id: self.id.0 }
    }
}

/// A session to begin.
#[derive(Clone, Debug)]
pub struct NewAccountSession {
    /// Its id.
    pub id: AccountSessionId,
    /// Hash of its first refresh token.
    pub token_hash: [u8; 32],
    /// When that token expires.
    pub expires_at: OffsetDateTime,
    /// User agent of the browser, at most 200 characters.
    pub user_agent: Option<String>,
    /// IP address of the client.
    pub address: Option<String>,
}

struct Row {
    id: Uuid,
    user_agent: Option<String>,
    address: Option<String>,
    created_at: OffsetDateTime,
    used_at: OffsetDateTime,
    expires_at: OffsetDateTime,
}

impl From<Row> for AccountSession {
    fn from(row: Row) -> Self {
        Self {
            id: AccountSessionId(row.id),
            user_agent: row.user_agent,
            address: row.address,
            created_at: row.created_at,
            used_at: row.used_at,
            expires_at: row.expires_at,
        }
    }
}

/// Begins a session. Returns false if the account was disabled or its password was changed since `user` was read: a session must not
/// begin with an old password.
pub async fn begin(db: &Db, user: &User, new: NewAccountSession) -> Result<bool> {
    let mut tx = db.begin().await?;
    // Locks the account against a password change and against being disabled. Such a transaction either sees this session and ends
    // it, or its change is seen here.
    let unchanged = sqlx::query!(
        "SELECT 1 AS one FROM users
         WHERE id = $1 AND disabled_at IS NULL AND password_hash IS NOT DISTINCT FROM $2 FOR SHARE",
        user.id.0,
        user.password_hash,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if unchanged.is_none() {
        return Ok(false);
    }
    sqlx::query!(
        "INSERT INTO account_sessions (id, user_id, user_agent, address, expires_at) VALUES ($1, $2, $3, $4, $5)",
        new.id.0,
        user.id.0,
        new.user_agent,
        new.address,
        new.expires_at,
    )
    .execute(&mut *tx)
    .await?;
    refresh_token::insert(&mut tx, new.id, &new.token_hash, new.expires_at).await?;
    tx.commit().await?;
    Ok(true)
}

/// Returns the account of a session; `None` if the session has ended or does not exist.
pub async fn holder(db: &Db, id: AccountSessionId) -> Result<Option<User>> {
    let row = sqlx::query_as!(
        UserRow,
        r#"SELECT users.id, email, password_hash, role AS "role: _", display_name, disabled_at, version, users.created_at
           FROM account_sessions JOIN users ON users.id = account_sessions.user_id WHERE account_sessions.id = $1 AND ended_at IS NULL"#,
        id.0,
    )
    .fetch_optional(&db.pools.all)
    .await?;
    Ok(row.map(User::from))
}

/// Returns at most `limit` sessions of an account after `after` that can still be refreshed, newest first.
pub async fn list(db: &Db, user: UserId, after: Option<Cursor>, limit: u32) -> Result<Vec<AccountSession>> {
    let (created_at, id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, user_agent, address, created_at, used_at, expires_at FROM account_sessions
         WHERE user_id = $1 AND ended_at IS NULL AND expires_at > now()
           AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3))
         ORDER BY created_at DESC, id DESC LIMIT $4",
        user.0,
        created_at,
        id,
        i64::from(limit),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(AccountSession::from).collect())
}

/// An IP address from which an account logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The account's e-mail address.
    pub email: String,
    /// The client's IP address, as text.
    pub address: String,
    /// When the account last logged in from there.
    pub last_began_at: OffsetDateTime,
}

/// Returns at most `limit` IP addresses from which accounts logged in, latest first, as far back as sessions are kept.
pub async fn list_places(db: &Db, limit: u32) -> Result<Vec<Place>> {
    let places = sqlx::query_as!(
        Place,
        r#"SELECT email, address AS "address!", max(account_sessions.created_at) AS "last_began_at!"
           FROM account_sessions JOIN users ON users.id = account_sessions.user_id WHERE address IS NOT NULL
           GROUP BY email, address ORDER BY max(account_sessions.created_at) DESC LIMIT $1"#,
        i64::from(limit),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(places)
}

/// Ends one of an account's sessions. Returns false if the account has no such session or it has already ended.
pub async fn end(db: &Db, user: UserId, id: AccountSessionId) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE account_sessions SET ended_at = now() WHERE id = $1 AND user_id = $2 AND ended_at IS NULL",
        id.0,
        user.0,
    )
    .execute(&db.pools.all)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends the session of a refresh token. Returns false if the token was never issued.
pub async fn end_by_token(db: &Db, token_hash: &[u8; 32]) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE account_sessions SET ended_at = coalesce(ended_at, now()) FROM refresh_tokens
         WHERE refresh_tokens.hash = $1 AND account_sessions.id = refresh_tokens.session_id",
        token_hash.as_slice(),
    )
    .execute(&db.pools.all)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends all of an account's sessions.
pub async fn end_all(db: &Db, user: UserId) -> Result<()> {
    let mut tx = db.begin().await?;
    lock_account(&mut tx, user).await?;
    end_all_except(&mut tx, user, None).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends one or all sessions of an account, by an admin. An error if the account or the session does not exist.
pub async fn end_of_other(
    db: &Db,
    author: &Author,
    user: UserId,
    id: Option<AccountSessionId>,
) -> Result<()> {
    let mut tx = db.begin().await?;
    let email = lock_account(&mut tx, user).await?;
    let ended = match id {
        Some(id) => {
            let done = sqlx::query!(
                "UPDATE account_sessions SET ended_at = now() WHERE id = $1 AND user_id = $2 AND ended_at IS NULL",
                id.0,
                user.0,
            );
            let ended = done.execute(&mut *tx).await?.rows_affected();
            if ended == 0 {
                return Err(DbError::NotFound);
            }
            ended
        }
        None => end_all_except(&mut tx, user, None).await?,
    };
    let entry = Entry {
        author,
        action: "user.end_sessions",
        subject: "user",
        subject_id: Some(user.0),
        label: Some(email),
        changes: serde_json::json!({ "ended": ended }),
    };
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Locks the account against new sessions and against other transactions that end its sessions. Returns its e-mail address.
async fn lock_account(tx: &mut Tx, user: UserId) -> Result<String> {
    sqlx::query_scalar!("SELECT email FROM users WHERE id = $1 FOR NO KEY UPDATE", user.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(DbError::NotFound)
}

/// Ends an account's sessions, except `kept`. The caller must have locked the account. Returns the number of ended sessions.
pub(crate) async fn end_all_except(tx: &mut Tx, user: UserId, kept: Option<AccountSessionId>) -> Result<u64> {
    let done = sqlx::query!(
        "UPDATE account_sessions SET ended_at = now() WHERE user_id = $1 AND id IS DISTINCT FROM $2 AND ended_at IS NULL",
        user.0,
        kept.map(|id| id.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Deletes sessions and tokens that expired more than a week ago: no honest client presents them any more. Returns the number of
/// sessions.
pub async fn delete_expired(db: &Db) -> Result<u64> {
    let mut tx = db.begin().await?;
    let sessions = sqlx::query!("DELETE FROM account_sessions WHERE expires_at < now() - interval '7 days'")
        .execute(&mut *tx)
        .await?;
    sqlx::query!("DELETE FROM refresh_tokens WHERE expires_at < now() - interval '7 days'")
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(sessions.rows_affected())
}
