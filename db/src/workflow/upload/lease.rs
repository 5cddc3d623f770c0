//! The lease of an upload: which request may write it, of all requests to all servers.
//!
//! Whoever changes the upload's row names the lease's token, so a request that was replaced changes nothing. The end of
//! a lease only permits another request to take it: until then its holder may renew it and go on.

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
    /// Told apart from every earlier and later lease by this.
    pub token: Uuid,
}

/// Takes the lease of an unfinished upload for `lease` from now, and reads its row under it. `None` if another request holds
/// it, or if there is no such unfinished upload.
pub async fn take_lease(db: &Db, id: FileId, lease: Duration) -> Result<Option<(UploadLease, FilmFile)>> {
    let token = Uuid::new_v4();
    // One statement: the row that is read is the row as the lease protects it. Of two that take it at once, the second waits
    // for the first and then finds the lease taken.
    let row = sqlx::query_as!(
        Row,
        r#"UPDATE film_files SET lease_token = $2, lease_until = now() + make_interval(secs => $3)
           WHERE id = $1 AND state = 'uploading' AND (lease_until IS NULL OR lease_until <= now())
           RETURNING id, film_id, name, size_bytes, received_bytes, state AS "state: _", sha256, hash_state, note, facts,
                     expires_at, created_at, created_by, created_by_email, deleted_at"#,
        id.0,
        token,
        lease.as_secs_f64(),
    )
    .fetch_optional(&db.pools.all)
    .await?;
    Ok(row.map(|row| (UploadLease { file: id, token }, row.into())))
}

/// Whether a request holds the upload's lease, and no other may take it yet.
pub async fn is_leased(db: &Db, id: FileId) -> Result<bool> {
    let leased = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM film_files WHERE id = $1 AND state = 'uploading' AND lease_until > now()) AS "leased!""#,
        id.0,
    )
    .fetch_one(&db.pools.all)
    .await?;
    Ok(leased)
}

/// Sets the lease's end to `lease` from now; zero lets another request take it at once, and its holder keep it until then.
/// False if another request took it, or the upload is finished or gone.
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

/// Gives the lease back. Ok if it was lost, or ended with its upload.
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

/// Gives back the leases of all uploads. Only for the start of a server that nothing else uses the database beside: then they
/// are those of a server that was killed. Returns how many there were.
pub async fn release_all_leases(db: &Db) -> Result<u64> {
    let done = sqlx::query!(
        "UPDATE film_files SET lease_token = NULL, lease_until = NULL WHERE state = 'uploading' AND lease_token IS NOT NULL"
    )
    .execute(&db.pools.all)
    .await?;
    Ok(done.rows_affected())
}
