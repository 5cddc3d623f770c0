//! Which worker gets which job, and when.

use std::{collections::HashSet, time::Duration};

use db::{
    Db,
    film::FilmStatus,
    queue::{self, AttemptOutcome, JobKind, JobState},
    workflow,
};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::support::{
    LEASE, broken_rules, claim, complete, expire, film, find_build, find_film, find_job, jobs, make_ready,
    nothing_to_claim, pass_waiting_times, plan_build, upload_master,
};

#[sqlx::test(migrations = "../migrations")]
async fn many_claimers_at_once_never_get_the_same_job(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = PgPoolOptions::new().max_connections(16).connect_with(options).await.unwrap();
    let db = Db::from_pool(pool);
    plan_build(&db, film(&db).await, 60, 4).await;
    let claimers: Vec<_> = (0..16)
        .map(|number| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                while let Some(claimed) =
                    workflow::claim(&db, &format!("worker-{number}"), LEASE).await.unwrap()
                {
                    mine.push(claimed);
                }
                mine
            })
        })
        .collect();
    let mut all = Vec::new();
    for claimer in claimers {
        all.extend(claimer.await.unwrap());
    }
    assert_eq!(all.len(), 64);
    assert_eq!(all.iter().map(|claimed| claimed.job.id).collect::<HashSet<_>>().len(), 64);
    assert_eq!(all.iter().map(|claimed| claimed.lease.token).collect::<HashSet<_>>().len(), 64);
    assert!(all.iter().all(|claimed| claimed.job.attempts == 1 && claimed.job.state == JobState::Running));
}

