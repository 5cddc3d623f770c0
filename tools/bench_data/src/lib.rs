//! A large catalogue of invented films for benchmarks: titles, people and synopses in Lao and English, whose words have a
//! realistic frequency distribution, and viewers with a watch history.
//!
//! The same arguments produce the same catalogue, except for its ids. Its films cannot be played.

mod dice;
mod films;
mod viewers;
mod vocabulary;

use db::{Db, DbError, search};
use dice::Dice;
use sqlx::PgPool;

/// Approximate number of rows written by one statement.
const BATCH: usize = 1000;

/// The amount of data, and the password of its viewers.
#[derive(Clone, Debug)]
pub struct BenchData {
    /// Number of films.
    pub films: usize,
    /// Number of history entries (a viewer, a film and a day). Every hundred have one viewer, `viewer-1@bench.example` and so on.
    pub history: usize,
    /// Hash of all viewers' password, in PHC format.
    pub password_hash: String,
}

/// Why the database was not filled.
#[derive(Debug, thiserror::Error)]
pub enum BenchDataError {
    /// The database already has films.
    #[error("the database already has films; benchmark data needs an empty database")]
    NotEmpty,
    /// The planner refused the bundled facts of a master.
    #[error("could not plan the encoding of the bundled master: {0}")]
    Plan(String),
    /// A statement failed.
    #[error("a statement failed in the database")]
    Sql(#[from] sqlx::Error),
    /// The search index could not be built.
    #[error("could not build the search index")]
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
