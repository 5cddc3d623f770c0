//! Builds that were begun with other versions of the libraries than the worker's.

use std::sync::Arc;

use db::{
    build::BuildState,
    job::{JobKind, JobState, NewBuild},
};
use domain::{
    child::Probed, id::BuildId, key::Key, libraries::Libraries, plan::Plan, planner, profile::Profile,
};
use uuid::Uuid;
use worker::sandbox::StoredMaster;

use super::site::Site;

super::tests! {
    a_worker_with_other_libraries_gives_the_job_back_and_in_the_end_begins_again,
    a_plan_without_versions_is_carried_out,
}

/// Probes the master and begins a build with the versions that `libraries` makes of this machine's.
async fn plan(site: &Site, libraries: impl FnOnce(&Libraries) -> Option<Libraries>) -> (BuildId, Libraries) {
    let claimed =
        db::job::claim(&site.db, "planner", std::time::Duration::from_mins(5)).await.unwrap().unwrap();
    let file = claimed.job.file_id.unwrap();
    let master = StoredMaster::open(site.storage.clone(), Key::master(file)).await.unwrap().unwrap();
    let Probed { facts, libraries: here } = site.sandbox().probe(Arc::new(master)).await.unwrap();
    let plan = planner::plan(Profile::shipped("fast").unwrap(), &facts).unwrap();
    let id = BuildId(Uuid::now_v7());
    let new = NewBuild { id, plan: Plan { libraries: libraries(&here), ..plan } };
    db::job::complete_probe(&site.db, &claimed.lease, serde_json::to_value(&facts).unwrap(), new)
        .await
        .unwrap();
    (id, here)
}

async fn a_worker_with_other_libraries_gives_the_job_back_and_in_the_end_begins_again() {
    let site = Site::start().await;
    let older = |here: &Libraries| {
        let mut older = here.clone();
        older.0.insert("libavcodec".to_owned(), "58.0.1".to_owned());
        Some(older)
    };
    let (old, here) = plan(&site, older).await;
    let worker = site.worker();
    let job = site
        .until("a job to be given back", async || {
            let jobs = site.jobs(JobKind::EncodeChunk).await;
            jobs.into_iter().find(|job| job.state == JobState::Queued && job.error.is_some())
        })
        .await;
    assert_eq!((job.attempts, job.build_id), (0, Some(old)));
    let says = format!(
        "this worker has libavcodec {}, but the build was begun with libavcodec 58.0.1; a worker with those versions can continue it",
        here.0["libavcodec"]
    );
    assert_eq!(job.error.as_deref(), Some(says.as_str()));
    let build = db::build::find(&site.db, old).await.unwrap().unwrap();
    assert_eq!(build.state, BuildState::Encoding, "others may still continue it");

    // Nobody does so for some minutes.
    site.postgres
        .sql("UPDATE builds SET created_at = now() - interval '6 minutes'; UPDATE jobs SET run_at = now()");
    site.ready().await;
    let builds = db::build::list_by_film(&site.db, site.film).await.unwrap();
    let [given_up, new] = &builds[..] else { panic!("{builds:?}") };
    assert_eq!((given_up.id, given_up.state), (old, BuildState::Failed));
    assert!(given_up.failure.as_deref().unwrap().contains(&says), "{:?}", given_up.failure);
    assert_eq!(new.plan, Plan { libraries: Some(here), ..given_up.plan.clone() });
    worker.stop().await;
}

async fn a_plan_without_versions_is_carried_out() {
    let site = Site::start().await;
    plan(&site, |_| None).await;
    let worker = site.worker();
    site.ready().await;
    worker.stop().await;
}
