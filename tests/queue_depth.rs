//! The depth of the queue, and workers that end when there is no work.

use std::{process::Stdio, time::Duration};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Process, Site, eventually, master, sandboxes, signal};

const LIMIT: Duration = Duration::from_mins(5);

/// Starts `nang worker --exit-when-idle`.
fn start_worker(site: &Site, name: &str) -> Process {
    let log = std::fs::File::create(site.path().join(format!("{name}.log"))).unwrap();
    let mut command = site.command(&["worker", "--exit-when-idle"]);
    command.env("NANG_DATABASE_URL", site.database_url()).env("NANG_WORKER_JOBS", "2");
    Process(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
}

async fn depth(site: &Site) -> Value {
    let output = site.run(&["queue", "depth", "--json"]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn a_worker_without_work_ends_and_one_that_is_stopped_returns_its_job() {
    let site = Site::start(0).await;
    let token = site.log_in().await;
    let mut idle = start_worker(&site, "idle");
    let status = eventually("the worker to end", LIMIT, async || idle.0.try_wait().unwrap()).await;
    assert!(status.success(), "{status}: {}", site.read_log("idle"));
    assert_eq!(depth(&site).await["waiting"], 0);

    let mut import = site.import(&master(site.path(), 20), &["--title", "Depth"]);
    let status = eventually("the upload to end", LIMIT, async || import.0.try_wait().unwrap()).await;
    assert!(status.success(), "{}", site.read_log("import"));
    let waiting = depth(&site).await;
    assert_eq!(
        (&waiting["waiting"], &waiting["kinds"]["probe"]["waiting"]),
        (&1.into(), &1.into()),
        "{waiting}"
    );
    let table = String::from_utf8(site.run(&["queue", "depth"]).await.stdout).unwrap();
    assert!(table.lines().any(|line| line.split_whitespace().eq(["probe", "1", "0", "0"])), "{table}");

    let mut stopped = start_worker(&site, "stopped");
    eventually("the worker to encode", LIMIT, async || {
        let builds = site.film(&token, "Depth").await?["builds"].clone();
        let encodes = builds.as_array()?.iter().any(|build| build["state"] == "encoding");
        (encodes && !sandboxes(stopped.id()).is_empty()).then_some(())
    })
    .await;
    assert!(depth(&site).await["running"].as_u64().unwrap() > 0);
    signal(stopped.id(), Signal::TERM);
    let status = eventually("the worker to stop", LIMIT, async || stopped.0.try_wait().unwrap()).await;
    assert!(status.success(), "{status}: {}", site.read_log("stopped"));
    let left = depth(&site).await;
    assert!(left["waiting"].as_u64().unwrap() > 0 && left["running"] == 0, "{left}");

    let mut last = start_worker(&site, "last");
    let status = eventually("the worker to end", LIMIT, async || last.0.try_wait().unwrap()).await;
    assert!(status.success(), "{status}: {}", site.read_log("last"));
    let film = site.film(&token, "Depth").await.unwrap();
    assert_eq!(film["status"], "ready", "{film:#}");
    let done = depth(&site).await;
    assert_eq!((&done["waiting"], &done["running"]), (&0.into(), &0.into()), "{done}");
}
