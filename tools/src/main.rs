//! `nang-tools`: fills a Nang with invented films, for a first look and for benchmarks. The server does not need it.

mod bench_data;
mod clock;
mod demo;
mod site;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use site::Site;

/// Fills a running Nang with invented films.
#[derive(Parser)]
#[command(name = "nang-tools", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    site: Site,
    #[command(subcommand)]
    command: Command,
}

/// What to add.
#[derive(Subcommand)]
enum Command {
    /// Adds 40 invented films with people, categories, drawn posters and playable clips
    #[command(
        after_help = "Example:\n  nang-tools --data /srv/nang demo\n\n`nang up` must be running. A second run adds only what is missing."
    )]
    Demo,
    /// Fills an empty database with invented films and viewers, for benchmarks
    #[command(
        name = "bench-data",
        after_help = "Example:\n  nang-tools --data /tmp/bench bench-data --films 100000 --history 1000000"
    )]
    BenchData(BenchDataArgs),
}

/// Arguments of `nang-tools bench-data`
#[derive(Args)]
struct BenchDataArgs {
    /// Number of films; they cannot be played
    #[arg(long, value_name = "N")]
    films: usize,
    /// Number of watched films in the viewers' histories; adds one viewer for each hundred
    #[arg(long, value_name = "N", default_value_t = 0)]
    history: usize,
}

#[tokio::main]
#[expect(clippy::print_stderr, reason = "this command reports errors on the terminal")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Demo => demo::run(&cli.site).await,
        Command::BenchData(args) => bench_data::run(&cli.site, args).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nang-tools: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("  because: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}
