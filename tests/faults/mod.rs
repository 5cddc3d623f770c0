//! Faults during encoding: processes that are killed at any moment, workers that are suspended and resume too late, and masters that
//! end every worker that reads them. Each film must be complete, or fail with a reason.

mod kill;
mod restart;

use std::time::Duration;

use db::{
    Db,
    audit::Author,
    upload::{self, NewFile},
};
use domain::id::FileId;
use rustix::process::Signal;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::support::{Process, Site, eventually, master, sandboxes, signal};

/// Long, because a film takes many times as long on a busy machine.
const LIMIT: Duration = Duration::from_mins(10);

/// Waits until a child of `worker` encodes a chunk, and returns the job.
async fn wait_for_chunk(site: &Site, token: &str, worker: &Process) -> Value {
    eventually("a chunk to be encoded", LIMIT, async || {
        let jobs = site.get(token, "/api/admin/jobs?state=running").await?;
        let job = jobs["items"].as_array()?.iter().find(|job| job["kind"] == "encode_chunk")?.clone();
        (!sandboxes(worker.id()).is_empty()).then_some(job)
    })
    .await
}

#[tokio::test]
async fn a_suspended_worker_that_resumes_neither_completes_nor_takes_back_its_job() {
    let site = Site::start(0).await;
    let token = site.log_in().await;
    let file = master(site.path(), 25);
    let suspended = site.start_worker("suspended");
    let _import = site.import(&file, &["--title", "resumed", "--wait"]);
    let job = wait_for_chunk(&site, &token, &suspended).await;
    let path = format!("/api/admin/jobs/{}", job["id"].as_str().unwrap());
    signal(suspended.id(), Signal::STOP);

    let second = site.start_worker("second");
    eventually("the second worker to take the job", LIMIT, async || {
        let job = site.get(&token, &path).await?;
        (job["attempts"].as_i64() == Some(2) || job["attempts"].as_array().is_some_and(|all| all.len() == 2))
            .then_some(())
    })
    .await;
    signal(suspended.id(), Signal::CONT);
    eventually("the suspended worker to notice", LIMIT, async || {
        site.read_log("suspended").contains("Lost the lease").then_some(())
    })
    .await;
    let film = site.settled(&token, "resumed", LIMIT).await;
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
async fn a_job_that_kills_every_worker_becomes_dead_with_a_reason() {
    let site = Site::start(0).await;
    let token = site.log_in().await;
    let file = master(site.path(), 25);
    let mut import = site.import(&file, &["--title", "deadly", "--wait"]);
    let mut deaths = 0;
    let film = loop {
        let mut worker = site.start_worker("victim");
        let film =
            eventually("a chunk whose worker can be killed, or the end of the film", LIMIT, async || {
                let film = site.film(&token, "deadly").await?;
                if film["status"] == "failed" {
                    return Some(Some(film));
                }
                let jobs = site.get(&token, "/api/admin/jobs?state=running").await?;
                // Only the worker of the first chunk is killed, once for each attempt.
                let running = |job: &Value| {
                    job["kind"] == "encode_chunk"
                        && job["index"] == 0
                        && job["attempts"].as_u64() == Some(deaths + 1)
                };
                let is_running = jobs["items"].as_array()?.iter().any(running);
                (is_running && !sandboxes(worker.id()).is_empty()).then_some(None)
            })
            .await;
        if let Some(film) = film {
            break film;
        }
        worker.kill();
        deaths += 1;
        assert!(deaths <= 9, "the job has too many attempts");
    };
    let reason = film["failure"].as_str().unwrap();
    assert!(reason.contains("stopped responding") && reason.contains(&deaths.to_string()), "{reason}");
    assert!(film["build_id"].is_null(), "no build must be visible: {film:#}");
    assert!(!import.0.wait().unwrap().success(), "the import must fail");
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
        assert!(site.read_log(worker).contains("encode_chunk"), "{worker} ran no job");
    }
    drop((first, second));
}

