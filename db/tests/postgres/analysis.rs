//! The stage before planning: analysing the audio tracks of a master.

use db::{
    Db, DbError,
    audit::Author,
    build::{self, BuildState},
    film::FilmStatus,
    queue::{JobKind, JobState},
    workflow::{self, NewBuild, Retry},
};
use domain::{
    id::{BuildId, FilmId},
    plan::{Level, Plan},
};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{
    analysed, analysing, broken_rules, claim, complete, complete_all, film, find_build, find_film, find_job,
    find_plan, jobs, nothing_to_claim, plan, status, upload_master,
};

/// Uploads a master with two audio tracks and probes it.
async fn analysed_build(db: &Db, film: FilmId) -> BuildId {
    upload_master(db, film).await;
    let claimed = claim(db).await;
    assert_eq!(claimed.job.kind, JobKind::Probe);
    let id = BuildId(Uuid::now_v7());
    let new = NewBuild { id, start: analysing(2), note: None };
    workflow::complete_probe(db, &claimed.lease, json!({"container": "mov"}), new).await.unwrap();
    id
}

fn measured_plan() -> Plan {
    let mut plan = plan(2, 2);
    let level = Level { loudness: analysed().loudness[0], gain_db: -2.5, is_limited: false };
    for mix in plan.audio.iter_mut().flat_map(|track| &mut track.mixes) {
        mix.level = Some(level);
    }
    plan
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_analysis_queues_the_plan_and_the_plan_its_parts(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let id = analysed_build(&db, film).await;
    let before = find_build(&db, id).await;
    assert_eq!((before.state, before.pending), (BuildState::Analysing, 2));
    assert!(matches!(build::plan(&db, id).await, Err(DbError::UnreadablePlan { .. })));
    assert_eq!(status(&db, film).await, FilmStatus::Processing);
    assert_eq!(jobs(&db, film, JobKind::EncodeChunk, JobState::Queued).await.len(), 0);

    for index in 0..2 {
        assert!(jobs(&db, film, JobKind::Plan, JobState::Queued).await.is_empty());
        let claimed = claim(&db).await;
        assert_eq!((claimed.job.kind, claimed.job.index), (JobKind::Analyse, Some(index)));
        workflow::complete_analysis(&db, &claimed.lease, &analysed()).await.unwrap();
        assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
    }
    assert_eq!(workflow::finished_analyses(&db, id).await.unwrap(), [analysed(), analysed()]);
    let progress = workflow::build_progress(&db, id).await.unwrap();
    assert_eq!((progress.jobs_done, progress.jobs_total, progress.frames_total), (2, 2, 0));

    let claimed = claim(&db).await;
    assert_eq!((claimed.job.kind, claimed.job.build_id), (JobKind::Plan, Some(id)));
    assert_eq!(build::libraries(&db, id).await.unwrap().unwrap().0["libx264"], "164");
    let plan = measured_plan();
    workflow::complete_plan(&db, &claimed.lease, &plan).await.unwrap();
    let planned = find_build(&db, id).await;
    assert_eq!((planned.state, planned.pending), (BuildState::Encoding, 4));
    assert_eq!(find_plan(&db, id).await, plan);
    assert_eq!(build::libraries(&db, id).await.unwrap(), None);
    let renditions = db::rendition::list(&db, id).await.unwrap();
    let levels: Vec<_> = renditions.iter().map(|one| one.level.map(|level| level.gain_db)).collect();
    assert_eq!(levels, [None, None, Some(-2.5), Some(-2.5)]);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());

    complete_all(&db).await;
    assert_eq!(find_film(&db, film).await.build_id, Some(id));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_failed_analysis_fails_the_build_and_a_retry_measures_only_what_is_missing(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let id = analysed_build(&db, film).await;
    complete(&db, &claim(&db).await).await.unwrap();
    let failing = claim(&db).await;
    workflow::fail(&db, &failing.lease, "no audio", Retry::Never).await.unwrap();
    let failed = find_build(&db, id).await;
    assert_eq!(failed.state, BuildState::Failed);
    let reason = "Measuring the loudness of audio track 2 failed: no audio";
    assert_eq!(failed.failure.as_deref(), Some(reason));
    assert_eq!(find_film(&db, film).await.failure.as_deref(), Some(reason));
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());

    assert!(workflow::retry_job(&db, &Author::NANG, failing.job.id).await.unwrap());
    let again = find_build(&db, id).await;
    assert_eq!((again.state, again.pending), (BuildState::Analysing, 1));
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
    let claimed = claim(&db).await;
    assert_eq!(claimed.job.id, failing.job.id);
    complete(&db, &claimed).await.unwrap();

    // The plan job may fail and be retried, too.
    let planning = claim(&db).await;
    workflow::fail(&db, &planning.lease, "no profile", Retry::Never).await.unwrap();
    assert_eq!(find_build(&db, id).await.failure.as_deref(), Some("Planning the film failed: no profile"));
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
    assert!(workflow::retry_job(&db, &Author::NANG, planning.job.id).await.unwrap());
    assert_eq!(find_build(&db, id).await.state, BuildState::Analysing);
    assert_eq!(find_job(&db, planning.job.id).await.state, JobState::Queued);
    complete_all(&db).await;
    assert_eq!(find_film(&db, film).await.build_id, Some(id));
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_build_can_be_cancelled_while_it_is_analysed(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let id = analysed_build(&db, film).await;
    let running = claim(&db).await;
    assert!(matches!(workflow::delete_build(&db, &Author::NANG, id).await, Err(DbError::Conflict { .. })));
    assert!(workflow::cancel_build(&db, &Author::NANG, id).await.unwrap());
    assert_eq!(find_build(&db, id).await.state, BuildState::Cancelled);
    let late = workflow::complete_analysis(&db, &running.lease, &analysed()).await;
    assert!(matches!(late, Err(DbError::LeaseLost)));
    assert!(nothing_to_claim(&db).await);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn the_same_master_is_a_duplicate_while_it_is_analysed(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let id = analysed_build(&db, film).await;
    let file = find_build(&db, id).await.file_id;
    let sha256 = db::film_file::find(&db, file).await.unwrap().unwrap().sha256.unwrap();
    let twin = crate::support::receive_upload(&db, film).await;
    let held = crate::support::lease_upload(&db, twin).await;
    let finished = db::upload::finish(&db, &held, &sha256).await.unwrap();
    assert_eq!((finished.job, finished.duplicate_of), (None, Some(file)));
    assert!(workflow::encode_master(&db, &Author::NANG, file).await.is_err());
}
