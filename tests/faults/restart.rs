//! A server on a single machine that is killed and restarted: no other worker exists, so it resumes its jobs immediately.

use super::LIMIT;
use crate::support::{Site, eventually, master, sandboxes};

/// Seconds after which a lease expires: far more than this test may take.
const LEASE_SECONDS: &str = "3600";

#[tokio::test]
async fn a_restarted_server_on_a_single_machine_resumes_its_jobs_immediately() {
    let mut site = Site::start_with(1, &[("NANG_LEASE_SECONDS", LEASE_SECONDS)], None).await;
    let token = site.log_in().await;
    let file = master(site.path(), 25);
    let _import = site.import(&file, &["--title", "interrupted", "--wait"]);
    let server = site.server().id();
    let id = eventually("a chunk to be encoded", LIMIT, async || {
        let jobs = site.get(&token, "/api/admin/jobs?state=running").await?;
        let job = jobs["items"].as_array()?.iter().find(|job| job["kind"] == "encode_chunk")?.clone();
        (!sandboxes(server).is_empty()).then_some(job["id"].as_str()?.to_owned())
    })
    .await;
    site.server().kill();
    site.start_server().await;

    let token = site.log_in().await;
    let film = site.settled(&token, "interrupted", LIMIT).await;
    assert_eq!(film["status"], "ready", "{film:#}\n{}", site.read_log("server"));
    let job = site.get(&token, &format!("/api/admin/jobs/{id}")).await.unwrap();
    let attempts = job["attempt_log"].as_array().unwrap();
    // The killed attempt counts, so that a job that kills its machine every time becomes dead.
    assert_eq!(attempts.len(), 2, "{job:#}");
    assert_eq!(
        (&attempts[0]["outcome"], &attempts[1]["outcome"]),
        (&"lease_expired".into(), &"done".into()),
        "{job:#}"
    );
}
