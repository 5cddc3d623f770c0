//! `nang-tools bench-data`: a catalogue for benchmarks.

use std::time::Instant;

use anyhow::{Context, ensure};
use bench_data::BenchData;

use crate::{BenchDataArgs, site::Site};

/// The password of all viewers.
const PASSWORD: &str = "made up to be measured";

#[expect(clippy::print_stdout, reason = "this command's output")]
pub(crate) async fn run(site: &Site, args: BenchDataArgs) -> anyhow::Result<()> {
    ensure!(args.films > 0, "--films must be at least 1");
    let pool = site.database().await?;
    let started = Instant::now();
    let password_hash = api::password::hash(PASSWORD.to_owned()).await?;
    let data = BenchData { films: args.films, history: args.history, password_hash };
    bench_data::fill(&pool, &data).await.context("could not fill the database with benchmark data")?;
    println!(
        "Added {} films and {} history entries in {:.0?}. The viewers are viewer-1@bench.example and so on, with the password {PASSWORD:?}.",
        args.films,
        args.history,
        started.elapsed()
    );
    Ok(())
}
