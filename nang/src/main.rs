//! The `nang` binary: runs the role or the command that its subcommand names.

mod admin;
mod allocator;
mod backup;
mod cli;
mod clock;
mod doctor;
mod encode;
mod fsck;
mod import;
mod pages;
mod postgres;
mod probe;
mod profile;
mod progress;
mod queue;
mod role;
mod secrets;
mod settings;
mod shutdown;
mod storage_tool;
mod subtitle_file;
mod telemetry;
mod work;

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use cli::{Cli, Command};

/// How long blocking calls to the file system may still run after everything else has ended.
const BLOCKING_TIMEOUT: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    allocator::set_options();
    // First of all: child processes, above all those that read masters, must inherit only the descriptors that are passed to them.
    close_fds::set_fds_cloexec(3, &[]);
    let cli = Cli::parse();
    if let Command::Media = cli.command {
        return media::child_main();
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            telemetry::print_error(&anyhow::Error::new(error).context("cannot start the Tokio runtime"));
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(run(cli));
    telemetry::flush();
    // A thread that hangs in a system call must not keep the process running.
    runtime.shutdown_timeout(BLOCKING_TIMEOUT);
    match result {
        Ok(code) => code,
        Err(error) => {
            telemetry::print_error(&error);
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
        Command::Worker(args) => role::worker(settings()?, args).await,
        Command::Migrate => role::migrate(settings()?).await,
        Command::Backup(args) => {
            let settings = settings()?.with_data(args.data.clone());
            backup::create(settings, settings::file(cli.config.as_deref()), args).await
        }
        Command::Restore(args) => backup::restore(settings()?.with_data(args.data.clone()), args).await,
        Command::Doctor(args) => Box::pin(doctor::run(settings(), args)).await,
        Command::Queue(args) => queue::run(settings()?.with_data(args.data), args.command).await,
        Command::Import(args) => import::run(args).await,
        Command::Admin(args) => admin::run(settings()?.with_data(args.data), args.command).await,
        Command::Encode(args) => encode::run(args, settings()?.sandbox).await,
        Command::Probe(args) => probe::run(args, settings()?.sandbox).await,
        Command::Storage(args) => storage_tool::run(settings()?.with_data(args.data), args.command).await,
        Command::Fsck(args) => {
            let settings = settings()?.with_data(args.data.clone());
            fsck::run(settings, args).await
        }
        Command::Config => settings()?.print(),
        Command::Media => unreachable!("handled before the runtime starts"),
    }
}
