//! `nang probe`: shows what Nang reads from a master and how it would encode it.

use std::{process::ExitCode, sync::Arc};

use anyhow::Context;
use domain::child::SandboxMode;
use worker::{report::ProbeReport, sandbox::FileMaster};

use crate::{cli::ProbeArgs, profile, role};

/// Prints the report. The exit status is 1 if Nang would refuse the master.
#[expect(clippy::print_stdout, reason = "this command's output")]
pub(crate) async fn run(args: ProbeArgs, sandbox: SandboxMode) -> anyhow::Result<ExitCode> {
    let profile = profile::load(&args.profile)?;
    let master =
        FileMaster::open(&args.master).with_context(|| format!("cannot read {}", args.master.display()))?;
    let facts = role::sandbox::for_command(sandbox).await?.probe(Arc::new(master)).await?.facts;
    let report = ProbeReport::new(&profile, facts);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", report.to_table());
    }
    Ok(if report.is_refused() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
