//! Recommendations, on a catalogue created by SQL: complete builds would test nothing more.

use std::{fmt::Write, time::Duration};

use db::{
    Db,
    recommendation::{
        self,
        ReasonKind::{self, New, Popular, SameCast, SameDirector, SameGenre, WatchedTogether},
    },
};
use domain::id::{FilmId, UserId};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

use crate::playback_sessions::create_viewer;

/// Runs statements without checks of foreign keys and without triggers, so that a film can be ready without a build.
async fn run(pool: &PgPool, sql: &str) {
    let mut tx = pool.begin().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("SET LOCAL session_replication_role = replica; {sql}")))
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// Creates a public film of 100 minutes that can be played and is newer than the films before.
async fn create_film(pool: &PgPool, title: &str) -> FilmId {
    let id = FilmId(Uuid::now_v7());
    run(
        pool,
        &format!(
            "INSERT INTO films (id, slug, titles, profile, visibility, status, presentation_id, build_id, duration_ms, created_at)
             VALUES ('{id}', '{id}', '{{\"en\": \"{title}\"}}', 'default', 'public', 'ready', '{id}', '{id}', 6000000, clock_timestamp())"
        ),
    )
    .await;
    id
}

async fn create_person(pool: &PgPool, name: &str, credits: &[(FilmId, &str)]) {
    let id = Uuid::now_v7();
    let mut sql = format!(
        "INSERT INTO people (id, slug, names, sort_name) VALUES ('{id}', '{id}', '{{\"en\": \"{name}\"}}', '{name}');"
    );
    for (film, role) in credits {
        write!(
            sql,
            "INSERT INTO film_cast (film_id, person_id, role, position)
             SELECT '{film}', '{id}', '{role}', count(*) FROM film_cast WHERE film_id = '{film}';"
        )
        .unwrap();
    }
    run(pool, &sql).await;
}

async fn create_genre(pool: &PgPool, name: &str, films: &[FilmId]) {
    let id = Uuid::now_v7();
    let mut sql =
        format!("INSERT INTO genres (id, slug, names) VALUES ('{id}', '{id}', '{{\"en\": \"{name}\"}}');");
    for film in films {
        write!(
            sql,
            "INSERT INTO film_genres (film_id, genre_id, position, film_created_at)
             SELECT id, '{id}', (SELECT count(*) FROM film_genres WHERE film_id = '{film}'), created_at
             FROM films WHERE id = '{film}';"
        )
        .unwrap();
    }
    run(pool, &sql).await;
}

async fn watch(pool: &PgPool, user: UserId, film: FilmId, minutes: u32) {
    let ms = minutes * 60_000;
    run(
        pool,
        &format!(
            "INSERT INTO watch_history (user_id, film_id, day, begun_at, watched_at, watched, furthest_ms)
             VALUES ('{user}', '{film}', current_date, clock_timestamp(), now(), '{{[0,{ms})}}', {ms})"
        ),
    )
    .await;
}

async fn similar(db: &Db, film: FilmId, viewer: Option<UserId>) -> Vec<(FilmId, ReasonKind, String)> {
    let found = recommendation::similar(db, film, viewer, 20).await.unwrap();
    let label = |label: Option<std::collections::BTreeMap<String, String>>| {
        label.map(|names| names["en"].clone()).unwrap_or_default()
    };
    found.into_iter().map(|one| (one.film_id, one.kind, label(one.label))).collect()
}

const NEVER_FRESH: Duration = Duration::ZERO;

#[sqlx::test(migrations = "../migrations")]
async fn similar_films_are_ordered_by_what_they_share_which_is_the_reason(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let mut films = Vec::new();
    for title in ["This", "Genre", "Cast", "Director", "Nothing", "Both"] {
        films.push(create_film(&pool, title).await);
    }
    let [this, by_genre, by_cast, by_director, nothing, both] = films[..] else { unreachable!() };
    create_person(&pool, "Anysay", &[(this, "director"), (by_director, "director"), (both, "director")])
        .await;
    create_person(&pool, "Khamly", &[(this, "actor"), (by_cast, "actor"), (both, "actor")]).await;
    create_genre(&pool, "Ghosts", &[this, by_genre]).await;
    let word = |text: &str| text.to_owned();
    assert_eq!(
        similar(&db, this, None).await,
        [
            (both, SameDirector, word("Anysay")),
            (by_director, SameDirector, word("Anysay")),
            (by_cast, SameCast, word("Khamly")),
            (by_genre, SameGenre, word("Ghosts")),
            (nothing, New, String::new()),
        ]
    );
    // Common words decide between films that share equally much.
    let (dull, close) = (create_film(&pool, "Dull").await, create_film(&pool, "Close").await);
    create_genre(&pool, "River", &[nothing, close, dull]).await;
    for (film, synopsis) in [
        (nothing, "A boatman on the Mekong meets a naga."),
        (close, "The naga and the boatman"),
        (dull, "Accounts of a bank"),
    ] {
        run(&pool, &format!("UPDATE films SET synopses = '{{\"en\": \"{synopsis}\"}}' WHERE id = '{film}'"))
            .await;
    }
    let order: Vec<_> = similar(&db, nothing, None).await.into_iter().map(|one| one.0).take(2).collect();
    assert_eq!(order, [close, dull]);
}

