//! How many rows each list reads of tables with 100,000 rows, with every filter: counted by PostgreSQL while the functions
//! themselves run, often enough for it to settle on a plan.

use std::str::FromStr;

use db::{
    Cursor, Db,
    audit::{self, AuditFilter},
    film::{self, AdminFilter, FilmStatus, Visibility},
    playback_session, resume_point, storage,
    user::{self, Role, UserFilter},
    watch_history, watchlist,
};
use domain::id::UserId;
use sqlx::{PgPool, postgres::PgPoolOptions};
use uuid::Uuid;

/// Rows that a page may read: its own rows, and what it looks up for each of them.
const MAX_ROWS: i64 = 400;
const PAGE: u32 = 21;

/// Fills the tables without checks of foreign keys, since builds and the like do not exist. Every viewer with rows in a list
/// has a thousand of them, but only a hundred resume points.
async fn fill(pool: &PgPool) {
    let mut connection = pool.acquire().await.unwrap();
    for sql in [
        "SET session_replication_role = replica",
        "INSERT INTO users (id, email, password_hash, role, display_name, created_at)
         SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'user' || n || '@films.example.la', 'x',
                CASE WHEN n % 33333 = 5 THEN 'admin' WHEN n % 2000 = 7 THEN 'editor' ELSE 'viewer' END, 'Name ' || md5(n::text),
                '2020-01-01'::timestamptz + n * interval '1 minute'
         FROM generate_series(1, 100000) n",
        "INSERT INTO films (id, slug, titles, profile, visibility, publish_at, status, presentation_id, build_id, failure, duration_ms, created_at)
         SELECT ('00000000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid, 'film-' || n, '{\"en\": \"Film\"}', 'default',
                CASE WHEN n % 10000 = 9 THEN 'scheduled' WHEN n % 10000 = 8 THEN 'draft' ELSE 'public' END,
                CASE WHEN n % 10000 = 9 THEN now() END,
                CASE WHEN n % 20000 = 3 THEN 'failed' WHEN n % 20000 = 4 THEN 'processing' ELSE 'ready' END,
                CASE WHEN n % 20000 NOT IN (3, 4) THEN gen_random_uuid() END,
                CASE WHEN n % 20000 NOT IN (3, 4) THEN gen_random_uuid() END, CASE WHEN n % 20000 = 3 THEN 'broken' END,
                5400000, '2020-01-01'::timestamptz + n * interval '1 minute'
         FROM generate_series(1, 100000) n",
        "INSERT INTO film_storage (film_id, masters_bytes) SELECT id, 1000000 * row_number() OVER (ORDER BY id) FROM films",
        "INSERT INTO audit_log (created_at, user_id, action, subject, subject_id)
         SELECT '2020-01-01'::timestamptz + n * interval '1 minute',
                ('00000000-0000-7000-8000-' || lpad((n % 50 + 1)::text, 12, '0'))::uuid,
                CASE WHEN n > 90000 THEN 'user.disable' ELSE 'film.update' END, CASE WHEN n > 90000 THEN 'user' ELSE 'film' END,
                ('00000000-0000-7000-9000-' || lpad((n % 5000 + 1)::text, 12, '0'))::uuid
         FROM generate_series(1, 100000) n",
        "CREATE TEMPORARY TABLE seen AS
         SELECT n, ('00000000-0000-7000-8000-' || lpad((n % 100 + 1)::text, 12, '0'))::uuid AS user_id,
                ('00000000-0000-7000-9000-' || lpad((n / 100 + 1)::text, 12, '0'))::uuid AS film_id,
                now() - (n / 100) * interval '10 minutes' AS at
         FROM generate_series(0, 99999) n",
        "INSERT INTO watch_history (user_id, film_id, day, begun_at, watched_at, watched, furthest_ms)
         SELECT user_id, film_id, at::date, at, at, '{[0,1000)}', 1000 FROM seen",
        "INSERT INTO watchlist (user_id, film_id, created_at) SELECT user_id, film_id, at FROM seen",
        // They are sorted when they are read, so that heartbeats change no index: a viewer may have a few hundred.
        "INSERT INTO resume_points (user_id, film_id, position_ms, at, event_id)
         SELECT ('00000000-0000-7000-8000-' || lpad((n % 1000 + 1)::text, 12, '0'))::uuid,
                ('00000000-0000-7000-9000-' || lpad((n / 1000 + 1)::text, 12, '0'))::uuid, 1000000, at, gen_random_uuid()
         FROM seen",
        "INSERT INTO playback_sessions (id, film_id, presentation_id, user_id, created_at, last_seen_at, expires_at, ended_at, duration_ms)
         SELECT gen_random_uuid(), film_id, gen_random_uuid(), user_id, at - interval '6 days', at, now() + interval '1 hour',
                CASE WHEN n >= 300 THEN now() END, 5400000
         FROM seen",
    ] {
        sqlx::query(sql).execute(&mut *connection).await.unwrap();
    }
    // PostgreSQL no longer counts what was read of a dropped table, so it is dropped before counts are compared.
    sqlx::query("DROP TABLE seen").execute(&mut *connection).await.unwrap();
    let sql = "VACUUM ANALYZE users, films, film_storage, audit_log, watch_history, watchlist, resume_points, playback_sessions";
    sqlx::raw_sql(sql).execute(&mut *connection).await.unwrap();
}

/// Rows that PostgreSQL has read of all tables: by sequential scans, and through indexes.
async fn rows_read(pool: &PgPool) -> (i64, i64) {
    for sql in ["SELECT pg_stat_force_next_flush()", "SELECT pg_stat_clear_snapshot()"] {
        sqlx::query(sql).execute(pool).await.unwrap();
    }
    sqlx::query_as(
        "SELECT sum(coalesce(seq_tup_read, 0))::bigint, sum(coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_user_tables",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn lists_of_large_tables_read_little_more_than_a_page(pool: PgPool) {
    fill(&pool).await;
    // One connection: it counts what it read itself, and keeps its plans.
    let options = pool.connect_options().as_ref().clone();
    let one = PgPoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let db = Db::from_pool(one.clone());
    let viewer = UserId(Uuid::from_str("00000000-0000-7000-8000-000000000042").unwrap());
    let film = Uuid::from_str("00000000-0000-7000-9000-000000000042").unwrap();
    let mut heaviest = 0;

    macro_rules! reads_little {
        ($most:expr, $what:literal, $list:expr) => {{
            for repeat in 0..8 {
                let before = rows_read(&one).await;
                let found = $list.await.unwrap().len();
                let after = rows_read(&one).await;
                assert!(found > 0, "{} found nothing", $what);
                let (indexed, sequential) = (after.1 - before.1, after.0 - before.0);
                assert!(
                    sequential == 0 && indexed <= $most,
                    "{} ({repeat}) read {sequential} rows by sequential scans, {indexed} through indexes",
                    $what
                );
                heaviest = heaviest.max(indexed);
            }
        }};
    }

    let middle = |id: Uuid| Cursor { created_at: time::macros::datetime!(2020-02-04 00:00 UTC), id };
    let users = |role, text: Option<&str>| UserFilter { role, text: text.map(str::to_owned) };
    reads_little!(MAX_ROWS, "all users", user::list(&db, users(None, None), None, PAGE));
    reads_little!(
        MAX_ROWS,
        "users, further on",
        user::list(&db, users(None, None), Some(middle(film)), PAGE)
    );
    reads_little!(MAX_ROWS, "editors", user::list(&db, users(Some(Role::Editor), None), None, PAGE));
    reads_little!(MAX_ROWS, "admins", user::list(&db, users(Some(Role::Admin), None), None, PAGE));
    reads_little!(MAX_ROWS, "a user", user::list(&db, users(None, Some("user77777@")), None, PAGE));
    reads_little!(
        MAX_ROWS,
        "an editor",
        user::list(&db, users(Some(Role::Editor), Some("user12007@")), None, PAGE)
    );

    let log = |subject_id, user_id| AuditFilter { subject_id, user_id, catalogue_only: false };
    let catalogue = |subject_id, user_id| AuditFilter { subject_id, user_id, catalogue_only: true };
    reads_little!(MAX_ROWS, "the audit log", audit::list(&db, log(None, None), None, PAGE));
    reads_little!(
        MAX_ROWS,
        "the log, further on",
        audit::list(&db, log(None, None), Some(middle(film)), PAGE)
    );
    reads_little!(MAX_ROWS, "the log of a film", audit::list(&db, log(Some(film), None), None, PAGE));
    reads_little!(MAX_ROWS, "the log of a person", audit::list(&db, log(None, Some(viewer)), None, PAGE));
    reads_little!(MAX_ROWS, "the log of both", audit::list(&db, log(Some(film), Some(viewer)), None, PAGE));
    // The newest ten thousand entries of the log are about accounts.
    reads_little!(MAX_ROWS, "the catalogue's log", audit::list(&db, catalogue(None, None), None, PAGE));
    reads_little!(
        MAX_ROWS,
        "the catalogue's log, further on",
        audit::list(&db, catalogue(None, None), Some(middle(film)), PAGE)
    );
    reads_little!(
        MAX_ROWS,
        "the catalogue's log of a film",
        audit::list(&db, catalogue(Some(film), None), None, PAGE)
    );
    reads_little!(
        MAX_ROWS,
        "the catalogue's log of a person",
        audit::list(&db, catalogue(None, Some(viewer)), None, PAGE)
    );
    reads_little!(
        MAX_ROWS,
        "the catalogue's log of both",
        audit::list(&db, catalogue(Some(film), Some(viewer)), None, PAGE)
    );

    let films = |status, visibility| AdminFilter { status, visibility, ..AdminFilter::default() };
    let (failed, drafts) = (Some(FilmStatus::Failed), Some(Visibility::Draft));
    reads_little!(MAX_ROWS, "all films", film::admin(&db, &films(None, None), None, PAGE));
    reads_little!(MAX_ROWS, "films that failed", film::admin(&db, &films(failed, None), None, PAGE));
    reads_little!(
        MAX_ROWS,
        "films that are ready",
        film::admin(&db, &films(Some(FilmStatus::Ready), None), None, PAGE)
    );
    reads_little!(MAX_ROWS, "drafts", film::admin(&db, &films(None, drafts), None, PAGE));
    let both = films(Some(FilmStatus::Ready), drafts);
    reads_little!(MAX_ROWS, "drafts that are ready", film::admin(&db, &both, None, PAGE));

    reads_little!(MAX_ROWS, "storage", storage::list(&db, None, PAGE));
    reads_little!(MAX_ROWS, "history", watch_history::list(&db, viewer, None, PAGE));
    reads_little!(MAX_ROWS, "the watchlist", watchlist::list(&db, viewer, None, PAGE));
    reads_little!(MAX_ROWS, "continue watching", resume_point::list(&db, viewer, None, PAGE));
    // All sessions that began within a week are read: a thousand here, which no real viewer has.
    let week = 2100;
    let watching = UserId(Uuid::from_str("00000000-0000-7000-8000-000000000001").unwrap());
    reads_little!(week, "active sessions", playback_session::list_active(&db, watching));
    assert!(heaviest > 0, "nothing was counted");
}