#[tokio::test]
async fn the_api_role_expires_uploads() {
    let site = Site::start(0).await;
    let token = site.log_in().await;
    let body = json!({ "titles": { "en": "abandoned" }, "profile": "fast" });
    let (status, film) = site.post(&token, "/api/admin/films", &body).await;
    assert_eq!(status, 201, "{film:#}");
    let db = Db::connect(&site.database_url(), 2).await.unwrap();
    let new = NewFile {
        id: FileId(Uuid::now_v7()),
        film_id: film["id"].as_str().unwrap().parse().unwrap(),
        name: "film.mov".to_owned(),
        size_bytes: 100,
        expires_at: OffsetDateTime::UNIX_EPOCH,
    };
    upload::create(&db, &Author::NANG, new).await.unwrap();
    // The site's own server has already swept, and sweeps again in ten minutes.
    let api = site.start_api("api");
    eventually("the upload to expire", Duration::from_mins(2), async || {
        let film = site.film(&token, "abandoned").await?;
        (film["files"][0]["state"] == "expired").then_some(())
    })
    .await;
    drop(api);
}

#[tokio::test]
async fn idle_slots_do_not_use_up_the_database_connections() {
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
    assert!(!site.read_log("server").contains("Cannot claim a job"), "{}", site.read_log("server"));
}

#[tokio::test]
async fn a_retry_repairs_objects_that_were_damaged_in_storage() {
    let site = Site::start(0).await;
    let token = site.log_in().await;
    let file = master(site.path(), 25);
    let worker = site.start_worker("worker");
    let mut import = site.import(&file, &["--title", "damaged", "--wait"]);
    // Audio is encoded first, so it is complete while chunks are encoded.
    let chunk = wait_for_chunk(&site, &token, &worker).await;
    let film = site.film(&token, "damaged").await.unwrap();
    let build = chunk["build_id"].as_str().unwrap();
    let folder = site.builds_folder(&film).join(build);
    let mut audio: Vec<_> =
        std::fs::read_dir(folder.join("a1")).unwrap().map(|entry| entry.unwrap().path()).collect();
    audio.sort();
    // Of the init segment and the media segments, every other one is altered and the others are deleted.
    assert!(audio.len() > 3, "{audio:?}");
    for (place, path) in audio.iter().enumerate() {
        if place % 2 == 0 {
            let mut bytes = std::fs::read(path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(path, bytes).unwrap();
        } else {
            std::fs::remove_file(path).unwrap();
        }
    }
    let failed = site.settled(&token, "damaged", LIMIT).await;
    assert_eq!(failed["status"], "failed", "{failed:#}");
    let failure = failed["failure"].as_str().unwrap();
    assert!(failure.contains("/a1/") && failure.contains("more objects"), "{failure}");
    assert!(!import.0.wait().unwrap().success());

    let dead = site.get(&token, "/api/admin/jobs?state=dead").await.unwrap();
    let path = format!("/api/admin/jobs/{}/retry", dead["items"][0]["id"].as_str().unwrap());
    let (status, body) = site.post(&token, &path, &Value::Null).await;
    assert!((200..300).contains(&status), "{status}: {body:#}");
    let film = eventually("the film to be ready", LIMIT, async || {
        let film = site.film(&token, "damaged").await?;
        assert!(film["status"] != "failed" || film["failure"] == failed["failure"], "{film:#}");
        (film["status"] == "ready").then_some(film)
    })
    .await;
    assert_eq!(film["build_id"], build, "the retry must repair the build instead of starting another");
    let chunk =
        site.get(&token, &format!("/api/admin/jobs/{}", chunk["id"].as_str().unwrap())).await.unwrap();
    assert_eq!(
        chunk["attempt_log"].as_array().unwrap().len(),
        1,
        "an intact chunk must not be encoded again: {chunk:#}"
    );
}
