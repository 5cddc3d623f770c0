//! A catalogue of made-up films, large enough to measure on: titles, people and synopses whose words are as unequally
//! common as real ones, in Lao and English, and viewers who watched them.
//!
//! The same numbers give the same catalogue but for its ids. Nothing of it can be played.

mod dice;
mod films;
mod viewers;
mod vocabulary;

use dice::Dice;

use crate::{Db, DbError, Result, search};

/// Rows written in one statement, about.
const BATCH: usize = 1000;

/// How much of it, and how its viewers log in.
#[derive(Clone, Debug)]
pub struct BenchData {
    /// Films.
    pub films: usize,
    /// Films that a viewer watched on a day; there is a viewer for each hundred, `viewer-1@bench.example` and so on.
    pub history: usize,
    /// Of the password that all of them have, in PHC form.
    pub password_hash: String,
}

/// Fills the database. Refused where there are films, unless `among_others`.
pub async fn fill(db: &Db, data: &BenchData, among_others: bool) -> Result<()> {
    let any = sqlx::query_scalar!("SELECT EXISTS (SELECT FROM films)").fetch_one(&db.pool).await?;
    if any == Some(true) && !among_others {
        return Err(DbError::conflict("bench_data_empty", "there are films in this database already"));
    }
    let mut dice = Dice(data.films as u64);
    films::fill(db, &mut dice, data.films).await?;
    viewers::fill(db, &mut dice, data).await?;
    sqlx::query("ANALYZE").execute(&db.pool).await?;
    search::rebuild(db).await?;
    sqlx::query("VACUUM ANALYZE").execute(&db.pool).await?;
    Ok(())
}
