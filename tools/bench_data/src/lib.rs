//! A catalogue of made-up films, large enough to measure on: titles, people and synopses whose words are as unequally
//! common as real ones, in Lao and English, and viewers who watched them.
//!
//! The same numbers give the same catalogue except for its ids. None of its films can be played.

mod dice;
mod films;
mod viewers;
mod vocabulary;

use db::{Db, DbError, search};
use dice::Dice;
use sqlx::PgPool;

/// Rows written in one statement, about.
const BATCH: usize = 1000;

/// How much data to make, and how its viewers log in.
#[derive(Clone, Debug)]
pub struct BenchData {
    /// Films.
    pub films: usize,
    /// Films that a viewer watched on a day; there is a viewer for each hundred, `viewer-1@bench.example` and so on.
    pub history: usize,
    /// Hash of the password that all viewers have, in PHC form.
    pub password_hash: String,
}

/// Why the database was not filled.
#[derive(Debug, thiserror::Error)]
pub enum BenchDataError {
    /// The database has films already.
    #[error("the database already has films; benchmark data needs an empty one")]
    NotEmpty,
    /// The shipped description of a master cannot be planned.
    #[error("the shipped master cannot be planned: {0}")]
    Plan(String),
    /// A statement failed.
    #[error("the database refused the data")]
    Sql(#[from] sqlx::Error),
    /// The index of search could not be built.
    #[error("the search index could not be built")]
    Search(#[from] DbError),
}

type Result<T> = std::result::Result<T, BenchDataError>;

/// Fills the database behind `pool`, which must have the tables and no films.
pub async fn fill(pool: &PgPool, data: &BenchData) -> Result<()> {
    if sqlx::query_scalar!("SELECT EXISTS (SELECT FROM films)").fetch_one(pool).await? == Some(true) {
        return Err(BenchDataError::NotEmpty);
    }
    let mut dice = Dice(data.films as u64);
    films::fill(pool, &mut dice, data.films).await?;
    viewers::fill(pool, &mut dice, data).await?;
    sqlx::query("ANALYZE").execute(pool).await?;
    search::rebuild(&Db::from_pool(pool.clone())).await?;
    sqlx::query("VACUUM ANALYZE").execute(pool).await?;
    Ok(())
}
