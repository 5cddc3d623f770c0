//! `nang bench-data`: a catalogue to measure on.

use std::{process::ExitCode, time::Instant};

use anyhow::{Context, ensure};
use db::bench_data::{self, BenchData};

use crate::{admin::Database, cli::BenchDataArgs, settings::Settings};

/// Of all viewers; their films are nobody's.
const PASSWORD: &str = "made up to be measured";

#[expect(clippy::print_stdout, reason = "this command's output")]
pub(crate) async fn run(args: BenchDataArgs, settings: Settings) -> anyhow::Result<ExitCode> {
    ensure!(args.films > 0, "--films must be at least 1");
    let database = Database::open(&settings.with_data(args.data)).await?;
    let begun = Instant::now();
    let filled = fill(&database.db, args.films, args.history).await;
    let closed = database.close().await;
    filled?;
    closed?;
    println!(
        "{} films and {} watched films in {:.0?}; viewers are viewer-1@bench.example and so on, their password is {PASSWORD:?}",
        args.films,
        args.history,
        begun.elapsed()
    );
    Ok(ExitCode::SUCCESS)
}

async fn fill(db: &db::Db, films: usize, history: usize) -> anyhow::Result<()> {
    let password_hash = api::password::hash(PASSWORD.to_owned()).await?;
    let data = BenchData { films, history, password_hash };
    bench_data::fill(db, &data, false).await.context("nothing was written")
}
