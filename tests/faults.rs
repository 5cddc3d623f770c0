//! What a machine room does to a pipeline: processes killed at any moment, workers that stop and wake too late, and
//! masters that kill whoever touches them. Films must come out whole, or fail with a reason.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::float_cmp, missing_docs)]

mod support;

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use support::{Process, Site, cages, eventually, master, signal};

/// Generous: on a machine that does other work too, a film takes many times as long.
const LIMIT: Duration = Duration::from_mins(10);

/// How many films are disturbed: 3 (one of each kind of victim) unless `NANG_FAULT_RUNS` says more.
fn runs() -> u64 {
    std::env::var("NANG_FAULT_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(3)
}

/// A small generator of repeatable choices (splitmix64).
fn scramble(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[tokio::test]
async fn a_film_survives_a_kill_at_any_moment_and_comes_out_the_same() {
    let mut site = Site::start(0).await;
    let mut worker = site.start_worker("worker");
    let token = site.log_in().await;
    let file = master(site.path(), 25);

    let started = Instant::now();
    let mut import = site.import(&file, &["--title", "undisturbed", "--wait"]);
    let film = site.settled(&token, "undisturbed", LIMIT).await;
    assert_eq!(film["status"], "ready", "{film:#}\n{}", site.read_log("worker"));
    assert!(import.0.wait().unwrap().success(), "{}", site.read_log("import"));
    let whole = started.elapsed();
    let expected = site.manifest(&film);
    eprintln!("undisturbed: {whole:.1?}");

    for run in 0..runs() {
        let title = format!("disturbed {run}");
        let fraction = scramble(run) % 1000;
        let victim = ["worker", "child", "server"][usize::try_from(run % 3).unwrap()];
        let started = Instant::now();
        let mut import = site.import(&file, &["--title", &title, "--wait"]);
        tokio::time::sleep(whole.mul_f64(f64::from(u32::try_from(fraction).unwrap()) / 1000.0)).await;
        match victim {
            "worker" => {
                worker.kill();
                worker = site.start_worker("worker");
            }
            "child" => {
                // The moment may fall between two children; the next one is as good.
                let child = eventually("a child", LIMIT, async || {
                    let film = site.film(&token, &title).await;
                    let over = film.is_some_and(|film| film["status"] == "ready");
                    cages(worker.id()).first().copied().or(over.then_some(0))
                })
                .await;
                if child != 0 {
                    signal(child, Signal::KILL);
                }
            }
            _ => {
                site.server().kill();
                site.start_server().await;
            }
        }
        let token = site.log_in().await;
        let film = site.settled(&token, &title, LIMIT).await;
        assert_eq!(
            film["status"],
            "ready",
            "run {run}, {victim} killed: {film:#}\n{}",
            site.read_log("worker")
        );
        assert!(site.manifest(&film) == expected, "run {run}, {victim} killed: another film came out");
        // The import lives through a server that is away, and forgets what it remembered for being resumed.
        eventually("the import to end", LIMIT, async || (!import.is_running()).then_some(())).await;
        assert!(import.0.wait().unwrap().success(), "{}", site.read_log("import"));
        eprintln!(
            "run {run}: {victim} killed at {:.0} %, ready after {:.1?}",
            f64::from(u32::try_from(fraction).unwrap()) / 10.0,
            started.elapsed()
        );
    }
}

/// Waits until `worker` has a child at work on a chunk.
async fn encoding(site: &Site, token: &str, worker: &Process) -> Value {
    eventually("a chunk to be encoded", LIMIT, async || {
        let jobs = site.get(token, "/api/admin/jobs?state=running").await?;
        let job = jobs["items"].as_array()?.iter().find(|job| job["kind"] == "encode_chunk")?.clone();
        (!cages(worker.id()).is_empty()).then_some(job)
    })
    .await
}

#[tokio::test]
async fn a_zombie_neither_completes_nor_steals() {
    let site = Site::start(0).await;
    let token = site.log_in().await;
    let file = master(site.path(), 25);
    let zombie = site.start_worker("zombie");
    let _import = site.import(&file, &["--title", "haunted", "--wait"]);
    let job = encoding(&site, &token, &zombie).await;
    let path = format!("/api/admin/jobs/{}", job["id"].as_str().unwrap());
    signal(zombie.id(), Signal::STOP);

    let second = site.start_worker("second");
    eventually("the second worker to take the job", LIMIT, async || {
        let job = site.get(&token, &path).await?;
        (job["attempts"].as_i64() == Some(2) || job["attempts"].as_array().is_some_and(|all| all.len() == 2))
            .then_some(())
    })
    .await;
    signal(zombie.id(), Signal::CONT);
    eventually("the zombie to notice", LIMIT, async || {
        site.read_log("zombie").contains("Lost the lease").then_some(())
    })
    .await;
    let film = site.settled(&token, "haunted", LIMIT).await;
    assert_eq!(film["status"], "ready", "{film:#}");

    let job = site.get(&token, &path).await.unwrap();
    let history = job["attempt_log"].as_array().unwrap();
    assert_eq!(history.len(), 2, "{job:#}");
    assert_ne!(history[0]["worker"], history[1]["worker"], "{job:#}");
    assert_eq!(history[0]["outcome"], "lease_expired", "{job:#}");
    assert_eq!(history[1]["outcome"], "done", "{job:#}");
    drop(second);
}

#[tokio::test]
async fn a_poison_job_ends_dead_and_says_why() {
    let site = Site::start(0).await;
    let token = site.log_in().await;
    let file = master(site.path(), 25);
    let mut import = site.import(&file, &["--title", "poison", "--wait"]);
    let mut deaths = 0;
    let film = loop {
        let mut worker = site.start_worker("victim");
        let film = eventually("a chunk to kill, or the end", LIMIT, async || {
            let film = site.film(&token, "poison").await?;
            if film["status"] == "failed" {
                return Some(Some(film));
            }
            let jobs = site.get(&token, "/api/admin/jobs?state=running").await?;
            // Only the first chunk is poison: the same job dies each time, once for each time it is handed out.
            let running = |job: &Value| {
                job["kind"] == "encode_chunk"
                    && job["index"] == 0
                    && job["attempts"].as_u64() == Some(deaths + 1)
            };
            let poisoned = jobs["items"].as_array()?.iter().any(running);
            (poisoned && !cages(worker.id()).is_empty()).then_some(None)
        })
        .await;
        if let Some(film) = film {
            break film;
        }
        worker.kill();
        deaths += 1;
        assert!(deaths <= 9, "the job is handed out for ever");
    };
    let reason = film["failure"].as_str().unwrap();
    assert!(reason.contains("died") && reason.contains(&deaths.to_string()), "{reason}");
    assert!(film["build_id"].is_null(), "nothing is visible: {film:#}");
    assert!(!import.0.wait().unwrap().success(), "the import says that it failed");
    assert!(site.read_log("import").contains(reason), "{}", site.read_log("import"));
}

#[tokio::test]
async fn two_workers_share_one_film() {
    let site = Site::start(0).await;
    let token = site.log_in().await;
    let file = master(site.path(), 45);
    let first = site.start_worker("first");
    let second = site.start_worker("second");
    let _import = site.import(&file, &["--title", "shared", "--wait"]);
    let film = site.settled(&token, "shared", LIMIT).await;
    assert_eq!(film["status"], "ready", "{film:#}");
    for worker in ["first", "second"] {
        assert!(site.read_log(worker).contains("encode_chunk"), "{worker} did nothing");
    }
    drop((first, second));
}

#[tokio::test]
async fn idle_slots_leave_the_database_to_those_who_ask() {
    let site = Site::start(20).await;
    let token = site.log_in().await;
    eventually("the server to be ready with all its slots idle", LIMIT, async || {
        let jobs = site.get(&token, "/api/admin/jobs").await?;
        let ready = site.get(&token, "/api/health/ready").await.is_some();
        (ready && jobs["items"].as_array()?.is_empty()).then_some(())
    })
    .await;
    let file = master(site.path(), 5);
    let _import = site.import(&file, &["--title", "among many", "--wait"]);
    let film = site.settled(&token, "among many", LIMIT).await;
    assert_eq!(film["status"], "ready", "{film:#}\n{}", site.read_log("server"));
    assert!(!site.read_log("server").contains("Cannot ask for work"), "{}", site.read_log("server"));
}
