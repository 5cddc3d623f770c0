//! `nang doctor`: checks this installation and says in plain words what is wrong and how to mend it.
//!
//! It changes nothing but test files, which it deletes. Every check is made although others fail. Where start-up or the readiness of a
//! server makes the same check, the same function makes it here.

mod database;
mod disk;
mod finding;
mod keys;
mod machine;
mod nginx;
mod web;

use std::{io::Write, process::ExitCode, time::Duration};

use anyhow::Context;
use serde::Serialize;

use self::finding::{Finding, Level};
use crate::{
    cli::{DoctorArgs, DoctorRole},
    settings::Settings,
};

/// Time limit of one check.
const LIMIT: Duration = Duration::from_secs(20);

/// The result of all checks.
#[derive(Serialize)]
struct Report {
    level: Level,
    checks: Vec<Finding>,
}

/// Runs the checks. The exit status is 1 if something is wrong, and 0 if there are only warnings.
pub(crate) async fn run(settings: anyhow::Result<Settings>, args: DoctorArgs) -> anyhow::Result<ExitCode> {
    let checks = match settings {
        Ok(settings) => check(&settings.with_data(args.data), args.role).await,
        Err(error) => vec![Finding::wrong(
            "settings",
            format!("{error:#}"),
            "correct the setting; `nang config` shows the settings in use",
        )],
    };
    let level = checks.iter().map(|check| check.level).max().unwrap_or(Level::Ok);
    let report = Report { level, checks };
    let text = if args.json { serde_json::to_string_pretty(&report)? + "\n" } else { lines(&report) };
    std::io::stdout().write_all(text.as_bytes()).context("cannot print the result")?;
    Ok(if level == Level::Wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn check(settings: &Settings, role: DoctorRole) -> Vec<Finding> {
    let serves = role != DoctorRole::Worker;
    let has_database = role != DoctorRole::Origin;
    let encodes = matches!(role, DoctorRole::Worker) || (role == DoctorRole::Up && settings.worker_jobs > 0);
    let mut found = vec![settings_in_use(settings)];
    found.extend(disk::account(settings));
    if has_database {
        found.extend(within("postgresql", database::check(settings)).await);
    }
    found.extend(within("clock", async { vec![machine::synchronized().await] }).await);
    found.extend(within("storage", disk::storage(settings)).await);
    found.extend(disk::folders(settings, role));
    if serves {
        found.extend(keys::check(settings, role));
    }
    if encodes {
        found.extend(within("sandbox", machine::sandbox(settings)).await);
        found.push(machine::libraries());
    }
    if serves {
        found.extend(within("address", async { vec![web::address(settings).await] }).await);
        found.extend(within("public_url", async { vec![web::public_url(settings).await] }).await);
        found.push(web::proxies(settings));
        found.extend(within("nginx", nginx::check(settings)).await);
    }
    if matches!(role, DoctorRole::Up | DoctorRole::Api) {
        found.extend(within("mail", async { vec![web::mail(settings).await] }).await);
    }
    found
}

/// Ends a check that hangs.
async fn within(name: &'static str, check: impl Future<Output = Vec<Finding>>) -> Vec<Finding> {
    tokio::time::timeout(LIMIT, check).await.unwrap_or_else(|_| {
        vec![Finding::wrong(
            name,
            format!("did not answer within {} s", LIMIT.as_secs()),
            "check whether this machine, its disks and its network are overloaded or hang",
        )]
    })
}

fn settings_in_use(settings: &Settings) -> Finding {
    match &settings.unknown_variables[..] {
        [] => Finding::ok("settings", "all settings are valid"),
        unknown => Finding::warning(
            "settings",
            format!("these variables are not settings of Nang: {}", unknown.join(", ")),
            "correct or remove them; `nang config` lists the settings",
        ),
    }
}

/// Returns one line for each check, and a last line with the sum.
fn lines(report: &Report) -> String {
    let mut lines: Vec<_> = report.checks.iter().map(Finding::to_string).collect();
    let count = |level| report.checks.iter().filter(|check| check.level == level).count();
    let sum = match (count(Level::Wrong), count(Level::Warning)) {
        (0, 0) => "Everything is in order.".to_owned(),
        (0, warnings) => format!("Nothing is wrong; warnings: {warnings}."),
        (wrong, warnings) => format!("Wrong: {wrong}; warnings: {warnings}."),
    };
    lines.push(sum);
    lines.join("\n") + "\n"
}
