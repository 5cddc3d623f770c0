//! Heartbeats: every order of delivery results in the same history and resume points.

use db::{
    Cursor,
    heartbeat::{self, Heartbeat},
    playback_session, resume_point, watch_history,
};
use domain::id::PlaybackSessionId;
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    playback_sessions::create_viewer,
    watched_film::{DURATION_MS, WatchedFilm, beat, noon},
};

/// Random heartbeats, each with its device: seeks, pauses, replays, several at one time, and sometimes an end.
fn random_heartbeats(random: &mut StdRng, began: OffsetDateTime) -> Vec<(usize, Heartbeat)> {
    let count = random.random_range(1..40);
    (0..count)
        .map(|_| {
            let at = began + Duration::seconds(random.random_range(-5..40));
            let mut one = beat(at, random.random_range(0..130), random.random_range(0..25));
            one.event_id = Uuid::from_u128(random.random());
            one.is_end = random.random_ratio(1, 10);
            (random.random_range(0..2), one)
        })
        .collect()
}

/// The same heartbeats as a bad network delivers them: out of order, repeated, in batches of any size.
fn delivered(random: &mut StdRng, heartbeats: &[(usize, Heartbeat)]) -> Vec<(usize, Vec<Heartbeat>)> {
    let mut all = heartbeats.to_vec();
    for _ in 0..random.random_range(0..20) {
        all.push(heartbeats[random.random_range(0..heartbeats.len())]);
    }
    all.shuffle(random);
    let mut batches = Vec::new();
    while !all.is_empty() {
        let rest = all.split_off(random.random_range(1..=all.len()));
        for device in 0..2 {
            let batch: Vec<_> =
                all.iter().filter(|(of, _)| *of == device).map(|(_, heartbeat)| *heartbeat).collect();
            if !batch.is_empty() {
                batches.push((device, batch));
            }
        }
        all = rest;
    }
    batches
}

