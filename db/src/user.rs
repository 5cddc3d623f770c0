//! Accounts.

use domain::id::UserId;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Db, DbError, Result};

text_enum! {
    /// What somebody may do.
    Role {
        /// Watch.
        Viewer = "viewer",
        /// Manage films.
        Editor = "editor",
        /// Manage films and people.
        Admin = "admin",
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// In lower case.
    pub email: String,
    /// Argon2id, PHC form.
    pub password_hash: String,
    /// What it may do.
    pub role: Role,
    /// What others see.
    pub display_name: String,
    /// Since when it cannot log in.
    pub disabled_at: Option<OffsetDateTime>,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Its id.
    pub id: UserId,
    /// In any case; kept in lower case.
    pub email: String,
    /// Argon2id, PHC form.
    pub password_hash: String,
    /// What it may do.
    pub role: Role,
    /// What others see.
    pub display_name: String,
}

pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) email: String,
    pub(crate) password_hash: String,
    pub(crate) role: Role,
    pub(crate) display_name: String,
    pub(crate) disabled_at: Option<OffsetDateTime>,
    pub(crate) created_at: OffsetDateTime,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self {
            id: UserId(row.id),
            email: row.email,
            password_hash: row.password_hash,
            role: row.role,
            display_name: row.display_name,
            disabled_at: row.disabled_at,
            created_at: row.created_at,
        }
    }
}

/// Makes an account.
pub async fn create(db: &Db, new: NewUser) -> Result<User> {
    let row = sqlx::query_as!(
        Row,
        r#"INSERT INTO users (id, email, password_hash, role, display_name) VALUES ($1, lower($2), $3, $4, $5)
           RETURNING id, email, password_hash, role AS "role: _", display_name, disabled_at, created_at"#,
        new.id.0,
        new.email,
        new.password_hash,
        new.role.as_str(),
        new.display_name,
    )
    .fetch_one(&db.pool)
    .await?;
    Ok(row.into())
}

/// The account, if there is one.
pub async fn find(db: &Db, id: UserId) -> Result<Option<User>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, email, password_hash, role AS "role: _", display_name, disabled_at, created_at FROM users WHERE id = $1"#,
        id.0,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(row.map(User::from))
}

/// The account with this address, however it is typed.
pub async fn find_by_email(db: &Db, email: &str) -> Result<Option<User>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, email, password_hash, role AS "role: _", display_name, disabled_at, created_at FROM users
           WHERE email = lower($1)"#,
        email,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(row.map(User::from))
}

/// Number of admins who can log in.
pub async fn count_admins(db: &Db) -> Result<u64> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM users WHERE role = 'admin' AND disabled_at IS NULL"#
    )
    .fetch_one(&db.pool)
    .await?;
    Ok(count.cast_unsigned())
}

/// Replaces the password and ends every login made with the old one.
pub async fn set_password(db: &Db, id: UserId, password_hash: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    let done = sqlx::query!("UPDATE users SET password_hash = $2 WHERE id = $1", id.0, password_hash)
        .execute(&mut *tx)
        .await?;
    if done.rows_affected() == 0 {
        return Err(DbError::NotFound);
    }
    crate::refresh_token::revoke_all(&mut tx, id).await?;
    tx.commit().await?;
    Ok(())
}
