//! Accounts.

use domain::id::UserId;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Cursor, Db, DbError, Result, Tx,
    rows::audit::{self, Author, Entry},
};

text_enum! {
    /// The role of an account.
    Role {
        /// May watch films.
        Viewer = "viewer",
        /// May also manage the catalogue.
        Editor = "editor",
        /// May also manage accounts.
        Admin = "admin",
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// E-mail address, in lower case.
    pub email: String,
    /// Argon2id in PHC string format; `None` if the account logs in only with an identity provider.
    pub password_hash: Option<String>,
    /// Its role.
    pub role: Role,
    /// The name that is displayed.
    pub display_name: String,
    /// When it was disabled; a disabled account cannot log in.
    pub disabled_at: Option<OffsetDateTime>,
    /// Number of edits, for If-Match.
    pub version: i64,
    /// When it was created.
    pub created_at: OffsetDateTime,
}

impl User {
    /// Returns the cursor of the list page that begins after this account.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at, id: self.id.0 }
    }
}

/// An account to create.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Its id.
    pub id: UserId,
    /// E-mail address, in upper or lower case; stored in lower case.
    pub email: String,
    /// Argon2id in PHC string format.
    pub password_hash: String,
    /// Its role.
    pub role: Role,
    /// The name that is displayed.
    pub display_name: String,
}

pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) email: String,
    pub(crate) password_hash: Option<String>,
    pub(crate) role: Role,
    pub(crate) display_name: String,
    pub(crate) disabled_at: Option<OffsetDateTime>,
    pub(crate) version: i64,
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
            version: row.version,
            created_at: row.created_at,
        }
    }
}

/// Which accounts to list; `None` means all.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// Only accounts with this role.
    pub role: Option<Role>,
    /// Only accounts with this text in the e-mail address or the name, ignoring case.
    pub text: Option<String>,
}

/// An edit; `None` leaves a field unchanged.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// The new role.
    pub role: Option<Role>,
    /// The new displayed name.
    pub display_name: Option<String>,
    /// Whether the account is disabled. Disabling it also ends its sessions.
    pub disabled: Option<bool>,
}

/// Creates an account.
pub async fn create(db: &Db, new: NewUser) -> Result<User> {
    let row = sqlx::query_as!(
        Row,
        r#"INSERT INTO users (id, email, password_hash, role, display_name) VALUES ($1, lower($2), $3, $4, $5)
           RETURNING id, email, password_hash, role AS "role: _", display_name, disabled_at, version, created_at"#,
        new.id.0,
        new.email,
        new.password_hash,
        new.role.as_str(),
        new.display_name,
    )
    .fetch_one(&db.pools.all)
    .await?;
    Ok(row.into())
}

/// Returns the account; `None` if it does not exist.
pub async fn find(db: &Db, id: UserId) -> Result<Option<User>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, email, password_hash, role AS "role: _", display_name, disabled_at, version, created_at FROM users WHERE id = $1"#,
        id.0,
    )
    .fetch_optional(&db.pools.all)
    .await?;
    Ok(row.map(User::from))
}

/// Returns the account with this e-mail address, ignoring case.
pub async fn find_by_email(db: &Db, email: &str) -> Result<Option<User>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, email, password_hash, role AS "role: _", display_name, disabled_at, version, created_at FROM users
           WHERE email = lower($1)"#,
        email,
    )
    .fetch_optional(&db.pools.all)
    .await?;
    Ok(row.map(User::from))
}

/// Returns the number of admins who can log in.
pub async fn count_admins(db: &Db) -> Result<u64> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM users WHERE role = 'admin' AND disabled_at IS NULL"#
    )
    .fetch_one(&db.pools.all)
    .await?;
    Ok(count.cast_unsigned())
}

/// Like [`create`], but returns `None` if an account already has the e-mail address.
pub async fn create_if_free(db: &Db, new: NewUser) -> Result<Option<UserId>> {
    let mut tx = db.begin().await?;
    let id = insert_if_free(&mut tx, new).await?;
    tx.commit().await?;
    Ok(id)
}

