//! Builds that were started with other library versions than the worker's.

use db::{
    build::BuildState,
    queue::{JobKind, JobState},
};
use domain::{libraries::Libraries, plan::Plan};

use super::site::Site;

super::tests! {
    a_worker_with_other_libraries_returns_the_job_and_later_starts_a_new_build,
    a_plan_without_versions_is_encoded,
}

async fn a_worker_with_other_libraries_returns_the_job_and_later_starts_a_new_build() {
    let site = Site::start().await;
    let older = |here: &Libraries| {
        let mut older = here.clone();
        older.0.insert("libavcodec".to_owned(), "58.0.1".to_owned());
        Some(older)
    };
    let (old, here) = site.plan(older).await;
    let worker = site.worker();
    let job = site
        .until("a job to be returned to the queue", async || {
            let jobs = site.jobs(JobKind::EncodeChunk).await;
            jobs.into_iter().find(|job| job.state == JobState::Queued && job.error.is_some())
        })
        .await;
    assert_eq!((job.attempts, job.build_id), (0, Some(old)));
    let expected = format!(
        "this worker has libavcodec {}, but the build was started with libavcodec 58.0.1; a worker with those versions \
         can continue it",
        here.0["libavcodec"]
    );
    assert_eq!(job.error.as_deref(), Some(expected.as_str()));
    let build = db::build::find(&site.db, old).await.unwrap().unwrap();
    assert_eq!(build.state, BuildState::Encoding, "other workers may still continue the build");

    // No worker continues it for some minutes.
    site.postgres.sql("UPDATE jobs SET created_at = now() - interval '6 minutes', run_at = now()");
    site.ready().await;
    let builds = db::build::list_by_film(&site.db, site.film).await.unwrap();
    let [failed, new] = &builds[..] else { panic!("{builds:?}") };
    assert_eq!((failed.id, failed.state), (old, BuildState::Failed));
    assert!(failed.failure.as_deref().unwrap().contains(&expected), "{:?}", failed.failure);
    let [old_plan, new_plan] = [site.stored_plan(old).await, site.stored_plan(new.id).await];
    assert_eq!(new_plan, Plan { libraries: Some(here), ..old_plan });
    worker.stop().await;
}

async fn a_plan_without_versions_is_encoded() {
    let site = Site::start().await;
    site.plan(|_| None).await;
    let worker = site.worker();
    site.ready().await;
    worker.stop().await;
}
