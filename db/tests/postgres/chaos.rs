//! Workers that do anything at any moment: in every order the rules hold, and in the end no job is unfinished.

use db::{
    Db, DbError,
    audit::Author,
    build,
    queue::{self, ClaimedJob, JobFilter, JobState},
    workflow::{self, Retry},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::support::{LEASE, broken_rules, complete, expire, film, pass_waiting_times, upload_master};

/// Every lease ever given, and whether it must still be valid.
#[derive(Default)]
struct Model {
    leases: Vec<(ClaimedJob, bool)>,
}

impl Model {
    /// Records a claim; older leases of the same job are invalid from now on.
    fn claimed(&mut self, claimed: ClaimedJob) {
        for (older, valid) in &mut self.leases {
            *valid &= older.job.id != claimed.job.id;
        }
        self.leases.push((claimed, true));
    }
}

/// One worker at a time, so that after each step the model knows exactly which leases are valid.
#[sqlx::test(migrations = "../migrations")]
async fn in_any_order_of_events_only_the_last_lease_of_a_job_is_valid(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    for seed in 0..6 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut model = Model::default();
        for _ in 0..2 {
            upload_master(&db, film(&db).await).await;
        }
        for step in 0..150 {
            random_step(&db, &pool, &mut random, &mut model).await;
            let broken = broken_rules(&pool).await;
            assert!(broken.is_empty(), "seed {seed}, step {step}: {broken:?}");
        }
        pass_waiting_times(&pool).await;
    }
}

async fn random_step(db: &Db, pool: &PgPool, random: &mut StdRng, model: &mut Model) {
    match random.random_range(0..20) {
        0..7 => {
            if let Some(claimed) = workflow::claim(db, "worker", LEASE).await.unwrap() {
                model.claimed(claimed);
            }
        }
        7 => pass_waiting_times(pool).await,
        8 => {
            let dead = queue::list(db, JobFilter { film_id: None, state: Some(JobState::Dead) }, None, 100)
                .await
                .unwrap();
            if !dead.is_empty() {
                workflow::retry_job(db, &Author::NANG, dead[random.random_range(0..dead.len())].id)
                    .await
                    .unwrap();
            }
        }
        _ if model.leases.is_empty() => {}
        action => {
            let chosen = random.random_range(0..model.leases.len());
            let (claimed, expected) = model.leases[chosen].clone();
            let running = queue::find(db, claimed.job.id).await.unwrap().unwrap().state == JobState::Running;
            // A dead sibling cancels a job, and expired attempts fail it: then it no longer runs, and no lease of it is valid.
            let valid = expected && running;
            let answer = match action {
                9..12 => {
                    if valid {
                        expire(pool, claimed.job.id).await;
                    }
                    return;
                }
                12 => queue::heartbeat(db, &claimed.lease, LEASE, Some((1, 2))).await,
                13 => queue::release(db, &claimed.lease).await,
                14 => workflow::fail(db, &claimed.lease, "by chance", Retry::Later).await.map(|_| ()),
                15 if random.random_bool(0.3) => {
                    workflow::fail(db, &claimed.lease, "by chance", Retry::Never).await.map(|_| ())
                }
                _ => complete(db, &claimed).await,
            };
            match answer {
                Ok(()) => assert!(valid, "a lost lease was accepted: {:?}", claimed.lease),
                Err(DbError::LeaseLost) => assert!(!valid, "a valid lease was refused: {:?}", claimed.lease),
                Err(other) => panic!("{other:?}"),
            }
            // A heartbeat keeps the lease; everything else ends it.
            model.leases[chosen].1 &= action == 12;
        }
    }
}

/// All at once: no deadlock, no broken rule, and the remaining jobs can be completed.
#[sqlx::test(migrations = "../migrations")]
async fn many_unreliable_workers_and_a_busy_admin_break_no_rule(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = PgPoolOptions::new().max_connections(12).connect_with(options).await.unwrap();
    let db = Db::from_pool(pool.clone());
    let mut films = Vec::new();
    for _ in 0..5 {
        let film = film(&db).await;
        upload_master(&db, film).await;
        films.push(film);
    }
    let workers: Vec<_> = (0..8)
        .map(|seed| {
            let (db, pool) = (db.clone(), pool.clone());
            tokio::spawn(async move { unreliable_worker(&db, &pool, seed).await })
        })
        .collect();
    let admin = tokio::spawn({
        let (db, films) = (db.clone(), films.clone());
        async move {
            let mut random = StdRng::seed_from_u64(99);
            for _ in 0..40 {
                let film = films[random.random_range(0..films.len())];
                let dead = JobFilter { film_id: Some(film), state: Some(JobState::Dead) };
                for job in queue::list(&db, dead, None, 3).await.unwrap() {
                    workflow::retry_job(&db, &Author::NANG, job.id).await.unwrap();
                }
                if random.random_bool(0.1) {
                    for build in build::list_by_film(&db, film).await.unwrap() {
                        workflow::cancel_build(&db, &Author::NANG, build.id).await.unwrap();
                    }
                    upload_master(&db, film).await;
                }
            }
        }
    });
    for worker in workers {
        worker.await.unwrap();
    }
    admin.await.unwrap();
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());

    // Then the workers become reliable: leases of running jobs expire, and queued jobs become due.
    sqlx::query("UPDATE jobs SET lease_until = now() WHERE state = 'running'").execute(&pool).await.unwrap();
    loop {
        pass_waiting_times(&pool).await;
        let Some(claimed) = workflow::claim(&db, "reliable", LEASE).await.unwrap() else { break };
        complete(&db, &claimed).await.unwrap();
    }
    assert_eq!(broken_rules(&pool).await, Vec::<String>::new());
    for state in [JobState::Queued, JobState::Running] {
        let left = queue::list(&db, JobFilter { film_id: None, state: Some(state) }, None, 10).await.unwrap();
        assert!(left.is_empty(), "{left:?}");
    }
}

async fn unreliable_worker(db: &Db, pool: &PgPool, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let name = format!("worker-{seed}");
    for _ in 0..60 {
        let Some(claimed) = workflow::claim(db, &name, LEASE).await.unwrap() else {
            pass_waiting_times(pool).await;
            continue;
        };
        let lease = &claimed.lease;
        let answer = match random.random_range(0..10) {
            // The worker dies, and its lease expires.
            0 | 1 => {
                sqlx::query("UPDATE jobs SET lease_until = now() WHERE lease_token = $1")
                    .bind(lease.token)
                    .execute(pool)
                    .await
                    .unwrap();
                Ok(())
            }
            // The worker completes after its lease has expired.
            2 => {
                sqlx::query("UPDATE jobs SET lease_until = now() WHERE lease_token = $1")
                    .bind(lease.token)
                    .execute(pool)
                    .await
                    .unwrap();
                tokio::task::yield_now().await;
                complete(db, &claimed).await
            }
            3 => workflow::fail(db, lease, "by chance", Retry::Later).await.map(|_| ()),
            4 => queue::release(db, lease).await,
            5 => match queue::heartbeat(db, lease, LEASE, Some((1, 2))).await {
                Ok(()) => complete(db, &claimed).await,
                lost => lost,
            },
            _ => complete(db, &claimed).await,
        };
        assert!(matches!(answer, Ok(()) | Err(DbError::LeaseLost)), "{answer:?}");
    }
}