#[sqlx::test(migrations = "../migrations")]
async fn any_order_and_repetition_leaves_the_same_rows(pool: PgPool) {
    let began = noon();
    let seed = rand::rng().next_u64();
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..25 {
        let heartbeats = random_heartbeats(&mut random, began);
        let reference = WatchedFilm::begin(&pool, began).await;
        for (device, heartbeat) in &heartbeats {
            reference.record(*device, &[*heartbeat]).await;
        }
        let expected = reference.rows().await;
        let mangled = WatchedFilm::begin(&pool, began).await;
        for (device, batch) in delivered(&mut random, &heartbeats) {
            mangled.record(device, &batch).await;
        }
        assert_eq!(mangled.rows().await, expected, "seed {seed}");
        // All are delivered once more.
        for (device, batch) in delivered(&mut random, &heartbeats) {
            mangled.record(device, &batch).await;
        }
        assert_eq!(mangled.rows().await, expected, "seed {seed}");

        // The result equals a simple count of seconds.
        mangled.publish().await;
        let mut seconds = [false; 120];
        for (_, one) in &heartbeats {
            let (end, watched) = ((one.position_ms / 1000).min(120), one.watched_ms / 1000);
            seconds[end.saturating_sub(watched) as usize..end as usize].fill(true);
        }
        let watched_s = seconds.iter().filter(|seen| **seen).count() as u64;
        let history = mangled.history().await;
        assert_eq!(history.iter().map(|row| row.watched_ms / 1000).sum::<u64>(), watched_s);
        let newest =
            heartbeats.iter().map(|(_, one)| one).max_by_key(|one| (one.at.max(began), one.event_id));
        assert_eq!(
            mangled.resume_position().await,
            newest.map(|one| u64::from(one.position_ms.min(DURATION_MS)))
        );
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn heartbeats_that_arrive_at_once_are_all_counted(pool: PgPool) {
    let began = noon();
    let watched = WatchedFilm::begin(&pool, began).await;
    watched.publish().await;
    let mut deliveries = Vec::new();
    for second in 1..=60_u32 {
        let (db, user, session) = (watched.db.clone(), watched.user, watched.sessions[second as usize % 2]);
        let one = beat(began + Duration::seconds(second.into()), second, 1);
        deliveries.push(tokio::spawn(async move {
            heartbeat::record(&db, session, Some(user), 0, &[one]).await.unwrap().unwrap()
        }));
    }
    for one in deliveries {
        one.await.unwrap();
    }
    assert_eq!(watched.history().await[0].watched_ms, 60_000);
    assert_eq!(watched.resume_position().await, Some(60_000));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_newest_position_of_two_devices_wins_in_any_order_of_arrival(pool: PgPool) {
    let began = noon();
    let watched = WatchedFilm::begin(&pool, began).await;
    watched.publish().await;
    let (phone, television) = (0, 1);
    let seconds = |count: i64| began + Duration::seconds(count);
    // The phone went offline at 40 s; the television played later. Then the phone is online again.
    watched.record(television, &[beat(seconds(600), 50, 10)]).await;
    watched.record(phone, &[beat(seconds(30), 30, 30), beat(seconds(40), 40, 10)]).await;
    assert_eq!(watched.resume_position().await, Some(50_000));
    assert_eq!(watched.history().await[0].watched_ms, 50_000);
    // A seek back is a newer position too.
    watched.record(phone, &[beat(seconds(700), 5, 0)]).await;
    assert_eq!(watched.resume_position().await, Some(5000));
    // A heartbeat that is sent again with a later time does not count as newer than one of the television.
    let reported = beat(seconds(800), 70, 0);
    watched.record(phone, &[reported]).await;
    watched.record(phone, &[Heartbeat { at: seconds(900), ..reported }]).await;
    watched.record(television, &[beat(seconds(850), 80, 0)]).await;
    assert_eq!(watched.resume_position().await, Some(80_000));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_slow_request_makes_no_heartbeat_newer_and_a_corrected_clock_is_trusted(pool: PgPool) {
    let began = noon();
    let watched = WatchedFilm::begin(&pool, began).await;
    let seconds = |count: i64| began + Duration::seconds(count);
    let one = beat(seconds(0), 0, 0);
    let recorded_at = async |sent_s: i64, took_s: i64, behind_s: i64| {
        let late = Heartbeat { event_id: Uuid::new_v4(), at: seconds(sent_s + took_s), ..one };
        let offset_us = (behind_s + took_s) * 1_000_000;
        let session = watched.sessions[0];
        heartbeat::record(&watched.db, session, Some(watched.user), offset_us, &[late])
            .await
            .unwrap()
            .unwrap();
        let at: OffsetDateTime =
            sqlx::query_scalar("SELECT at FROM resume_points").fetch_one(&pool).await.unwrap();
        (at - began).whole_seconds()
    };
    let hour = 3600;
    // The offset of this clock is not known yet.
    assert_eq!(recorded_at(0, 5, -hour).await, 5);
    assert_eq!(recorded_at(10, 2, -hour).await, 12);
    // The quickest delivery so far corrects the times of slower ones.
    assert_eq!(recorded_at(20, 30, -hour).await, 22);
    assert_eq!(recorded_at(30, 0, -hour).await, 30);
    assert_eq!(recorded_at(40, 299, -hour).await, 40);
    // The clock is set right, and later set back.
    assert_eq!(recorded_at(50, 1, 0).await, 51);
    assert_eq!(recorded_at(60, 8, 0).await, 61);
    assert_eq!(recorded_at(70, 0, -hour).await, 70);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_shortest_stretches_make_no_more_ranges_than_every_other_second(pool: PgPool) {
    let began = noon();
    let watched = WatchedFilm::begin(&pool, began).await;
    watched.publish().await;
    sqlx::query("UPDATE playback_sessions SET duration_ms = 119500").execute(&pool).await.unwrap();
    let stretch = |position_ms, watched_ms| Heartbeat { position_ms, watched_ms, ..beat(began, 0, 0) };
    let every_other_ms: Vec<_> = (0..1500).map(|nth| stretch(2 * nth + 1, 1)).collect();
    watched.record(0, &every_other_ms).await;
    watched.record(0, &[stretch(119_001, 1), stretch(200_000, 1)]).await;
    let ranges: String =
        sqlx::query_scalar("SELECT watched::text FROM watch_history").fetch_one(&pool).await.unwrap();
    assert_eq!(ranges, "{[0,3000),[119000,119500)}");
    assert_eq!(watched.history().await[0].watched_ms, 3500);
}

#[sqlx::test(migrations = "../migrations")]
async fn late_heartbeats_count_after_the_session_has_ended_and_do_not_reactivate_it(pool: PgPool) {
    let began = noon();
    let watched = WatchedFilm::begin(&pool, began).await;
    watched.publish().await;
    playback_session::end(&watched.db, watched.sessions[0]).await.unwrap();
    sqlx::query("UPDATE playback_sessions SET expires_at = now() - interval '1 hour' WHERE id = $1")
        .bind(watched.sessions[0].0)
        .execute(&pool)
        .await
        .unwrap();
    watched.record(0, &[beat(began + Duration::MINUTE, 60, 60)]).await;
    assert_eq!(watched.history().await[0].watched_ms, 60_000);
    watched.record(1, &[beat(began + Duration::MINUTE, 60, 60)]).await;
    assert!(playback_session::list_active(&watched.db, watched.user).await.unwrap().is_empty());
    watched.record(1, &[beat(OffsetDateTime::now_utc(), 61, 1)]).await;
    assert_eq!(playback_session::list_active(&watched.db, watched.user).await.unwrap().len(), 1);
    // A heartbeat with an end from its player ends the session.
    let end = Heartbeat { is_end: true, ..beat(OffsetDateTime::now_utc(), 62, 1) };
    watched.record(1, &[end]).await;
    assert!(playback_session::list_active(&watched.db, watched.user).await.unwrap().is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn cleared_entries_stay_cleared_and_later_heartbeats_count(pool: PgPool) {
    let began = noon();
    let watched = WatchedFilm::begin(&pool, began).await;
    watched.publish().await;
    let (db, user, film) = (&watched.db, watched.user, watched.film);
    let before = [beat(began + Duration::SECOND * 50, 50, 50)];
    for only in [Some(film), None] {
        watched.record(0, &before).await;
        watch_history::clear(db, user, only).await.unwrap();
        resume_point::clear(db, user, only).await.unwrap();
        // The other device was offline and sends it only now; this device sends it again.
        watched.record(1, &before).await;
        watched.record(0, &before).await;
        assert_eq!((watched.history().await, watched.resume_position().await), (vec![], None));
        watched.record(0, &[beat(OffsetDateTime::now_utc(), 70, 10)]).await;
        assert_eq!(
            (watched.history().await[0].watched_ms, watched.resume_position().await),
            (10_000, Some(70_000))
        );
        watch_history::clear(db, user, only).await.unwrap();
        resume_point::clear(db, user, only).await.unwrap();
    }
    // The entries of another account or another film are not cleared.
    let other = WatchedFilm::begin(&pool, began).await;
    other.publish().await;
    other.record(0, &before).await;
    watch_history::clear(db, user, None).await.unwrap();
    resume_point::clear(db, other.user, Some(film)).await.unwrap();
    assert_eq!((other.history().await.len(), other.resume_position().await), (1, Some(50_000)));
}

#[sqlx::test(migrations = "../migrations")]
async fn clearing_while_heartbeats_arrive_leaves_no_earlier_entries(pool: PgPool) {
    let began = noon();
    let watched = WatchedFilm::begin(&pool, began).await;
    watched.publish().await;
    let mut tasks = Vec::new();
    for second in 1..=60_u32 {
        let (db, user, session) = (watched.db.clone(), watched.user, watched.sessions[second as usize % 2]);
        let one = beat(began + Duration::seconds(second.into()), second, 1);
        tasks.push(tokio::spawn(async move {
            heartbeat::record(&db, session, Some(user), 0, &[one]).await.unwrap();
            if second % 20 == 0 {
                watch_history::clear(&db, user, None).await.unwrap();
                resume_point::clear(&db, user, None).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!((watched.history().await, watched.resume_position().await), (vec![], None));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_position_set_by_the_caller_is_newer_than_earlier_heartbeats(pool: PgPool) {
    let began = noon();
    let watched = WatchedFilm::begin(&pool, began).await;
    let set = async |position_ms| {
        resume_point::set(&watched.db, watched.user, watched.film, position_ms, Uuid::new_v4()).await.unwrap()
    };
    assert!(!set(1).await, "a draft");
    watched.publish().await;
    assert!(set(90_000).await);
    watched.record(0, &[beat(began, 10, 10)]).await;
    assert_eq!(watched.resume_position().await, Some(90_000));
    assert!(set(500_000).await);
    assert_eq!(watched.resume_position().await, Some(120_000), "no further than the film");
}

#[sqlx::test(migrations = "../migrations")]
async fn sessions_of_other_accounts_take_no_heartbeats_and_anonymous_ones_leave_no_history(pool: PgPool) {
    let began = noon();
    let watched = WatchedFilm::begin(&pool, began).await;
    let one = [beat(began, 10, 10)];
    let stranger = create_viewer(&watched.db).await;
    for caller in [None, Some(stranger)] {
        assert_eq!(heartbeat::record(&watched.db, watched.sessions[0], caller, 0, &one).await.unwrap(), None);
    }
    let unknown = PlaybackSessionId(Uuid::now_v7());
    assert_eq!(heartbeat::record(&watched.db, unknown, Some(stranger), 0, &one).await.unwrap(), None);
    sqlx::query("UPDATE playback_sessions SET user_id = NULL").execute(&pool).await.unwrap();
    let now = beat(OffsetDateTime::now_utc(), 10, 10);
    for caller in [None, Some(stranger)] {
        assert!(
            heartbeat::record(&watched.db, watched.sessions[0], caller, 0, &[now]).await.unwrap().is_some()
        );
    }
    let session = playback_session::find(&watched.db, watched.sessions[0]).await.unwrap().unwrap();
    assert!(session.last_seen_at - now.at < Duration::MILLISECOND);
    let rows: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM watch_history) + (SELECT count(*) FROM resume_points)",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(rows, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_day_is_one_row_and_pages_list_each_row_once(pool: PgPool) {
    let began = noon();
    let watched = WatchedFilm::begin(&pool, began).await;
    watched.publish().await;
    for day in 0..5 {
        let began = began - Duration::days(day);
        sqlx::query("UPDATE playback_sessions SET created_at = $1").bind(began).execute(&pool).await.unwrap();
        watched.record(0, &[beat(began + Duration::SECOND, 10, 10)]).await;
        watched.record(1, &[beat(began + Duration::DAY, 30, 10)]).await;
    }
    let (mut seen, mut after): (Vec<OffsetDateTime>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = watch_history::list(&watched.db, watched.user, after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor());
        assert!(page.iter().all(|row| row.watched_ms == 20_000 && row.furthest_ms == 30_000));
        seen.extend(page.iter().map(|row| row.begun_at));
    }
    assert_eq!(seen, (0..5).map(|day| watched.began - Duration::days(day)).collect::<Vec<_>>());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_film_is_resumable_between_its_beginning_and_its_credits(pool: PgPool) {
    let watched = WatchedFilm::begin(&pool, noon()).await;
    watched.publish().await;
    let minute = 60_000_i64;
    for (duration_ms, credits_ms, position_ms, offered) in [
        (120 * minute, None, 71_999, false),
        (120 * minute, None, 72_000, true),
        (120 * minute, None, 114 * minute - 1, true),
        (120 * minute, None, 114 * minute, false),
        (120 * minute, Some(110 * minute), 110 * minute - 1, true),
        (120 * minute, Some(110 * minute), 110 * minute, false),
        (120 * minute, Some(119 * minute), 118 * minute, true),
        (20 * minute, None, 29_999, false),
        (20 * minute, None, 30_000, true),
        // Credits that are marked beyond the end of the film do not count.
        (20 * minute, Some(30 * minute), 20 * minute, false),
    ] {
        sqlx::query("UPDATE films SET duration_ms = $1, credits_ms = $2")
            .bind(duration_ms)
            .bind(credits_ms)
            .execute(&pool)
            .await
            .unwrap();
        let position = u32::try_from(position_ms).unwrap();
        resume_point::set(&watched.db, watched.user, watched.film, position, Uuid::new_v4()).await.unwrap();
        let listed = resume_point::list(&watched.db, watched.user, None, 10).await.unwrap();
        let found = resume_point::find(&watched.db, watched.user, watched.film).await.unwrap().unwrap();
        let case = format!("{duration_ms} {credits_ms:?} {position_ms}");
        assert_eq!((listed.len() == 1, found.is_resumable), (offered, offered), "{case}");
    }
    sqlx::query("UPDATE films SET visibility = 'draft'").execute(&pool).await.unwrap();
    assert!(resume_point::list(&watched.db, watched.user, None, 10).await.unwrap().is_empty());
    assert_eq!(watched.resume_position().await, None);
}
