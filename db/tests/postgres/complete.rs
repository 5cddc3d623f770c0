//! Each completed step queues the next one, once.

use db::{
    Db,
    build::BuildState,
    film::FilmStatus,
    queue::{self, AttemptOutcome, JobKind, JobState},
    rendition::{self, RenditionKind},
    workflow::{self, BuildStart, NewBuild},
};
use domain::id::BuildId;
use serde_json::json;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

use crate::support::{
    LEASE, broken_rules, claim, complete, complete_all, film, find_build, find_film, find_job, find_plan,
    jobs, make_ready, output, pass_waiting_times, plan, plan_build, publish, record, status, upload_master,
};

#[sqlx::test(migrations = "../migrations")]
async fn a_probe_leads_to_a_build_with_a_job_for_each_chunk_and_track(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let (file, _) = upload_master(&db, film).await;
    assert_eq!(status(&db, film).await, FilmStatus::Processing);
    let probe = claim(&db).await;
    let id = BuildId(Uuid::now_v7());
    let mut plan = plan(3, 2);
    plan.timeline.frames -= 100;
    let new = NewBuild { id, start: BuildStart::Encoding(Box::new(plan.clone())), note: None };
    workflow::complete_probe(&db, &probe.lease, json!({"container": "mov"}), new).await.unwrap();

    let build = find_build(&db, id).await;
    assert_eq!(
        (build.film_id, build.file_id, build.state, build.pending),
        (film, file, BuildState::Encoding, 5)
    );
    assert_eq!(find_plan(&db, id).await, plan);
    assert_eq!(db::build::list_by_film(&db, film).await.unwrap(), [build]);
    assert_eq!(
        db::film_file::find(&db, file).await.unwrap().unwrap().facts,
        Some(json!({"container": "mov"}))
    );

    let mut chunks = jobs(&db, film, JobKind::EncodeChunk, JobState::Queued).await;
    chunks.sort_by_key(|job| job.index);
    let frames: Vec<_> = chunks.iter().map(|job| (job.index.unwrap(), job.progress_total)).collect();
    assert_eq!(frames, [(0, 1500), (1, 1500), (2, 1400)]);
    assert!(
        chunks
            .iter()
            .all(|job| job.file_id == Some(file) && job.build_id == Some(id) && job.max_attempts == 3)
    );
    assert_eq!(jobs(&db, film, JobKind::EncodeAudio, JobState::Queued).await.len(), 2);
    assert!(chunks.iter().all(|job| job.id.0.get_version_num() == 7));

    let renditions = rendition::list(&db, id).await.unwrap();
    let names: Vec<_> = renditions.iter().map(|one| (one.name.as_str(), one.kind, one.height)).collect();
    assert_eq!(
        names,
        [
            ("v1080", RenditionKind::Video, Some(1080)),
            ("v720", RenditionKind::Video, Some(720)),
            ("a1", RenditionKind::Audio, None),
            ("a2", RenditionKind::Audio, None),
        ]
    );
    let done = find_job(&db, probe.job.id).await;
    assert_eq!(done.state, JobState::Done);
    let attempts = queue::attempts(&db, probe.job.id).await.unwrap();
    assert_eq!(attempts[0].outcome, Some(AttemptOutcome::Done));
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_two_parts_at_once_queue_exactly_one_publish(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = PgPoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
    let db = Db::from_pool(pool.clone());
    for _ in 0..25 {
        let film = film(&db).await;
        let build = plan_build(&db, film, 2, 0).await;
        let (one, two) = (claim(&db).await, claim(&db).await);
        let (first, second) = tokio::join!(complete(&db, &one), complete(&db, &two));
        first.unwrap();
        second.unwrap();
        let build = find_build(&db, build).await;
        assert_eq!((build.state, build.pending), (BuildState::Publishing, 0));
        assert_eq!(jobs(&db, film, JobKind::Publish, JobState::Queued).await.len(), 1);
        complete_all(&db).await;
    }
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn one_part_completed_twice_at_once_counts_once(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = PgPoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
    let db = Db::from_pool(pool.clone());
    let build = plan_build(&db, film(&db).await, 20, 0).await;
    for done in 1..=20 {
        let claimed = claim(&db).await;
        let (first, second) = tokio::join!(complete(&db, &claimed), complete(&db, &claimed));
        assert_eq!(u32::from(first.is_ok()) + u32::from(second.is_ok()), 1);
        assert_eq!(find_build(&db, build).await.pending, 20 - done);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_is_published_while_a_part_is_missing(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film = film(&db).await;
    let build = plan_build(&db, film, 3, 1).await;
    for pending in (1..4).rev() {
        complete(&db, &claim(&db).await).await.unwrap();
        assert_eq!(find_build(&db, build).await.pending, pending);
        assert!(jobs(&db, film, JobKind::Publish, JobState::Queued).await.is_empty());
        assert_eq!(status(&db, film).await, FilmStatus::Processing);
    }
    complete(&db, &claim(&db).await).await.unwrap();
    assert_eq!(claim(&db).await.job.kind, JobKind::Publish);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_outputs_of_parts_are_kept_chunks_first_and_in_order(pool: PgPool) {
    let db = Db::from_pool(pool);
    let build = plan_build(&db, film(&db).await, 11, 2).await;
    let mut claimed = Vec::new();
    while let Some(one) = workflow::claim(&db, "worker-1", LEASE).await.unwrap() {
        claimed.push(one);
    }
    for one in claimed.iter().rev() {
        complete(&db, one).await.unwrap();
    }
    let expected: Vec<_> = claimed[2..].iter().chain(&claimed[..2]).map(|one| output(&one.job)).collect();
    assert_eq!(db::workflow::finished_parts(&db, build).await.unwrap(), expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_published_build_makes_the_film_ready(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film = film(&db).await;
    let build = make_ready(&db, film).await;
    let film = find_film(&db, film).await;
    assert_eq!((film.status, film.build_id), (FilmStatus::Ready, Some(build)));
    assert_eq!((film.duration_ms, film.width, film.height), (Some(120_000), Some(1920), Some(1080)));
    assert_eq!(film.version, 1, "the pipeline made an admin's edit stale");
    assert!(find_build(&db, build).await.finished_at.is_some());
    let best = &rendition::list(&db, build).await.unwrap()[0];
    assert_eq!((best.codecs.as_deref(), best.average_bps), (Some("avc1.640028"), Some(4_000_000)));
    assert_eq!(
        (best.peak_bps, best.size_bytes, best.segments),
        (Some(6_000_000), Some(30_000_000), Some(20))
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_record_with_a_foreign_rendition_is_not_published(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film = film(&db).await;
    plan_build(&db, film, 1, 0).await;
    complete(&db, &claim(&db).await).await.unwrap();
    let claimed = claim(&db).await;
    let mut foreign = record(&plan(1, 0));
    foreign.video[0].name = crate::support::name("v4320");
    publish(&db, &claimed, &foreign).await.unwrap_err();
    assert_eq!(status(&db, film).await, FilmStatus::Processing);
    assert_eq!(find_job(&db, claimed.job.id).await.state, JobState::Running);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_newer_build_replaces_the_older_which_is_collected_a_day_later(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let old = make_ready(&db, film).await;
    plan_build(&db, film, 2, 0).await;
    assert_eq!(
        find_film(&db, film).await.build_id,
        Some(old),
        "viewers lost the film while a newer build was encoded"
    );
    assert_eq!(status(&db, film).await, FilmStatus::Ready);
    complete_all(&db).await;
    let shown = find_film(&db, film).await.build_id.unwrap();
    assert_ne!(shown, old);
    // The film can show the old build again.
    assert_eq!(find_build(&db, old).await.state, BuildState::Ready);
    assert_eq!(workflow::retire_presentations(&db).await.unwrap(), 0);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
    pass_waiting_times(&pool).await;
    assert_eq!(find_build(&db, old).await.state, BuildState::Superseded);
    assert_eq!(
        jobs(&db, film, JobKind::Collect, JobState::Queued).await.len(),
        2,
        "of build and presentation"
    );
    complete_all(&db).await;
    assert_eq!(jobs(&db, film, JobKind::Collect, JobState::Done).await.len(), 2);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn an_older_master_that_is_ready_later_does_not_replace_a_newer_one(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let old = plan_build(&db, film, 1, 0).await;
    let slow = claim(&db).await;
    let new = plan_build(&db, film, 1, 0).await;
    complete_all(&db).await;
    assert_eq!(find_film(&db, film).await.build_id, Some(new));
    complete(&db, &slow).await.unwrap();
    let publish = claim(&db).await;
    complete(&db, &publish).await.unwrap();
    assert_eq!(find_film(&db, film).await.build_id, Some(new));
    assert_eq!(find_build(&db, old).await.state, BuildState::Superseded);
    assert_eq!(claim(&db).await.job.kind, JobKind::Collect);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}
