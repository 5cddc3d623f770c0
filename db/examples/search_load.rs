//! Measures search: fills an empty database with generated films and sends the queries of viewers.
//!
//!     scripts/with-postgres cargo run --release -p db --example search_load -- 100000
//!
//! `DATABASE_URL` names the database. A filled database is measured as it is.

#![allow(clippy::print_stdout, reason = "it prints its measurements")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bench_data::BenchData;
use db::{Audience, Db, search};
use domain::lao::index;
use sqlx::PgPool;

const CONNECTIONS: u32 = 8;
const SECONDS: u64 = 10;

/// What viewers type: whole names, beginnings, both scripts, mistakes, words in any order.
const QUERIES: &str = include_str!("../../tests/bench/queries.txt");

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let films: usize = std::env::args()
        .nth(1)
        .ok_or("an argument is missing: the number of films, such as 100000")?
        .parse()?;
    let url = std::env::var("DATABASE_URL")?;
    let db = Arc::new(Db::connect(&url, CONNECTIONS).await?);
    db.migrate().await?;
    let data = BenchData { films, history: 0, password_hash: String::new() };
    let begun = Instant::now();
    if bench_data::fill(&PgPool::connect(&url).await?, &data).await.is_ok() {
        println!("filled with {films} films in {:.0?}", begun.elapsed());
    }
    if std::env::args().nth(2).is_some() {
        for text in QUERIES.lines() {
            let Some(query) = index::query(text) else { continue };
            let mut least = Duration::MAX;
            let mut count = 0;
            for _ in 0..5 {
                let asked = Instant::now();
                count = search::find(&db, &query, Audience::Anonymous, None, 21).await?.len();
                least = least.min(asked.elapsed());
            }
            let asked = Instant::now();
            let suggested = search::suggest(&db, &query, Audience::Anonymous, 8).await?.items.len();
            println!("{least:>10.2?} {count:>3}  {:>10.2?} {suggested:>2}  {text}", asked.elapsed());
        }
    }
    for suggest in [false, true] {
        let end = Instant::now() + Duration::from_secs(SECONDS);
        let workers: Vec<_> = (0..CONNECTIONS as usize)
            .map(|worker| {
                let db = Arc::clone(&db);
                tokio::spawn(async move {
                    let mut times = Vec::new();
                    let mut queries = QUERIES.lines().cycle().skip(worker * 5);
                    while Instant::now() < end {
                        let asked = Instant::now();
                        let Some(query) = queries.next().and_then(index::query) else { continue };
                        if suggest {
                            search::suggest(&db, &query, Audience::Anonymous, 8).await?;
                        } else {
                            search::find(&db, &query, Audience::Anonymous, None, 21).await?;
                        }
                        times.push(asked.elapsed());
                    }
                    Ok::<_, db::DbError>(times)
                })
            })
            .collect();
        let mut times = Vec::new();
        for worker in workers {
            times.extend(worker.await??);
        }
        times.sort_unstable();
        println!(
            "{}: {} films, {}/s, p50 {:.1?}, p99 {:.1?}, max {:.1?}",
            if suggest { "suggestions" } else { "search" },
            films,
            times.len() as u64 / SECONDS,
            times[times.len() / 2],
            times[times.len() * 99 / 100],
            times[times.len() - 1],
        );
    }
    Ok(())
}