#[sqlx::test(migrations = "../migrations")]
async fn many_claimers_of_one_expired_lease_get_it_once(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = PgPoolOptions::new().max_connections(8).connect_with(options).await.unwrap();
    let db = Db::from_pool(pool.clone());
    upload_master(&db, film(&db).await).await;
    let lost = claim(&db).await;
    expire(&pool, lost.job.id).await;
    let claimers: Vec<_> = (0..8)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move { workflow::claim(&db, "claimer", LEASE).await.unwrap() })
        })
        .collect();
    let mut winners = Vec::new();
    for claimer in claimers {
        winners.extend(claimer.await.unwrap());
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(winners[0].job.attempts, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_leased_job_is_not_claimed_again(pool: PgPool) {
    let db = Db::from_pool(pool);
    upload_master(&db, film(&db).await).await;
    claim(&db).await;
    assert!(nothing_to_claim(&db).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_expired_job_is_claimed_and_its_attempt_is_closed_by_the_claimer(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    upload_master(&db, film(&db).await).await;
    let first = workflow::claim(&db, "dead-worker", Duration::from_secs(30)).await.unwrap().unwrap();
    expire(&pool, first.job.id).await;
    let second = claim(&db).await;
    assert_eq!(second.job.id, first.job.id);
    assert_ne!(second.lease.token, first.lease.token);
    let attempts = queue::attempts(&db, first.job.id).await.unwrap();
    assert_eq!(attempts.len(), 2);
    assert_eq!((attempts[0].number, attempts[0].worker.as_str()), (1, "dead-worker"));
    assert_eq!(attempts[0].outcome, Some(AttemptOutcome::LeaseExpired));
    assert_eq!(attempts[0].error.as_deref(), Some("lease expired"));
    assert!(attempts[0].finished_at.is_some());
    assert_eq!((attempts[1].number, attempts[1].outcome), (2, None));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_poison_job_is_dead_after_its_attempts_and_the_film_has_the_reason(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let build = plan_build(&db, film, 20, 0).await;
    // Every other chunk is completed, so that the poison job is claimed each time.
    let mut poison = None;
    while let Some(claimed) = workflow::claim(&db, "worker-1", LEASE).await.unwrap() {
        if claimed.job.index == Some(4) {
            poison = Some(claimed);
        } else {
            complete(&db, &claimed).await.unwrap();
        }
    }
    let poison = poison.unwrap();
    for attempts in 2..=3 {
        expire(&pool, poison.job.id).await;
        assert_eq!(claim(&db).await.job.attempts, attempts);
    }
    expire(&pool, poison.job.id).await;
    assert!(nothing_to_claim(&db).await, "a fourth attempt");

    let reason = "The worker stopped responding 3 times while encoding chunk 5 of 20 (00:04:00–00:05:00).";
    let dead = find_job(&db, poison.job.id).await;
    assert_eq!((dead.state, dead.error.as_deref()), (JobState::Dead, Some(reason)));
    assert_eq!(find_build(&db, build).await.failure.as_deref(), Some(reason));
    let film = find_film(&db, film).await;
    assert_eq!((film.status, film.failure.as_deref()), (FilmStatus::Failed, Some(reason)));
    let attempts = queue::attempts(&db, poison.job.id).await.unwrap();
    assert_eq!(attempts.len(), 3);
    assert!(attempts.iter().all(|attempt| attempt.outcome == Some(AttemptOutcome::LeaseExpired)));
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_poison_master_fails_its_film_while_probing(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film = film(&db).await;
    let (_, probe) = upload_master(&db, film).await;
    for _ in 0..3 {
        claim(&db).await;
        expire(&pool, probe).await;
    }
    assert!(nothing_to_claim(&db).await);
    let failure = find_film(&db, film).await.failure;
    assert_eq!(failure.as_deref(), Some("The worker stopped responding 3 times while reading the master."));
}

#[sqlx::test(migrations = "../migrations")]
async fn many_claimers_fail_a_poison_job_once(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = PgPoolOptions::new().max_connections(8).connect_with(options).await.unwrap();
    let db = Db::from_pool(pool.clone());
    plan_build(&db, film(&db).await, 3, 0).await;
    let poison = claim(&db).await;
    for _ in 0..2 {
        expire(&pool, poison.job.id).await;
        claim(&db).await;
    }
    expire(&pool, poison.job.id).await;
    let claimers: Vec<_> = (0..8)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move { workflow::claim(&db, "claimer", LEASE).await.unwrap() })
        })
        .collect();
    for claimer in claimers {
        claimer.await.unwrap();
    }
    assert_eq!(find_job(&db, poison.job.id).await.state, JobState::Dead);
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_job_with_a_heartbeat_at_the_last_moment_is_not_failed(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let pool = PgPoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
    let db = Db::from_pool(pool.clone());
    let (film, probe) = {
        let film = film(&db).await;
        (film, upload_master(&db, film).await.1)
    };
    for _ in 0..2 {
        claim(&db).await;
        expire(&pool, probe).await;
    }
    let last = claim(&db).await;
    expire(&pool, probe).await;

    // A claimer that would fail the job has seen it expired, and waits for the lock of the film.
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("SELECT FROM films WHERE id = $1 FOR UPDATE").bind(film.0).execute(&mut *lock).await.unwrap();
    let claimer = tokio::spawn({
        let db = db.clone();
        async move { workflow::claim(&db, "claimer", LEASE).await.unwrap() }
    });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&pool).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    queue::heartbeat(&db, &last.lease, LEASE, None).await.unwrap();
    lock.commit().await.unwrap();
    assert_eq!(claimer.await.unwrap(), None);
    assert_eq!(find_job(&db, probe).await.state, JobState::Running);
    complete(&db, &last).await.unwrap();
    assert_eq!(find_film(&db, film).await.status, FilmStatus::Processing);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_earlier_film_goes_first_and_its_audio_before_its_chunks_in_order(pool: PgPool) {
    let db = Db::from_pool(pool);
    let (early, late) = (film(&db).await, film(&db).await);
    plan_build(&db, early, 3, 2).await;
    plan_build(&db, late, 2, 1).await;
    let mut order = Vec::new();
    for _ in 0..8 {
        let job = claim(&db).await.job;
        order.push((job.film_id, job.kind, job.index.unwrap()));
    }
    let (audio, chunk) = (JobKind::EncodeAudio, JobKind::EncodeChunk);
    assert_eq!(
        order,
        [
            (early, audio, 0),
            (early, audio, 1),
            (early, chunk, 0),
            (early, chunk, 1),
            (early, chunk, 2),
            (late, audio, 0),
            (late, chunk, 0),
            (late, chunk, 1),
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn publishing_goes_before_probes_and_those_before_collecting_and_encoding(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    // Collect jobs of an old build and its presentation.
    let again = film(&db).await;
    make_ready(&db, again).await;
    make_ready(&db, again).await;
    pass_waiting_times(&pool).await;
    // An earlier film with chunks to encode.
    let early = film(&db).await;
    plan_build(&db, early, 3, 0).await;
    // A later film about to be published.
    let late = film(&db).await;
    let build = plan_build(&db, late, 1, 0).await;
    sqlx::query("UPDATE jobs SET priority = 1000 WHERE build_id = $1")
        .bind(build.0)
        .execute(&pool)
        .await
        .unwrap();
    let last = claim(&db).await;
    complete(&db, &last).await.unwrap();
    // A new master.
    upload_master(&db, film(&db).await).await;

    let mut kinds = Vec::new();
    while let Some(claimed) = workflow::claim(&db, "worker-1", LEASE).await.unwrap() {
        kinds.push(claimed.job.kind);
    }
    let chunk = JobKind::EncodeChunk;
    let collect = JobKind::Collect;
    assert_eq!(kinds, [JobKind::Publish, JobKind::Probe, collect, collect, chunk, chunk, chunk]);
}

#[sqlx::test(migrations = "../migrations")]
async fn two_workers_on_one_film_share_its_chunks(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film = film(&db).await;
    plan_build(&db, film, 2, 0).await;
    let one = workflow::claim(&db, "one", LEASE).await.unwrap().unwrap();
    let two = workflow::claim(&db, "two", LEASE).await.unwrap().unwrap();
    assert_eq!((one.job.index, two.job.index), (Some(0), Some(1)));
    assert_eq!(jobs(&db, film, JobKind::EncodeChunk, JobState::Running).await.len(), 2);
}
