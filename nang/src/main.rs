//! The `nang` binary: matches a subcommand to its role, and little else.

mod admin;
mod cli;
mod clock;
mod encode;
mod import;
mod pages;
mod postgres;
mod probe;
mod profile;
mod progress;
mod role;
mod secrets;
mod settings;
mod shutdown;
mod telemetry;

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use cli::{Cli, Command};

/// glibc keeps what each thread once needed: 19 MiB for every thread that has hashed a password.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long calls to the file system may take to end after all else has.
const BLOCKING_THREADS: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    // Before anything else runs: children (above all those that read masters) must inherit no descriptor but the ones given to them.
    close_fds::set_fds_cloexec(3, &[]);
    let cli = Cli::parse();
    if let Command::Media = cli.command {
        return media::child_main();
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            telemetry::complain(&anyhow::Error::new(error).context("cannot start threads"));
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(run(cli));
    // A thread that hangs in a system call must not keep the process.
    runtime.shutdown_timeout(BLOCKING_THREADS);
    match result {
        Ok(code) => code,
        Err(error) => {
            telemetry::complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let settings = || settings::Settings::load(cli.config.as_deref());
    match cli.command {
        Command::Up(args) => role::up(settings()?.with_data(args.data).with_listen(args.listen)).await,
        Command::Api(args) => role::api(settings()?.with_listen(args.listen)).await,
        Command::Origin(args) => role::origin(settings()?.with_listen(args.listen)).await,
        Command::Worker => role::worker(settings()?).await,
        Command::Migrate => role::migrate(settings()?).await,
        Command::Import(args) => import::run(args).await,
        Command::Admin(args) => admin::run(settings()?.with_data(args.data), args.command).await,
        Command::Encode(args) => encode::run(args, settings()?.sandbox).await,
        Command::Probe(args) => probe::run(args, settings()?.sandbox).await,
        Command::Config => settings()?.print(),
        Command::Media => unreachable!("handled before the runtime starts"),
    }
}
