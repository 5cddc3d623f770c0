//! Builds that were begun with other versions of the libraries than the worker's.

use db::{
    build::BuildState,
    queue::{JobKind, JobState},
};
use domain::{libraries::Libraries, plan::Plan};

use super::site::Site;

super::tests! {
    a_worker_with_other_libraries_gives_the_job_back_and_in_the_end_begins_again,
    a_plan_without_versions_is_carried_out,
}

async fn a_worker_with_other_libraries_gives_the_job_back_and_in_the_end_begins_again() {
    let site = Site::start().await;
    let older = |here: &Libraries| {
        let mut older = here.clone();
        older.0.insert("libavcodec".to_owned(), "58.0.1".to_owned());
        Some(older)
    };
    let (old, here) = site.plan(older).await;
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
    site.postgres.sql("UPDATE jobs SET created_at = now() - interval '6 minutes', run_at = now()");
    site.ready().await;
    let builds = db::build::list_by_film(&site.db, site.film).await.unwrap();
    let [given_up, new] = &builds[..] else { panic!("{builds:?}") };
    assert_eq!((given_up.id, given_up.state), (old, BuildState::Failed));
    assert!(given_up.failure.as_deref().unwrap().contains(&says), "{:?}", given_up.failure);
    let [old_plan, new_plan] = [site.stored_plan(old).await, site.stored_plan(new.id).await];
    assert_eq!(new_plan, Plan { libraries: Some(here), ..old_plan });
    worker.stop().await;
}

async fn a_plan_without_versions_is_carried_out() {
    let site = Site::start().await;
    site.plan(|_| None).await;
    let worker = site.worker();
    site.ready().await;
    worker.stop().await;
}
