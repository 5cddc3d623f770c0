//! Measures the cost of the sandbox: encodes one chunk of a master in turn with a sandboxed child and with a child that has only the
//! resource limits.
//!
//! Prints the medians of wall time and CPU time of both, and the difference. `tests/bench/sandbox` runs this.
#![allow(clippy::print_stdout, reason = "its output")]

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use anyhow::{Context as _, ensure};
use domain::{
    child::{Limits, Part, Task},
    key::BuildRoot,
    plan::Plan,
    planner,
    profile::Profile,
};
use storage::Storage;
use worker::{
    objects::BuildObjects,
    sandbox::{FileMaster, Sandbox},
};

/// The names under which this program runs as one of the two children.
const SANDBOXED: &str = "sandboxed";
const LIMITED: &str = "limited";

fn main() -> ExitCode {
    let called = std::env::args_os().next().unwrap_or_default();
    match Path::new(&called).file_name().and_then(|name| name.to_str()) {
        Some(SANDBOXED) => return media::child_main(),
        Some(LIMITED) => return media::child_main_with_limits_only(),
        _ => close_fds::set_fds_cloexec(3, &[]),
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime.context("no runtime").and_then(|runtime| runtime.block_on(measure())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let master = PathBuf::from(arguments.next().context("usage: sandbox_cost MASTER [PAIRS]")?);
    let pairs: usize = arguments.next().map_or(Ok(7), |pairs| pairs.to_string_lossy().parse())?;
    ensure!(pairs > 0, "PAIRS must be at least 1");
    let master = Arc::new(FileMaster::open(&master)?);
    let folder = tempfile::tempdir()?;
    let child = |name: &str| -> anyhow::Result<Sandbox> {
        let path = folder.path().join(name);
        symlink(std::env::current_exe()?, &path)?;
        Ok(Sandbox::new(path, Limits::default()))
    };
    let children = [child(SANDBOXED)?, child(LIMITED)?];
    let probed = children[0].probe(Arc::clone(&master)).await?;
    let profile = Profile::shipped("default").context("there is no profile `default`")?;
    let plan = planner::plan(profile, &probed.facts).map_err(anyhow::Error::msg)?;
    let plan = Plan { libraries: Some(probed.libraries), ..plan };
    let (mut wall, mut processor) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    // The first pair warms the page cache.
    for pair in 0..=pairs {
        for (which, sandbox) in children.iter().enumerate() {
            let (before, started) = (children_seconds()?, Instant::now());
            let storage = Storage::local(folder.path().join(format!("{pair}-{which}")))?;
            let task = Task { plan: plan.clone(), part: Part::Chunk { index: 0, group: 0 } };
            let objects = BuildObjects::new(storage, BuildRoot::Top);
            sandbox.encode(Arc::clone(&master), task, objects, |_| ()).await?;
            if pair > 0 {
                wall[which].push(started.elapsed().as_secs_f64());
                processor[which].push(children_seconds()? - before);
            }
        }
    }
    for (name, times) in [("wall", wall), ("processor", processor)] {
        let [sandboxed, limited] = times.map(median);
        let added = 100.0 * (sandboxed / limited - 1.0);
        println!("{name}: {sandboxed:.2} s in the sandbox, {limited:.2} s without, {added:+.2} %");
    }
    Ok(())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Returns the CPU time in seconds of all children that have ended: fields 16 and 17 of `proc_pid_stat(5)`, in hundredths of a
/// second.
fn children_seconds() -> anyhow::Result<f64> {
    let record = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<_> = record.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = fields.get(13..15).context("/proc/self/stat has too few fields")?;
    Ok((ticks[0].parse::<f64>()? + ticks[1].parse::<f64>()?) / 100.0)
}
