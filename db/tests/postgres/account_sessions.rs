//! Account sessions, their refresh tokens, and what ends them.

use db::{
    Db, DbError,
    account_session::{self, NewAccountSession},
    audit::Author,
    password_reset,
    refresh_token::{self, Rotation},
    user::{self, Role, User, UserChange},
};
use domain::id::{AccountSessionId, UserId};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use time::OffsetDateTime;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    accounts::create_account,
    support::{far_future, long_ago},
};

const COMMAND_LINE: Author = Author { user_id: None, user_email: None };

/// A session whose first token has the hash `[token; 32]`.
async fn begin(db: &Db, user: &User, token: u8, expires_at: OffsetDateTime) -> AccountSessionId {
    let id = AccountSessionId(Uuid::now_v7());
    let (user_agent, address) = (Some("Firefox".to_owned()), Some("203.0.113.7".to_owned()));
    let new = NewAccountSession { id, token_hash: [token; 32], expires_at, user_agent, address };
    assert!(account_session::begin(db, user, new).await.unwrap());
    id
}

async fn rotate(db: &Db, old: u8, new: u8) -> Rotation {
    refresh_token::rotate(db, &[old; 32], &[new; 32], far_future()).await.unwrap()
}

/// First bytes of the session's unspent tokens.
async fn unspent(pool: &PgPool, id: AccountSessionId) -> Vec<u8> {
    let hashes: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT hash FROM refresh_tokens WHERE session_id = $1 AND used_at IS NULL")
            .bind(id.0)
            .fetch_all(pool)
            .await
            .unwrap();
    hashes.iter().map(|hash| hash[0]).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn addresses_that_accounts_logged_in_from_are_listed_latest_first(pool: PgPool) {
    let db = Db::from_pool(pool);
    let viewer = create_account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let other = create_account(&db, "b@x.la", Role::Viewer).await.unwrap();
    for (user, token, address) in [
        (&viewer, 1, Some("203.0.113.1")),
        (&other, 2, Some("203.0.113.1")),
        (&viewer, 3, Some("2001:db8::1")),
        (&viewer, 4, Some("203.0.113.1")),
        (&viewer, 5, None),
    ] {
        let new = NewAccountSession {
            id: AccountSessionId(Uuid::now_v7()),
            token_hash: [token; 32],
            expires_at: far_future(),
            user_agent: None,
            address: address.map(str::to_owned),
        };
        assert!(account_session::begin(&db, user, new).await.unwrap());
    }
    let places = account_session::list_places(&db, 10).await.unwrap();
    let seen: Vec<_> = places.iter().map(|place| (place.email.as_str(), place.address.as_str())).collect();
    assert_eq!(seen, [("a@x.la", "203.0.113.1"), ("a@x.la", "2001:db8::1"), ("b@x.la", "203.0.113.1")]);
    assert_eq!(account_session::list_places(&db, 2).await.unwrap(), places[..2]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_is_exchanged_once_and_reuse_ends_the_session(pool: PgPool) {
    let db = Db::from_pool(pool);
    let viewer = create_account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let stolen = begin(&db, &viewer, 1, far_future()).await;
    let other = begin(&db, &viewer, 9, far_future()).await;
    assert_eq!(rotate(&db, 1, 2).await, Rotation::Rotated(stolen, viewer.clone()));
    assert_eq!(rotate(&db, 2, 3).await, Rotation::Rotated(stolen, viewer.clone()));
    assert_eq!(account_session::holder(&db, stolen).await.unwrap().as_ref(), Some(&viewer));
    assert_eq!(rotate(&db, 1, 4).await, Rotation::Reused(stolen, viewer.id));
    assert_eq!(account_session::holder(&db, stolen).await.unwrap(), None);
    assert_eq!(rotate(&db, 3, 5).await, Rotation::Unknown, "the session outlived a reuse");
    assert_eq!(rotate(&db, 1, 5).await, Rotation::Unknown, "the session ends once");
    assert_eq!(rotate(&db, 7, 8).await, Rotation::Unknown);
    assert_eq!(rotate(&db, 9, 10).await, Rotation::Rotated(other, viewer), "another session was ended too");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_is_exchanged_again_after_a_lost_response_and_only_the_last_successor_works(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let viewer = create_account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let id = begin(&db, &viewer, 1, far_future()).await;
    let good = Rotation::Rotated(id, viewer.clone());
    for successor in 2..=4 {
        assert_eq!(rotate(&db, 1, successor).await, good, "successor {successor}");
    }
    assert_eq!(unspent(&pool, id).await, [4]);
    assert_eq!(rotate(&db, 4, 5).await, good);
    // The successor has been used, so the token before it is no longer exchanged.
    assert_eq!(rotate(&db, 1, 6).await, Rotation::Reused(id, viewer.id));
    assert_eq!(rotate(&db, 5, 7).await, Rotation::Unknown);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_replaced_successor_ends_the_session_whether_or_not_the_last_was_used(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let viewer = create_account(&db, "a@x.la", Role::Viewer).await.unwrap();
    for used in [false, true] {
        let first = 10 * (1 + u8::from(used));
        let id = begin(&db, &viewer, first, far_future()).await;
        let good = Rotation::Rotated(id, viewer.clone());
        assert_eq!(rotate(&db, first, first + 1).await, good);
        assert_eq!(rotate(&db, first, first + 2).await, good);
        if used {
            assert_eq!(rotate(&db, first + 2, first + 3).await, good);
        }
        assert_eq!(rotate(&db, first + 1, first + 4).await, Rotation::Reused(id, viewer.id));
        let last = first + 2 + u8::from(used);
        assert_eq!(rotate(&db, last, first + 5).await, Rotation::Unknown);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_that_was_spent_over_a_minute_ago_counts_as_stolen(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let viewer = create_account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let id = begin(&db, &viewer, 1, far_future()).await;
    assert_eq!(rotate(&db, 1, 2).await, Rotation::Rotated(id, viewer.clone()));
    sqlx::query("UPDATE refresh_tokens SET used_at = used_at - interval '61 seconds'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(rotate(&db, 1, 3).await, Rotation::Reused(id, viewer.id));
    assert_eq!(rotate(&db, 2, 4).await, Rotation::Unknown);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_sent_many_times_at_once_leaves_one_valid_successor(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let pool = PgPoolOptions::new().max_connections(8).connect_with(options).await.unwrap();
    let db = Db::from_pool(pool.clone());
    let viewer = create_account(&db, "a@x.la", Role::Viewer).await.unwrap();
    for round in 0..5 {
        let first = 40 * round + 1;
        let id = begin(&db, &viewer, first, far_future()).await;
        let good = Rotation::Rotated(id, viewer.clone());
        let mut requests = JoinSet::new();
        for answer in 1..=8 {
            let db = db.clone();
            requests.spawn(async move { rotate(&db, first, first + answer).await });
        }
        let sent = requests.join_all().await;
        assert!(sent.iter().all(|answer| *answer == good), "{sent:?}");
        let [valid] = unspent(&pool, id).await[..] else {
            panic!("not one valid successor in round {round}")
        };

        // The valid successor and a replaced one are sent at once: in either order, the session ends.
        let replaced = if valid == first + 1 { first + 2 } else { first + 1 };
        let answers: [Rotation; 2] =
            tokio::join!(rotate(&db, valid, first + 20), rotate(&db, replaced, first + 21)).into();
        assert_eq!(answers[1], Rotation::Reused(id, viewer.id));
        assert!([good, Rotation::Unknown].contains(&answers[0]), "{answers:?}");
        assert_eq!(account_session::holder(&db, id).await.unwrap(), None);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn expired_and_ended_sessions_are_refused(pool: PgPool) {
    let db = Db::from_pool(pool);
    let viewer = create_account(&db, "a@x.la", Role::Viewer).await.unwrap();
    begin(&db, &viewer, 1, long_ago()).await;
    assert_eq!(rotate(&db, 1, 2).await, Rotation::Expired);
    assert_eq!(account_session::delete_expired(&db).await.unwrap(), 1);
    assert_eq!(rotate(&db, 1, 2).await, Rotation::Unknown);

    let id = begin(&db, &viewer, 3, far_future()).await;
    assert!(account_session::end_by_token(&db, &[3; 32]).await.unwrap());
    assert!(!account_session::end_by_token(&db, &[4; 32]).await.unwrap());
    assert_eq!(rotate(&db, 3, 4).await, Rotation::Unknown);
    assert_eq!(account_session::holder(&db, id).await.unwrap(), None);
}

#[sqlx::test(migrations = "../migrations")]
async fn changes_of_an_account_end_its_sessions(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    create_account(&db, "admin@x.la", Role::Admin).await.unwrap();
    let mut viewer = create_account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let neighbour = create_account(&db, "b@x.la", Role::Viewer).await.unwrap();
    let untouched = begin(&db, &neighbour, 100, far_future()).await;
    let holds = async |id: AccountSessionId| account_session::holder(&db, id).await.unwrap().is_some();

    let (here, there) =
        (begin(&db, &viewer, 1, far_future()).await, begin(&db, &viewer, 2, far_future()).await);
    assert!(db::account::change_password(&db, &viewer, "new", here).await.unwrap());
    assert!(holds(here).await && !holds(there).await);
    assert!(
        !db::account::change_password(&db, &viewer, "newer", here).await.unwrap(),
        "the password had been changed since"
    );
    // A session with the old password cannot begin any more.
    let new = NewAccountSession {
        id: AccountSessionId(Uuid::now_v7()),
        token_hash: [50; 32],
        expires_at: far_future(),
        user_agent: None,
        address: None,
    };
    assert!(!account_session::begin(&db, &viewer, new).await.unwrap());

    viewer = user::find(&db, viewer.id).await.unwrap().unwrap();
    db::account::set_password(&db, &COMMAND_LINE, viewer.id, "newest").await.unwrap();
    assert!(!holds(here).await);
    let unknown = UserId(Uuid::now_v7());
    assert!(matches!(
        db::account::set_password(&db, &COMMAND_LINE, unknown, "x").await,
        Err(DbError::NotFound)
    ));

    viewer = user::find(&db, viewer.id).await.unwrap().unwrap();
    let id = begin(&db, &viewer, 3, far_future()).await;
    account_session::end_all(&db, viewer.id).await.unwrap();
    assert!(!holds(id).await);

    let id = begin(&db, &viewer, 4, far_future()).await;
    let disable = UserChange { disabled: Some(true), ..UserChange::default() };
    db::account::update(&db, &COMMAND_LINE, viewer.id, disable, 1).await.unwrap().unwrap();
    assert!(!holds(id).await);
    assert_eq!(rotate(&db, 4, 5).await, Rotation::Unknown);
    assert!(holds(untouched).await, "the session of another account was ended");
}

#[sqlx::test(migrations = "../migrations")]
async fn sessions_are_listed_and_ended_by_account(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let admin = create_account(&db, "admin@x.la", Role::Admin).await.unwrap();
    let viewer = create_account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let mut ids = Vec::new();
    for token in 1..=3 {
        ids.push(begin(&db, &viewer, token, far_future()).await);
    }
    begin(&db, &viewer, 4, long_ago()).await;
    let listed = account_session::list(&db, viewer.id, None, 2).await.unwrap();
    assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), [ids[2], ids[1]]);
    assert_eq!(
        (listed[0].user_agent.as_deref(), listed[0].address.as_deref()),
        (Some("Firefox"), Some("203.0.113.7"))
    );
    let rest = account_session::list(&db, viewer.id, Some(listed[1].cursor()), 2).await.unwrap();
    assert_eq!(rest.iter().map(|session| session.id).collect::<Vec<_>>(), [ids[0]]);

    assert!(!account_session::end(&db, admin.id, ids[0]).await.unwrap(), "the session of another account");
    assert!(account_session::end(&db, viewer.id, ids[0]).await.unwrap());
    assert!(!account_session::end(&db, viewer.id, ids[0]).await.unwrap());

    let author = Author { user_id: Some(admin.id), user_email: Some(admin.email.clone()) };
    account_session::end_of_other(&db, &author, viewer.id, Some(ids[1])).await.unwrap();
    let again = account_session::end_of_other(&db, &author, viewer.id, Some(ids[1])).await;
    assert!(matches!(again, Err(DbError::NotFound)));
    account_session::end_of_other(&db, &author, viewer.id, None).await.unwrap();
    assert_eq!(account_session::list(&db, viewer.id, None, 10).await.unwrap(), []);
    let ended: Vec<serde_json::Value> =
        sqlx::query_scalar("SELECT changes -> 'ended' FROM audit_log ORDER BY id")
            .fetch_all(&pool)
            .await
            .unwrap();
    // The last call ended the third session and the expired one.
    assert_eq!(ended, [1, 2]);
}

#[sqlx::test(migrations = "../migrations")]
async fn one_of_an_accounts_reset_links_is_spent_once_and_voids_the_others(pool: PgPool) {
    let db = Db::from_pool(pool);
    let viewer = create_account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let id = begin(&db, &viewer, 1, far_future()).await;
    let now = OffsetDateTime::UNIX_EPOCH;
    let create = async |token: u8| {
        password_reset::create(&db, &COMMAND_LINE, viewer.id, &[token; 32], now + time::Duration::HOUR).await
    };
    let spend =
        async |token: u8, now| db::account::reset_password(&db, &[token; 32], "new", now).await.unwrap();
    create(1).await.unwrap();
    create(2).await.unwrap();
    assert!(password_reset::is_open(&db, &[1; 32], now).await.unwrap(), "another link voided the first");
    assert_eq!(spend(2, now + time::Duration::HOUR).await, None, "the link has expired");
    assert!(account_session::holder(&db, id).await.unwrap().is_some());
    assert!(password_reset::is_open(&db, &[2; 32], now).await.unwrap());
    assert_eq!(spend(2, now).await, Some(viewer.id));
    assert!(!password_reset::is_open(&db, &[2; 32], now).await.unwrap());
    assert_eq!(spend(2, now).await, None, "the link is spent");
    assert_eq!(spend(1, now).await, None, "the link outlived another one that was spent");
    assert_eq!(account_session::holder(&db, id).await.unwrap(), None);

    create(3).await.unwrap();
    db::account::set_password(&db, &COMMAND_LINE, viewer.id, "newer").await.unwrap();
    assert_eq!(spend(3, now).await, None, "the link outlived the password that it was created for");
    let unknown = UserId(Uuid::now_v7());
    let refused = password_reset::create(&db, &COMMAND_LINE, unknown, &[4; 32], now).await;
    assert!(matches!(refused, Err(DbError::NotFound)));
}

#[sqlx::test(migrations = "../migrations")]
async fn requested_reset_links_do_not_void_one_that_is_valid_longer(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let viewer = create_account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let now = OffsetDateTime::UNIX_EPOCH;
    let create = async |token: u8, hours| {
        let expires_at = now + time::Duration::hours(hours);
        password_reset::create(&db, &COMMAND_LINE, viewer.id, &[token; 32], expires_at).await.unwrap();
    };
    create(1, 24).await;
    for token in 2..=50 {
        create(token, 1).await;
    }
    let links: i64 =
        sqlx::query_scalar("SELECT count(*) FROM password_resets").fetch_one(&pool).await.unwrap();
    assert_eq!(links, 10);
    for (token, open) in [(1, true), (2, false), (50, true)] {
        assert_eq!(password_reset::is_open(&db, &[token; 32], now).await.unwrap(), open, "{token}");
    }
}
