//! Protecting rows that a film is about to reference from being deleted or merged.

use uuid::Uuid;

use crate::{Result, Tx};

/// Protects these genres from being deleted or merged until the transaction ends. Locks them in the order of their ids, which a film's
/// list of genres does not have: a merge of two genres waits for one while it holds the other.
pub(crate) async fn protect_genres(tx: &mut Tx, genres: &[Uuid]) -> Result<()> {
    sqlx::query!("SELECT id FROM genres WHERE id = ANY ($1) ORDER BY id FOR KEY SHARE", genres)
        .fetch_all(&mut **tx)
        .await?;
    Ok(())
}

/// Protects these people from being deleted or merged until the transaction ends. Locks them in the order of their ids, which a film's
/// credits do not have: a merge of two people waits for one while it holds the other.
pub(crate) async fn protect_people(tx: &mut Tx, people: &[Uuid]) -> Result<()> {
    sqlx::query!("SELECT id FROM people WHERE id = ANY ($1) ORDER BY id FOR KEY SHARE", people)
        .fetch_all(&mut **tx)
        .await?;
    Ok(())
}
