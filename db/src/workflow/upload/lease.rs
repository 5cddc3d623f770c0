//! The lease of an upload: it permits one request, of all requests to all servers, to write the upload.
//!
//! Every statement that changes the upload's row names the lease's token, so a request that was replaced changes nothing. When a lease
//! expires, another request may take it; until one does, the holder may renew the lease and continue.

use std::time::Duration;

use domain::id::FileId;
use uuid::Uuid;

use crate::{
    Db, Result,
    rows::film_file::{FilmFile, Row},
};

/// The right to write one upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadLease {
    /// The upload.
    pub file: FileId,
    /// A random token that identifies this lease.
    pub token: Uuid,
}

/// Takes the lease of an unfinished upload until `lease` from now, and returns it with the upload's row. `None` if another request
/// holds the lease, or if there is no such unfinished upload.
pub async fn take_lease(db: &Db, id: FileId, lease: Duration) -> Result<Option<(UploadLease, FilmFile)>> {
    let token = Uuid::new_v4();
    // One statement, so the returned row is the row that the lease protects. Of two requests at once, the second waits for the
    // first and then finds the lease taken.
    let row = sqlx::query_as!(
        Row,
        r#"UPDATE film_files SET lease_token = $2, lease_until = now() + make_interval(secs => $3)
           WHERE id = $1 AND state = 'uploading' AND (lease_until IS NULL OR lease_until <= now())
           RETURNING id, film_id, purpose AS "purpose: _", name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, note_reason, facts,
                     expires_at, created_at, created_by, created_by_email, deleted_at"#,
        id.0,
        token,
        lease.as_secs_f64(),
    )
    .fetch_optional(&db.pools.all)
    .await?;
    Ok(row.map(|row| (UploadLease { file: id, token }, row.into())))
}

/// Whether a request holds the upload's lease and no other request may take it yet.
pub async fn is_leased(db: &Db, id: FileId) -> Result<bool> {
    let leased = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM film_files WHERE id = $1 AND state = 'uploading' AND lease_until > now()) AS "leased!""#,
        id.0,
    )
    .fetch_one(&db.pools.all)
    .await?;
    Ok(leased)
}

/// Sets the lease's end to `lease` from now. With zero, another request may take it at once; until then the holder keeps it. Returns
/// false if another request has taken it, or if the upload is finished or deleted.
pub async fn renew_lease(db: &Db, held: &UploadLease, lease: Duration) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE film_files SET lease_until = now() + make_interval(secs => $3)
         WHERE id = $1 AND lease_token = $2 AND state = 'uploading'",
        held.file.0,
        held.token,
        lease.as_secs_f64(),
    )
    .execute(&db.pools.all)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Releases the lease. Ok if it was lost or ended with its upload.
pub async fn release_lease(db: &Db, held: &UploadLease) -> Result<()> {
    sqlx::query!(
        "UPDATE film_files SET lease_token = NULL, lease_until = NULL WHERE id = $1 AND lease_token = $2",
        held.file.0,
        held.token,
    )
    .execute(&db.pools.all)
    .await?;
    Ok(())
}

/// Releases the leases of all uploads. Only for the start of the only server that uses the database: then they belong to a server that
/// was killed. Returns the number of leases.
pub async fn release_all_leases(db: &Db) -> Result<u64> {
    let done = sqlx::query!(
        "UPDATE film_files SET lease_token = NULL, lease_until = NULL WHERE state = 'uploading' AND lease_token IS NOT NULL"
    )
    .execute(&db.pools.all)
    .await?;
    Ok(done.rows_affected())
}