#[sqlx::test(migrations = "../migrations")]
async fn unavailable_and_watched_films_are_not_recommended(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let (this, other) = (create_film(&pool, "This").await, create_film(&pool, "Other").await);
    let user = create_viewer(&db).await;
    create_genre(&pool, "Ghosts", &[this, other]).await;
    let viewers = [None, Some(user)];
    for (change, expected) in [
        ("visibility = 'public'", [true, true]),
        ("visibility = 'members'", [false, true]),
        ("visibility = 'unlisted'", [false, false]),
        ("visibility = 'draft'", [false, false]),
        ("visibility = 'scheduled', publish_at = now() + interval '1 day'", [false, false]),
        ("visibility = 'scheduled', publish_at = now()", [true, true]),
        (
            "visibility = 'public', publish_at = NULL, available_from = now() + interval '1 day'",
            [false, false],
        ),
        ("available_from = NULL, available_until = now()", [false, false]),
        ("available_until = NULL, deleted_at = now()", [false, false]),
        ("deleted_at = NULL", [true, true]),
    ] {
        run(&pool, &format!("UPDATE films SET {change} WHERE id = '{other}'")).await;
        for (viewer, expected) in viewers.into_iter().zip(expected) {
            assert_eq!(similar(&db, this, viewer).await.len(), usize::from(expected), "{change} {viewer:?}");
            let newest = recommendation::newest(&db, viewer, 10).await.unwrap();
            assert_eq!(newest.iter().any(|one| one.film_id == other), expected, "{change} {viewer:?}");
        }
    }
    watch(&pool, user, other, 94).await;
    recommendation::count(&db, NEVER_FRESH).await.unwrap();
    assert_eq!(similar(&db, this, Some(user)).await.len(), 1, "not yet seen to its end");
    assert_eq!(recommendation::popular(&db, Some(user), 10).await.unwrap().len(), 1);
    run(&pool, "UPDATE films SET credits_ms = 94 * 60000").await;
    assert_eq!(similar(&db, this, Some(user)).await, []);
    assert_eq!(recommendation::popular(&db, Some(user), 10).await.unwrap(), []);
    let newest = recommendation::newest(&db, Some(user), 10).await.unwrap();
    assert_eq!(newest.iter().map(|one| one.film_id).collect::<Vec<_>>(), [this]);
    assert_eq!(similar(&db, this, None).await.len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn films_count_as_watched_together_from_three_viewers_on(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let (this, together, seldom, glance) = (
        create_film(&pool, "This").await,
        create_film(&pool, "Together").await,
        create_film(&pool, "Seldom").await,
        create_film(&pool, "Glance").await,
    );
    for number in 0..4 {
        let user = create_viewer(&db).await;
        watch(&pool, user, this, 50).await;
        watch(&pool, user, together, 50).await;
        watch(&pool, user, glance, 0).await;
        if number < 2 {
            watch(&pool, user, seldom, 50).await;
        }
    }
    assert!(recommendation::count(&db, Duration::from_hours(1)).await.unwrap());
    assert!(!recommendation::count(&db, Duration::from_hours(1)).await.unwrap(), "it is fresh");
    let found = similar(&db, this, None).await;
    assert_eq!(found[0], (together, WatchedTogether, "This".to_owned()));
    let rest: Vec<_> = found[1..].iter().map(|one| (one.0, one.1)).collect();
    assert_eq!(rest, [(seldom, Popular), (glance, New)]);
    // A film with fewer viewers comes later, and one that was only opened is not popular.
    let popular = recommendation::popular(&db, None, 10).await.unwrap();
    let popular: Vec<_> = popular.iter().map(|one| one.film_id).collect();
    assert_eq!(popular, [together, this, seldom]);
    // A new count drops deleted history.
    run(&pool, "DELETE FROM watch_history").await;
    assert!(recommendation::count(&db, NEVER_FRESH).await.unwrap());
    assert_eq!(recommendation::popular(&db, None, 10).await.unwrap(), []);
    assert!(similar(&db, this, None).await.iter().all(|one| one.1 == New));
}

#[sqlx::test(migrations = "../migrations")]
async fn rows_are_based_on_the_films_watched_last(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let mut films = Vec::new();
    for title in ["One", "Two", "Three", "Four", "Five"] {
        films.push(create_film(&pool, title).await);
    }
    let user = create_viewer(&db).await;
    assert_eq!(recommendation::because_watched(&db, user, 3, 10).await.unwrap(), []);
    create_genre(&pool, "Ghosts", &films[..3]).await;
    create_genre(&pool, "Rivers", &films[2..]).await;
    watch(&pool, user, films[0], 100).await;
    watch(&pool, user, films[4], 5).await;
    let rows = recommendation::because_watched(&db, user, 3, 10).await.unwrap();
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(source, row)| (source, row.into_iter().map(|one| one.film_id).collect::<Vec<_>>()))
        .collect();
    assert_eq!(rows, [(films[4], vec![films[3], films[2]]), (films[0], vec![films[2], films[1]])]);
    assert_eq!(recommendation::because_watched(&db, user, 1, 1).await.unwrap().len(), 1);
}

/// Database pages that a query reads.
async fn pages_read(pool: &PgPool, sql: &str) -> i64 {
    let plan: Value =
        sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")))
            .fetch_one(pool)
            .await
            .unwrap();
    let plan = &plan[0]["Plan"];
    ["Shared Hit Blocks", "Shared Read Blocks"].iter().map(|name| plan[name].as_i64().unwrap()).sum()
}

#[sqlx::test(migrations = "../migrations")]
async fn recommendations_from_a_hundred_thousand_films_read_few_pages(pool: PgPool) {
    run(
        &pool,
        "INSERT INTO films (id, slug, titles, synopses, profile, visibility, status, presentation_id, build_id, duration_ms, created_at)
         SELECT md5(n::text)::uuid, n, '{\"en\": \"x\"}', jsonb_build_object('en', md5(n::text)), 'default', 'public', 'ready',
                md5(n::text)::uuid, md5(n::text)::uuid, 6000000, now() - n * interval '1 minute' FROM generate_series(1, 100000) AS n;
         INSERT INTO genres (id, slug, names) SELECT md5('g' || n)::uuid, n, '{\"en\": \"x\"}' FROM generate_series(1, 20) AS n;
         INSERT INTO film_genres (film_id, genre_id, position, film_created_at)
         SELECT md5(n::text)::uuid, md5('g' || (1 + n % 20))::uuid, 0, now() - n * interval '1 minute'
         FROM generate_series(1, 100000) AS n;
         INSERT INTO people (id, slug, names, sort_name)
         SELECT md5('p' || n)::uuid, n, '{\"en\": \"x\"}', 'x' FROM generate_series(1, 10) AS n;
         INSERT INTO film_cast (film_id, person_id, role, position)
         SELECT md5(n::text)::uuid, md5('p' || (1 + n % 10))::uuid, 'director', 0 FROM generate_series(1, 100000) AS n;
         INSERT INTO users (id, email, password_hash, role, display_name)
         SELECT md5('u' || n)::uuid, n || '@x.la', 'x', 'viewer', 'x' FROM generate_series(1, 1000) AS n;
         INSERT INTO watch_history (user_id, film_id, day, begun_at, watched_at, watched, furthest_ms)
         SELECT md5('u' || (1 + n % 1000))::uuid, md5(n::text)::uuid, current_date, now() - n * interval '1 second', now(),
                '{[0,3000000)}', 3000000 FROM generate_series(1, 100000) AS n;
         INSERT INTO film_views SELECT md5(n::text)::uuid, 1 + n % 50, 0 FROM generate_series(1, 50000) AS n;
         INSERT INTO resume_points SELECT user_id, film_id, furthest_ms, begun_at, film_id FROM watch_history;
         INSERT INTO watchlist SELECT user_id, film_id, begun_at FROM watch_history;
         ANALYZE",
    )
    .await;
    let film = "md5('500')::uuid";
    let user = "md5('u501')::uuid";
    let recommended = format!("film_is_recommended(films, true) AND NOT has_seen_end({user}, films)");
    for (sql, max_pages) in [
        (format!("SELECT * FROM films_like({film}, {user}) LIMIT 12"), 3000),
        (format!("SELECT id FROM films WHERE {recommended} ORDER BY created_at DESC, id DESC LIMIT 65"), 700),
        (
            format!(
                "SELECT films.id FROM film_views JOIN films ON films.id = film_id WHERE {recommended}
                 ORDER BY recent_viewers DESC, viewers DESC, film_id DESC LIMIT 65"
            ),
            1000,
        ),
        (
            format!(
                "SELECT film_id FROM watch_history JOIN films ON films.id = film_id
                 WHERE user_id = {user} AND film_is_shown(films, true) ORDER BY begun_at DESC, film_id DESC LIMIT 21"
            ),
            200,
        ),
        (
            format!(
                "SELECT film_id FROM watchlist JOIN films ON films.id = film_id
                 WHERE user_id = {user} AND film_is_shown(films, true)
                 ORDER BY watchlist.created_at DESC, film_id DESC LIMIT 21"
            ),
            200,
        ),
        // It reads all hundred resume points of the viewer, to sort them.
        (
            format!(
                "SELECT film_id FROM resume_points JOIN films ON films.id = film_id
                 WHERE user_id = {user} AND film_is_shown(films, true) AND is_resumable(films, position_ms)
                 ORDER BY at DESC, film_id DESC LIMIT 21"
            ),
            700,
        ),
    ] {
        let pages = pages_read(&pool, &sql).await;
        assert!(pages <= max_pages, "{pages} pages: {sql}");
    }
}
