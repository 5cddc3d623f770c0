//! `nang storage`: what a store can do, and moving objects from one store to another.

mod transfer;

use std::{io::Write, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use storage::{Capability, Storage};

use crate::{clock, role, settings::Settings, telemetry};

/// `nang storage`
#[derive(Args)]
pub(crate) struct StorageArgs {
    /// Data folder of `nang up`, in which its storage is unless `NANG_STORAGE` is set [default: as for `nang up`]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: StorageCommand,
}

/// The subcommands of `nang storage`.
#[derive(Subcommand)]
pub(crate) enum StorageCommand {
    /// Tries what a storage can do, in plain words; the exit status is 1 if Nang cannot use it
    #[command(
        after_help = "Example:\n  nang storage check 's3://films?endpoint=https://s3.example.org&region=eu-1'"
    )]
    Check(StorageCheckArgs),
    /// Copies every object from one storage to another and compares hashes; the same command resumes after an interruption
    #[command(after_help = "Example, while films are watched:\n  \
                      1. Set NANG_STORAGE=s3://films?endpoint=https://s3.example.org and NANG_FORMER_STORAGE=file:///srv/nang/storage.\n     \
                         Stop the workers; restart the origins, then the API; start the workers.\n  \
                      2. nang storage move file:///srv/nang/storage 's3://films?endpoint=https://s3.example.org'\n  \
                      3. Remove NANG_FORMER_STORAGE, and restart in the same order.\n  \
                      4. nang storage move file:///srv/nang/storage 's3://films?endpoint=https://s3.example.org' --delete\n\n\
                      NANG_FORMER_MASTERS does the same for masters that have a storage of their own.")]
    Move(StorageMoveArgs),
}

/// `nang storage check`
#[derive(Args)]
pub(crate) struct StorageCheckArgs {
    /// URL of the storage [default: those of the settings]
    pub(crate) url: Option<String>,
}

/// `nang storage move`
#[derive(Args)]
pub(crate) struct StorageMoveArgs {
    /// URL of the storage that has the objects
    pub(crate) from: String,
    /// URL of the storage that gets them
    pub(crate) to: String,
    /// Move only these objects; the others stay in FROM
    #[arg(long, value_name = "WHAT")]
    pub(crate) only: Option<StorageMovePart>,
    /// Copy nothing, and delete from FROM each object that TO has with the same bytes
    #[arg(long)]
    pub(crate) delete: bool,
}

/// What `nang storage move` moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StorageMovePart {
    /// Masters
    Masters,
    /// Everything but masters
    Films,
}

pub(crate) async fn run(settings: Settings, command: StorageCommand) -> anyhow::Result<ExitCode> {
    telemetry::start(&settings)?;
    match command {
        StorageCommand::Check(args) => check(&settings, args).await,
        StorageCommand::Move(args) => transfer::run(args).await,
    }
}

async fn check(settings: &Settings, args: StorageCheckArgs) -> anyhow::Result<ExitCode> {
    let storage = match &args.url {
        Some(url) => Storage::from_url(url).await.context("the storage cannot be used")?,
        None => role::storage(settings).await?,
    };
    let mut is_usable = true;
    for (place, capabilities) in storage.check(clock::unix_seconds()).await {
        print(&format!("{place}:"));
        for Capability { name, is_needed, result } in capabilities {
            let (mark, detail) = match &result {
                Ok(detail) => ("ok  ", detail),
                Err(reason) if is_needed => ("FAIL", reason),
                Err(reason) => ("no  ", reason),
            };
            is_usable &= result.is_ok() || !is_needed;
            let colon = if detail.is_empty() { "" } else { ": " };
            print(&format!("  {mark} {name}{colon}{detail}"));
        }
    }
    print(if is_usable { "Nang can use this storage" } else { "Nang cannot use this storage" });
    Ok(if is_usable { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(line: &str) {
    // A reader that has gone away does not end the work.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
