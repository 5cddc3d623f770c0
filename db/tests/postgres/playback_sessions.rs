//! Playback sessions, and how many an account may have at once.

use db::{
    Db, DbError,
    playback_session::{self, Admission, NewSession},
    user::{self, NewUser, Role},
};
use domain::id::{FilmId, PlaybackSessionId, PresentationId, UserId};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{far_future, film, long_ago, make_ready};

pub(crate) async fn create_viewer(db: &Db) -> UserId {
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
pub(crate) fn new_session(
    film_id: FilmId,
    presentation_id: PresentationId,
    user_id: Option<UserId>,
) -> NewSession {
    NewSession {
        preview_link_id: None,
        id: PlaybackSessionId(Uuid::now_v7()),
        film_id,
        presentation_id,
        user_id,
        duration_ms: 120_000,
        device: Some(Uuid::now_v7().to_string()),
        expires_at: far_future(),
    }
}

/// Takes a film from upload to ready and returns the presentation that it shows.
pub(crate) async fn make_shown(db: &Db, film: FilmId) -> PresentationId {
    make_ready(db, film).await;
    db::presentation::shown(db, film).await.unwrap().unwrap().id
}

async fn open(db: &Db, new: &NewSession, limit: u32) -> Admission {
    playback_session::open(db, new.clone(), limit).await.unwrap()
}

async fn active_sessions(db: &Db, user: UserId) -> Vec<PlaybackSessionId> {
    playback_session::list_active(db, user).await.unwrap().iter().map(|session| session.id).collect()
}

async fn set_last_seen(pool: &PgPool, session: PlaybackSessionId, ago: &str) {
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
async fn a_session_is_renewed_until_it_ends(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film_id = film(&db).await;
    let shown = make_shown(&db, film_id).await;
    let first = NewSession { expires_at: long_ago(), ..new_session(film_id, shown, None) };
    assert_eq!(open(&db, &first, 1).await, Admission::Admitted);
    let renew = async || playback_session::renew(&db, first.id, far_future(), 1).await.unwrap();
    assert_eq!(renew().await, Admission::Admitted);
    let session = playback_session::find(&db, first.id).await.unwrap().unwrap();
    assert_eq!((session.presentation_id, session.expires_at, session.ended_at), (shown, far_future(), None));
    assert_eq!((session.duration_ms, session.device), (120_000, first.device.clone()));
    assert!(playback_session::end(&db, first.id).await.unwrap());
    assert!(!playback_session::end(&db, first.id).await.unwrap());
    assert_eq!(renew().await, Admission::Over);
    let stranger = new_session(film_id, shown, Some(UserId(Uuid::now_v7())));
    let error = playback_session::open(&db, stranger, 1).await.unwrap_err();
    assert!(matches!(error, DbError::Conflict { .. }), "{error:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn devices_that_start_at_once_do_not_exceed_the_limit(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film_id = film(&db).await;
    let shown = make_shown(&db, film_id).await;
    let (user, other) = (create_viewer(&db).await, create_viewer(&db).await);
    let mut tries = Vec::new();
    for number in 0..24 {
        let owner = if number % 2 == 0 { user } else { other };
        let (db, new) = (db.clone(), new_session(film_id, shown, Some(owner)));
        tries.push(tokio::spawn(async move { playback_session::open(&db, new, 3).await.unwrap() }));
    }
    let mut admitted = 0;
    for one in tries {
        admitted += usize::from(one.await.unwrap() == Admission::Admitted);
    }
    assert_eq!(admitted, 6, "three for each account");
    assert_eq!((active_sessions(&db, user).await.len(), active_sessions(&db, other).await.len()), (3, 3));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_oldest_active_session_is_named_and_ending_it_admits_another(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film_id = film(&db).await;
    let shown = make_shown(&db, film_id).await;
    let owner = create_viewer(&db).await;
    let user = Some(owner);
    let (first, second, third) = (
        new_session(film_id, shown, user),
        new_session(film_id, shown, user),
        new_session(film_id, shown, user),
    );
    for one in [&first, &second] {
        assert_eq!(open(&db, one, 2).await, Admission::Admitted);
    }
    let Admission::TooMany(oldest) = open(&db, &third, 2).await else { panic!("a third was admitted") };
    assert_eq!((oldest.id, oldest.film_id, oldest.device), (first.id, film_id, first.device.clone()));
    assert_eq!(oldest.titles["lo"], "ໜັງ");
    assert!(playback_session::end(&db, first.id).await.unwrap());
    assert_eq!(open(&db, &third, 2).await, Admission::Admitted);

    // A session without heartbeats does not count, and must be admitted again to return.
    set_last_seen(&pool, second.id, "3 minutes").await;
    assert_eq!(active_sessions(&db, owner).await, [third.id]);
    let fourth = new_session(film_id, shown, user);
    assert_eq!(open(&db, &fourth, 2).await, Admission::Admitted);
    let renewed = playback_session::renew(&db, second.id, far_future(), 2).await.unwrap();
    assert!(matches!(renewed, Admission::TooMany(oldest) if oldest.id == third.id));
    // An active session does not count against its own renewal.
    assert_eq!(playback_session::renew(&db, third.id, far_future(), 2).await.unwrap(), Admission::Admitted);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reloaded_page_is_not_another_session(pool: PgPool) {
    let db = Db::from_pool(pool);
    let film_id = film(&db).await;
    let shown = make_shown(&db, film_id).await;
    let user = create_viewer(&db).await;
    let mut last = None;
    for _ in 0..5 {
        let again = NewSession {
            device: Some("Firefox on Linux".to_owned()),
            ..new_session(film_id, shown, Some(user))
        };
        assert_eq!(open(&db, &again, 1).await, Admission::Admitted);
        last = Some(again.id);
    }
    assert_eq!(active_sessions(&db, user).await, [last.unwrap()]);
    let elsewhere = new_session(film_id, shown, Some(user));
    assert!(matches!(open(&db, &elsewhere, 1).await, Admission::TooMany(_)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_keeps_its_presentation_until_its_token_expires(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film_id = film(&db).await;
    let shown = make_shown(&db, film_id).await;
    let session = new_session(film_id, shown, None);
    open(&db, &session, 1).await;
    let renew = async || playback_session::renew(&db, session.id, far_future(), 1).await.unwrap();
    make_ready(&db, film_id).await;
    crate::support::pass_waiting_times(&pool).await;
    crate::support::complete_all(&db).await;
    assert_eq!(renew().await, Admission::Admitted, "its token may still reach the presentation");
    sqlx::query("UPDATE playback_sessions SET expires_at = now()").execute(&pool).await.unwrap();
    crate::support::pass_waiting_times(&pool).await;
    assert_eq!(renew().await, Admission::Over);
}

#[sqlx::test(migrations = "../migrations")]
async fn sessions_are_deleted_two_months_after_they_began_unless_they_are_active(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let film_id = film(&db).await;
    let shown = make_shown(&db, film_id).await;
    let mut kept = Vec::new();
    for (days, expires_at, is_kept) in [
        (61, long_ago(), false),
        (61, long_ago(), false),
        (70, long_ago(), false),
        (59, long_ago(), true),
        (61, far_future(), true),
    ] {
        let one = NewSession { expires_at, ..new_session(film_id, shown, None) };
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
    let deleted = async || playback_session::delete_old(&db, 2).await.unwrap();
    assert_eq!([deleted().await, deleted().await, deleted().await], [2, 1, 0]);
    for id in &kept {
        assert!(playback_session::find(&db, *id).await.unwrap().is_some());
    }
}
