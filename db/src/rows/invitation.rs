//! Invitations: one-time links for creating an account, stored by the hashes of their tokens.

use domain::id::{InvitationId, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Cursor, Db, DbError, Result, Tx,
    rows::{
        audit::{self, Author, Entry},
        user::Role,
    },
};

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Role of the new account.
    pub role: Role,
    /// The only e-mail address that may use it, in lower case; `None` permits any.
    pub email: Option<String>,
    /// The account that created it; `None` for the command line.
    pub created_by: Option<UserId>,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// When it expires.
    pub expires_at: OffsetDateTime,
    /// When it was used.
    pub used_at: Option<OffsetDateTime>,
    /// The account that was created with it.
    pub used_by: Option<UserId>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<OffsetDateTime>,
}

impl Invitation {
    /// Returns the cursor of the list page that begins after this invitation.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at, id: self.id.0 }
    }
}

/// An invitation to create.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// Its id.
    pub id: InvitationId,
    /// Hash of its token.
    pub token_hash: [u8; 32],
    /// Role of the new account.
    pub role: Role,
    /// The only e-mail address that may use it, in upper or lower case; `None` permits any.
    pub email: Option<String>,
    /// When it expires.
    pub expires_at: OffsetDateTime,
}

struct Row {
    id: Uuid,
    role: Role,
    email: Option<String>,
    created_by: Option<Uuid>,
    created_at: OffsetDateTime,
    expires_at: OffsetDateTime,
    used_at: Option<OffsetDateTime>,
    used_by: Option<Uuid>,
    withdrawn_at: Option<OffsetDateTime>,
}

impl From<Row> for Invitation {
    fn from(row: Row) -> Self {
        Self {
            id: InvitationId(row.id),
            role: row.role,
            email: row.email,
            created_by: row.created_by.map(UserId),
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
            used_by: row.used_by.map(UserId),
            withdrawn_at: row.withdrawn_at,
        }
    }
}

/// Creates an invitation. Rejected for an e-mail address that has an account.
pub async fn create(db: &Db, author: &Author, new: NewInvitation) -> Result<Invitation> {
    let mut tx = db.begin().await?;
    let in_use = sqlx::query!("SELECT 1 AS one FROM users WHERE email = lower($1::text)", new.email)
        .fetch_optional(&mut *tx)
        .await?;
    if in_use.is_some() {
        return Err(DbError::conflict(
            "invitations_email_free",
            "an account with this e-mail address already exists",
        ));
    }
    let row = sqlx::query_as!(
        Row,
        r#"INSERT INTO invitations (id, token_hash, role, email, created_by, expires_at)
           VALUES ($1, $2, $3, lower($4), $5, $6)
           RETURNING id, role AS "role: _", email, created_by, created_at, expires_at, used_at, used_by, withdrawn_at"#,
        new.id.0,
        new.token_hash.as_slice(),
        new.role.as_str(),
        new.email,
        author.user_id.map(|id| id.0),
        new.expires_at,
    )
    .fetch_one(&mut *tx)
    .await?;
    let changes = serde_json::json!({ "role": [null, row.role] });
    record(&mut tx, author, "invitation.create", &row, changes).await?;
    tx.commit().await?;
    Ok(row.into())
}

/// Returns at most `limit` invitations after `after`, newest first, including used and withdrawn ones.
pub async fn list(db: &Db, after: Option<Cursor>, limit: u32) -> Result<Vec<Invitation>> {
    let (created_at, id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, role AS "role: _", email, created_by, created_at, expires_at, used_at, used_by, withdrawn_at
           FROM invitations WHERE $1::timestamptz IS NULL OR (created_at, id) < ($1, $2)
           ORDER BY created_at DESC, id DESC LIMIT $3"#,
        created_at,
        id,
        i64::from(limit),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(Invitation::from).collect())
}

/// Withdraws an invitation. Idempotent. Rejected if the invitation was used.
pub async fn withdraw(db: &Db, author: &Author, id: InvitationId) -> Result<()> {
    let mut tx = db.begin().await?;
    // Locks the invitation against being used at the same time.
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, role AS "role: _", email, created_by, created_at, expires_at, used_at, used_by, withdrawn_at
           FROM invitations WHERE id = $1 FOR UPDATE"#,
        id.0,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(DbError::NotFound)?;
    if row.used_at.is_some() {
        return Err(DbError::conflict("invitations_used_or_withdrawn", "the invitation was already used"));
    }
    if row.withdrawn_at.is_some() {
        return Ok(());
    }
    sqlx::query!("UPDATE invitations SET withdrawn_at = now() WHERE id = $1", id.0).execute(&mut *tx).await?;
    record(&mut tx, author, "invitation.withdraw", &row, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether `email` may register with this invitation at `now`. Does not check whether the address already has an account.
pub async fn is_open(db: &Db, token_hash: &[u8; 32], email: &str, now: OffsetDateTime) -> Result<bool> {
    let open = sqlx::query!(
        "SELECT 1 AS one FROM invitations
         WHERE token_hash = $1 AND coalesce(email = lower($2), true) AND used_at IS NULL AND withdrawn_at IS NULL
           AND expires_at > $3",
        token_hash.as_slice(),
        email,
        now,
    )
    .fetch_optional(&db.pools.all)
    .await?;
    Ok(open.is_some())
}

/// Marks an invitation as used. The caller must have locked it.
pub(crate) async fn mark_used(tx: &mut Tx, id: InvitationId, by: UserId) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE invitations SET used_at = now(), used_by = $2 WHERE id = $1 AND used_at IS NULL",
        id.0,
        by.0
    )
    .execute(&mut **tx)
    .await?;
    crate::expect_one(done.rows_affected(), "using an invitation")
}

async fn record(
    tx: &mut Tx,
    author: &Author,
    action: &'static str,
    row: &Row,
    changes: serde_json::Value,
) -> Result<()> {
    let (subject, subject_id, label) = ("invitation", Some(row.id), row.email.clone());
    audit::record(tx, Entry { author, action, subject, subject_id, label, changes }).await
}
