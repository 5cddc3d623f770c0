//! Tokens of remote workers, stored by their hashes.

use domain::id::{UserId, WorkerTokenId};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Db, DbError, Result, Tx,
    rows::audit::{self, Author, Entry},
};

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerToken {
    /// Its id.
    pub id: WorkerTokenId,
    /// How admins call the machine.
    pub name: String,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// The account that created it; `None` if that was deleted.
    pub created_by: Option<UserId>,
    /// When a worker last used it, exact to a minute.
    pub used_at: Option<OffsetDateTime>,
    /// Machine and process of the last worker that used it.
    pub used_by: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<OffsetDateTime>,
}

struct Row {
    id: Uuid,
    name: String,
    created_at: OffsetDateTime,
    created_by: Option<Uuid>,
    used_at: Option<OffsetDateTime>,
    used_by: Option<String>,
    revoked_at: Option<OffsetDateTime>,
}

impl From<Row> for WorkerToken {
    fn from(row: Row) -> Self {
        Self {
            id: WorkerTokenId(row.id),
            name: row.name,
            created_at: row.created_at,
            created_by: row.created_by.map(UserId),
            used_at: row.used_at,
            used_by: row.used_by,
            revoked_at: row.revoked_at,
        }
    }
}

/// Creates a token. Rejected if an active token has the same name.
pub async fn create(
    db: &Db,
    author: &Author,
    id: WorkerTokenId,
    name: &str,
    token_hash: [u8; 32],
) -> Result<WorkerToken> {
    let mut tx = db.begin().await?;
    let row = sqlx::query_as!(
        Row,
        "INSERT INTO worker_tokens (id, name, token_hash, created_by) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING
         RETURNING id, name, created_at, created_by, used_at, used_by, revoked_at",
        id.0,
        name,
        token_hash.as_slice(),
        author.user_id.map(|id| id.0),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else {
        return Err(DbError::conflict("worker_tokens_name_once", "an active worker has this name"));
    };
    record(&mut tx, author, "worker.create", &row).await?;
    tx.commit().await?;
    Ok(row.into())
}

/// Returns the newest tokens, including revoked ones.
pub async fn list(db: &Db, limit: u32) -> Result<Vec<WorkerToken>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, name, created_at, created_by, used_at, used_by, revoked_at FROM worker_tokens
         ORDER BY revoked_at IS NOT NULL, created_at DESC, id DESC LIMIT $1",
        i64::from(limit),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(WorkerToken::from).collect())
}

/// Revokes a token. Ok if it is revoked already.
pub async fn revoke(db: &Db, author: &Author, id: WorkerTokenId) -> Result<()> {
    let mut tx = db.begin().await?;
    let row = sqlx::query_as!(
        Row,
        "UPDATE worker_tokens SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL
         RETURNING id, name, created_at, created_by, used_at, used_by, revoked_at",
        id.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(row) = row {
        record(&mut tx, author, "worker.revoke", &row).await?;
        tx.commit().await?;
        return Ok(());
    }
    let known = sqlx::query_scalar!("SELECT 1 AS one FROM worker_tokens WHERE id = $1", id.0);
    known.fetch_optional(&mut *tx).await?.ok_or(DbError::NotFound)?;
    Ok(())
}

/// Returns the name of the active token with this hash, and records its use by `worker`, once a minute.
pub async fn authenticate(db: &Db, token_hash: [u8; 32], worker: Option<&str>) -> Result<Option<String>> {
    let row = sqlx::query!(
        r#"SELECT id, name, coalesce(used_at < now() - interval '1 minute', true) OR used_by IS DISTINCT FROM coalesce($2, used_by) AS "is_old!"
           FROM worker_tokens WHERE token_hash = $1 AND revoked_at IS NULL"#,
        token_hash.as_slice(),
        worker,
    )
    .fetch_optional(&db.pools.all)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.is_old {
        sqlx::query!(
            "UPDATE worker_tokens SET used_at = now(), used_by = coalesce($2, used_by) WHERE id = $1",
            row.id,
            worker,
        )
        .execute(&db.pools.all)
        .await?;
    }
    Ok(Some(row.name))
}

/// Whether any token is active.
pub async fn is_any_active(db: &Db) -> Result<bool> {
    let active = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM worker_tokens WHERE revoked_at IS NULL) AS "active!""#
    );
    Ok(active.fetch_one(&db.pools.all).await?)
}

async fn record(tx: &mut Tx, author: &Author, action: &'static str, row: &Row) -> Result<()> {
    let entry = Entry {
        author,
        action,
        subject: "worker",
        subject_id: Some(row.id),
        label: Some(row.name.clone()),
        changes: json!({}),
    };
    audit::record(tx, entry).await
}
