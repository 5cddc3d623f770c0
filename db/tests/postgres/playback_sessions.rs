//! Viewings and how many an account may have at once.

use db::{
    Db, DbError,
    playback_session::{self, Admission, NewSession},
    user::{self, NewUser, Role},
};
use domain::id::{BuildId, FilmId, PlaybackSessionId, UserId};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{far_future, film, long_ago, ready};

pub(crate) async fn viewer(db: &Db) -> UserId {
    let id = UserId(Uuid::now_v7());
    let new = NewUser {
        id,
        email: format!("{id}@example.la"),
        password_hash: "$argon2id$…".to_owned(),
        role: Role::Viewer,
        display_name: "ນາງ".to_owned(),
    };
    user::create(db, new).await.unwrap();
    id
}

/// A session of a 120 s film, not opened yet.
pub(crate) fn new(film_id: FilmId, build_id: BuildId, user_id: Option<UserId>) -> NewSession {
    NewSession {
        id: PlaybackSessionId(Uuid::now_v7()),
        film_id,
        build_id,
        user_id,
        duration_ms: 120_000,
        device: Some(Uuid::now_v7().to_string()),
        expires_at: far_future(),
    }
}

async fn open(db: &Db, new: &NewSession, limit: u32) -> Admission {
    playback_session::open(db, new.clone(), limit).await.unwrap()
}

async fn running(db: &Db, user: UserId) -> Vec<PlaybackSessionId> {
    playback_session::list_active(db, user).await.unwrap().iter().map(|session| session.id).collect()
}

