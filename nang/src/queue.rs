//! `nang queue`: how much work waits, for people and for engines that start and stop workers.

use std::{collections::BTreeMap, io::Write, process::ExitCode};

use db::queue::Depth;
use serde::Serialize;

use crate::{
    admin::database::Database,
    cli::{DepthArgs, QueueCommand},
    settings::Settings,
};

/// Numbers of jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct Jobs {
    /// Jobs that a worker could claim now.
    waiting: u64,
    /// Jobs that no worker may claim yet.
    later: u64,
    /// Jobs that a worker runs.
    running: u64,
}

/// The jobs of all kinds, and of each.
#[derive(Debug, Serialize)]
struct Report {
    #[serde(flatten)]
    all: Jobs,
    kinds: BTreeMap<&'static str, Jobs>,
}

pub(crate) async fn run(settings: Settings, command: QueueCommand) -> anyhow::Result<ExitCode> {
    let QueueCommand::Depth(DepthArgs { json }) = command;
    let database = Database::open(&settings).await?;
    let depth = db::queue::depth(&database.db).await;
    database.close().await?;
    let depth = depth?;
    let text = if json { serde_json::to_string(&report(&depth))? + "\n" } else { table(&depth) };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn report(depth: &[Depth]) -> Report {
    let kinds: BTreeMap<_, _> = depth.iter().map(|one| (one.kind.as_str(), Jobs::from(one))).collect();
    Report { all: sum(depth), kinds }
}

/// Returns one line for each kind that has jobs, and the sums.
fn table(depth: &[Depth]) -> String {
    let line = |name: &str, jobs: Jobs| {
        format!("{name:<16} {:>8} {:>8} {:>8}\n", jobs.waiting, jobs.later, jobs.running)
    };
    let mut text = format!("{:<16} {:>8} {:>8} {:>8}\n", "kind", "waiting", "later", "running");
    for (kind, jobs) in depth.iter().map(|one| (one.kind, Jobs::from(one))) {
        if jobs != Jobs::default() {
            text += &line(kind.as_str(), jobs);
        }
    }
    text + &line("all", sum(depth))
}

fn sum(depth: &[Depth]) -> Jobs {
    depth.iter().map(Jobs::from).fold(Jobs::default(), |sum, jobs| Jobs {
        waiting: sum.waiting + jobs.waiting,
        later: sum.later + jobs.later,
        running: sum.running + jobs.running,
    })
}

impl From<&Depth> for Jobs {
    fn from(depth: &Depth) -> Self {
        Self { waiting: depth.waiting, later: depth.later, running: depth.running }
    }
}

#[cfg(test)]
mod tests {
    use db::queue::{Depth, JobKind};

    #[test]
    fn the_table_has_a_line_for_each_kind_with_jobs_and_the_sums() {
        let depth = [
            Depth { kind: JobKind::Probe, waiting: 0, later: 0, running: 0 },
            Depth { kind: JobKind::EncodeChunk, waiting: 118, later: 0, running: 2 },
            Depth { kind: JobKind::Collect, waiting: 0, later: 7, running: 0 },
        ];
        assert_eq!(
            super::table(&depth),
            "kind              waiting    later  running\n\
             encode_chunk          118        0        2\n\
             collect                 0        7        0\n\
             all                   118        7        2\n"
        );
        let json = serde_json::to_value(super::report(&depth)).unwrap();
        assert_eq!((&json["waiting"], &json["later"], &json["running"]), (&118.into(), &7.into(), &2.into()));
        assert_eq!(json["kinds"]["encode_chunk"]["running"], 2);
        assert_eq!(json["kinds"]["probe"]["waiting"], 0);
    }
}