/// Creates an account; `None` if an account already has the e-mail address. In that case the statement overwrites the address with
/// itself, so the transaction waits for the disk in both cases and its duration does not reveal which of them occurred.
pub(crate) async fn insert_if_free(tx: &mut Tx, new: NewUser) -> Result<Option<UserId>> {
    let id = sqlx::query_scalar!(
        "INSERT INTO users (id, email, password_hash, role, display_name) VALUES ($1, lower($2), $3, $4, $5)
         ON CONFLICT ON CONSTRAINT users_email_unique DO UPDATE SET email = excluded.email RETURNING id",
        new.id.0,
        new.email,
        new.password_hash,
        new.role.as_str(),
        new.display_name,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((id == new.id.0).then_some(new.id))
}

/// Like [`create`], with an entry in the audit log; for the command line.
pub async fn create_by(db: &Db, author: &Author, new: NewUser) -> Result<UserId> {
    let mut tx = db.begin().await?;
    let (role, email) = (new.role, new.email.to_lowercase());
    let Some(id) = insert_if_free(&mut tx, new).await? else {
        return Err(DbError::conflict(
            "users_email_unique",
            "an account with this e-mail address already exists",
        ));
    };
    let entry = Entry {
        author,
        action: "user.create",
        subject: "user",
        subject_id: Some(id.0),
        label: Some(email),
        changes: serde_json::json!({ "role": [null, role] }),
    };
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(id)
}

/// Returns at most `limit` accounts after `after`, newest first.
pub async fn list(db: &Db, filter: UserFilter, after: Option<Cursor>, limit: u32) -> Result<Vec<User>> {
    let (created_at, id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
    let text = filter.text.map(|text| format!("%{}%", escape_like(&text)));
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, email, password_hash, role AS "role: _", display_name, disabled_at, version, created_at FROM users
           WHERE ($1::text IS NULL OR role = $1)
             AND ($2::text IS NULL OR (email || ' ' || lower(display_name)) LIKE lower($2))
             AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4))
           ORDER BY created_at DESC, id DESC LIMIT $5"#,
        filter.role.map(Role::as_str),
        text,
        created_at,
        id,
        i64::from(limit),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(User::from).collect())
}

/// Returns the account's preferences; the caller defines their fields. `None` if the account does not exist.
pub async fn preferences(db: &Db, id: UserId) -> Result<Option<serde_json::Value>> {
    let preferences = sqlx::query_scalar!("SELECT preferences FROM users WHERE id = $1", id.0);
    Ok(preferences.fetch_optional(&db.pools.all).await?)
}

/// Replaces the account's preferences. They are no edit of the account: its version and the audit log stay as they are.
pub async fn set_preferences(db: &Db, id: UserId, preferences: &serde_json::Value) -> Result<()> {
    sqlx::query!("UPDATE users SET preferences = $2 WHERE id = $1", id.0, preferences)
        .execute(&db.pools.all)
        .await?;
    Ok(())
}

/// Escapes a text so that LIKE takes every character literally.
fn escape_like(text: &str) -> String {
    text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_")
}

/// Changes the caller's own name. Returns `None` if the account's version is no longer `expected_version`.
pub async fn rename(db: &Db, id: UserId, display_name: &str, expected_version: i64) -> Result<Option<User>> {
    let mut tx = db.begin().await?;
    let was = sqlx::query_scalar!(
        "SELECT display_name FROM users WHERE id = $1 AND version = $2 FOR NO KEY UPDATE",
        id.0,
        expected_version,
    );
    let Some(was) = was.fetch_optional(&mut *tx).await? else { return Ok(None) };
    let row = sqlx::query_as!(
        Row,
        r#"UPDATE users SET display_name = $2, version = version + 1 WHERE id = $1
           RETURNING id, email, password_hash, role AS "role: _", display_name, disabled_at, version, created_at"#,
        id.0,
        display_name,
    )
    .fetch_one(&mut *tx)
    .await?;
    let changes = serde_json::json!({ "display_name": [was, display_name] });
    record_own(&mut tx, "user.rename", id, &row.email, changes).await?;
    tx.commit().await?;
    Ok(Some(row.into()))
}

/// Records a change that the owner of an account made to it.
pub(crate) async fn record_own(
    tx: &mut Tx,
    action: &'static str,
    id: UserId,
    email: &str,
    changes: serde_json::Value,
) -> Result<()> {
    let author = Author { user_id: Some(id), user_email: Some(email.to_owned()) };
    let label = Some(email.to_owned());
    let entry = Entry { author: &author, action, subject: "user", subject_id: Some(id.0), label, changes };
    audit::record(tx, entry).await
}
