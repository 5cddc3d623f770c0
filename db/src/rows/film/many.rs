//! Reading many films at once within a transaction, for exports and imports.

use uuid::Uuid;

use super::{Film, select_films};
use crate::{Result, Tx};

/// Returns at most `limit` films after `after`, in the order of their ids, without deleted ones.
pub(crate) async fn list_after(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<Film>> {
    let rows = select_films!(
        "WHERE films.id > $1 AND films.deleted_at IS NULL ORDER BY films.id LIMIT $2",
        after,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(Film::from).collect())
}

/// Returns these films, deleted or not, without those that do not exist.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Film>> {
    let rows = select_films!("WHERE films.id = ANY ($1)", ids).fetch_all(&mut **tx).await?;
    Ok(rows.into_iter().map(Film::from).collect())
}

/// Like [`find_all`], and locks the films in the order of their ids until the transaction ends, against edits and the transcode
/// pipeline.
pub(crate) async fn lock_all(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Film>> {
    let rows = select_films!("WHERE films.id = ANY ($1) ORDER BY films.id FOR NO KEY UPDATE", ids)
        .fetch_all(&mut **tx)
        .await?;
    Ok(rows.into_iter().map(Film::from).collect())
}