async fn last_seen(pool: &PgPool, session: PlaybackSessionId, ago: &str) {
    sqlx::query(
        "UPDATE playback_sessions SET created_at = now() - interval '1 day', last_seen_at = now() - $2::interval WHERE id = $1",
    )
    .bind(session.0)
    .bind(ago)
    .execute(pool)
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_viewing_goes_on_until_it_ends(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film_id = film(&db).await;
    let build_id = ready(&db, film_id).await;
    let first = NewSession { expires_at: long_ago(), ..new(film_id, build_id, None) };
    assert_eq!(open(&db, &first, 1).await, Admission::Admitted);
    let renew = async || playback_session::renew(&db, first.id, far_future(), 1).await.unwrap();
    assert_eq!(renew().await, Admission::Admitted);
    let session = playback_session::find(&db, first.id).await.unwrap().unwrap();
    assert_eq!((session.build_id, session.expires_at, session.ended_at), (build_id, far_future(), None));
    assert_eq!((session.duration_ms, session.device), (120_000, first.device.clone()));
    assert!(playback_session::end(&db, first.id).await.unwrap());
    assert!(!playback_session::end(&db, first.id).await.unwrap());
    assert_eq!(renew().await, Admission::Over);
    let stranger = new(film_id, build_id, Some(UserId(Uuid::now_v7())));
    let error = playback_session::open(&db, stranger, 1).await.unwrap_err();
    assert!(matches!(error, DbError::Conflict { .. }), "{error:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn devices_that_press_play_at_once_do_not_pass_the_limit(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film_id = film(&db).await;
    let build_id = ready(&db, film_id).await;
    let (user, other) = (viewer(&db).await, viewer(&db).await);
    let mut tries = Vec::new();
    for number in 0..24 {
        let owner = if number % 2 == 0 { user } else { other };
        let (db, new) = (db.clone(), new(film_id, build_id, Some(owner)));
        tries.push(tokio::spawn(async move { playback_session::open(&db, new, 3).await.unwrap() }));
    }
    let mut admitted = 0;
    for one in tries {
        admitted += usize::from(one.await.unwrap() == Admission::Admitted);
    }
    assert_eq!(admitted, 6, "three for each account");
    assert_eq!((running(&db, user).await.len(), running(&db, other).await.len()), (3, 3));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_oldest_running_session_is_named_and_ending_it_makes_room(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film_id = film(&db).await;
    let build_id = ready(&db, film_id).await;
    let owner = viewer(&db).await;
    let user = Some(owner);
    let (first, second, third) =
        (new(film_id, build_id, user), new(film_id, build_id, user), new(film_id, build_id, user));
    for one in [&first, &second] {
        assert_eq!(open(&db, one, 2).await, Admission::Admitted);
    }
    let Admission::TooMany(oldest) = open(&db, &third, 2).await else { panic!("a third was let in") };
    assert_eq!((oldest.id, oldest.film_id, oldest.device), (first.id, film_id, first.device.clone()));
    assert_eq!(oldest.titles["lo"], "ໜັງ");
    assert!(playback_session::end(&db, first.id).await.unwrap());
    assert_eq!(open(&db, &third, 2).await, Admission::Admitted);

    // A silent one makes room as well, and needs room to come back.
    last_seen(&pool, second.id, "3 minutes").await;
    assert_eq!(running(&db, owner).await, [third.id]);
    let fourth = new(film_id, build_id, user);
    assert_eq!(open(&db, &fourth, 2).await, Admission::Admitted);
    let renewed = playback_session::renew(&db, second.id, far_future(), 2).await.unwrap();
    assert!(matches!(renewed, Admission::TooMany(oldest) if oldest.id == third.id));
    // One that runs is not in its own way.
    assert_eq!(playback_session::renew(&db, third.id, far_future(), 2).await.unwrap(), Admission::Admitted);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_page_loaded_again_is_not_another_stream(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film_id = film(&db).await;
    let build_id = ready(&db, film_id).await;
    let user = viewer(&db).await;
    let mut last = None;
    for _ in 0..5 {
        let again =
            NewSession { device: Some("Firefox on Linux".to_owned()), ..new(film_id, build_id, Some(user)) };
        assert_eq!(open(&db, &again, 1).await, Admission::Admitted);
        last = Some(again.id);
    }
    assert_eq!(running(&db, user).await, [last.unwrap()]);
    let elsewhere = new(film_id, build_id, Some(user));
    assert!(matches!(open(&db, &elsewhere, 1).await, Admission::TooMany(_)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_is_renewed_while_its_build_is_there(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film_id = film(&db).await;
    let build_id = ready(&db, film_id).await;
    let session = new(film_id, build_id, None);
    open(&db, &session, 1).await;
    let renew = async || playback_session::renew(&db, session.id, far_future(), 1).await.unwrap();
    ready(&db, film_id).await;
    assert_eq!(renew().await, Admission::Admitted, "superseded builds stay for a day");
    crate::support::pass_waiting_times(&pool).await;
    crate::support::drain(&db).await;
    assert_eq!(renew().await, Admission::Over);
}

#[sqlx::test(migrations = "../migrations")]
async fn viewings_are_forgotten_two_months_after_they_began_and_not_while_they_run(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film_id = film(&db).await;
    let build_id = ready(&db, film_id).await;
    let mut kept = Vec::new();
    for (days, expires_at, is_kept) in [
        (61, long_ago(), false),
        (61, long_ago(), false),
        (70, long_ago(), false),
        (59, long_ago(), true),
        (61, far_future(), true),
    ] {
        let one = NewSession { expires_at, ..new(film_id, build_id, None) };
        assert_eq!(open(&db, &one, 1).await, Admission::Admitted);
        sqlx::query("UPDATE playback_sessions SET created_at = now() - $2 * interval '1 day' WHERE id = $1")
            .bind(one.id.0)
            .bind(days)
            .execute(&pool)
            .await
            .unwrap();
        if is_kept {
            kept.push(one.id);
        }
    }
    let forgotten = async || playback_session::delete_old(&db, 2).await.unwrap();
    assert_eq!([forgotten().await, forgotten().await, forgotten().await], [2, 1, 0]);
    for id in &kept {
        assert!(playback_session::find(&db, *id).await.unwrap().is_some());
    }
}
