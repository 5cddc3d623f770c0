//! Rows that a film is about to name, kept from being deleted or merged.

use uuid::Uuid;

use crate::{Result, Tx};

/// Keeps these genres from being deleted or merged until the transaction ends. In the order of their ids: a film's genres are not, and
/// who merges two of them waits for one while holding the other.
pub(crate) async fn keep_genres(tx: &mut Tx, genres: &[Uuid]) -> Result<()> {
    sqlx::query!("SELECT id FROM genres WHERE id = ANY ($1) ORDER BY id FOR KEY SHARE", genres)
        .fetch_all(&mut **tx)
        .await?;
    Ok(())
}

/// Keeps these people from being deleted or merged until the transaction ends. In the order of their ids: a film's credits are not, and
/// who merges two of them waits for one while holding the other.
pub(crate) async fn keep_people(tx: &mut Tx, people: &[Uuid]) -> Result<()> {
    sqlx::query!("SELECT id FROM people WHERE id = ANY ($1) ORDER BY id FOR KEY SHARE", people)
        .fetch_all(&mut **tx)
        .await?;
    Ok(())
}
