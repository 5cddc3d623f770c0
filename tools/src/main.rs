//! `nang-tools`: what fills a Nang with made-up films, for a first look and for benchmarks. The server does not need it.

mod bench_data;
mod clock;
mod demo;
mod site;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use site::Site;

/// Fills a running Nang with made-up films.
#[derive(Parser)]
#[command(name = "nang-tools", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    site: Site,
    #[command(subcommand)]
    command: Command,
}

/// What to fill it with.
#[derive(Subcommand)]
enum Command {
    /// Adds 40 made-up films with people, categories, drawn posters and clips to play
    #[command(
        after_help = "Example:\n  nang-tools --data /srv/nang demo\n\n`nang up` must be running. A second run adds nothing."
    )]
    Demo,
    /// Fills an empty database with made-up films and viewers, for benchmarks
    #[command(
        name = "bench-data",
        after_help = "Example:\n  nang-tools --data /tmp/bench bench-data --films 100000 --history 1000000"
    )]
    BenchData(BenchDataArgs),
}

/// `nang-tools bench-data`
#[derive(Args)]
struct BenchDataArgs {
    /// Films; none of them can be played
    #[arg(long, value_name = "N")]
    films: usize,
    /// Films that viewers watched; one viewer for each hundred
    #[arg(long, value_name = "N", default_value_t = 0)]
    history: usize,
}

#[tokio::main]
#[expect(clippy::print_stderr, reason = "the terminal is where a command's user is")]
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
