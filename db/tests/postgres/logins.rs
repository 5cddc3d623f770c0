//! Logins, their refresh tokens, and what ends them.

use db::{
    Db, DbError,
    audit::Author,
    login::{self, NewLogin},
    password_reset,
    refresh_token::{self, Rotation},
    user::{self, Role, User, UserChange},
};
use domain::id::{LoginId, UserId};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    accounts::account,
    support::{far_future, long_ago},
};

const COMMAND_LINE: Author = Author { user_id: None, user_email: None };

/// A login whose first token has the hash `[token; 32]`.
async fn begin(db: &Db, user: &User, token: u8, expires_at: OffsetDateTime) -> LoginId {
    let id = LoginId(Uuid::now_v7());
    let (user_agent, address) = (Some("Firefox".to_owned()), Some("203.0.113.7".to_owned()));
    let new = NewLogin { id, token_hash: [token; 32], expires_at, user_agent, address };
    assert!(login::begin(db, user, new).await.unwrap());
    id
}

async fn rotate(db: &Db, old: u8, new: u8) -> Rotation {
    refresh_token::rotate(db, &[old; 32], &[new; 32], far_future()).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_is_exchanged_once_and_reuse_ends_the_login(pool: PgPool) {
    let db = Db::from_pool(pool);
    let someone = account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let stolen = begin(&db, &someone, 1, far_future()).await;
    let other = begin(&db, &someone, 9, far_future()).await;
    assert_eq!(rotate(&db, 1, 2).await, Rotation::Rotated(stolen, someone.clone()));
    assert_eq!(rotate(&db, 2, 3).await, Rotation::Rotated(stolen, someone.clone()));
    assert_eq!(login::holder(&db, stolen).await.unwrap().as_ref(), Some(&someone));
    assert_eq!(rotate(&db, 1, 4).await, Rotation::Reused(stolen, someone.id));
    assert_eq!(login::holder(&db, stolen).await.unwrap(), None);
    assert_eq!(rotate(&db, 3, 5).await, Rotation::Unknown, "the family outlived a reuse");
    assert_eq!(rotate(&db, 1, 5).await, Rotation::Unknown, "the login ends once");
    assert_eq!(rotate(&db, 7, 8).await, Rotation::Unknown);
    assert_eq!(rotate(&db, 9, 10).await, Rotation::Rotated(other, someone), "another login was ended too");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_lost_answer_is_asked_for_again_and_one_of_all_successors_goes_on(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let someone = account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let id = begin(&db, &someone, 1, far_future()).await;
    let good = Rotation::Rotated(id, someone.clone());
    for answer in 2..=4 {
        assert_eq!(rotate(&db, 1, answer).await, good, "answer {answer}");
    }
    // The answer before the last came after all; from now on the last is as good as never given.
    assert_eq!(rotate(&db, 3, 5).await, good);
    assert_eq!(rotate(&db, 5, 6).await, good);
    assert_eq!(rotate(&db, 4, 7).await, Rotation::Reused(id, someone.id));
    assert_eq!(rotate(&db, 6, 8).await, Rotation::Unknown);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_minute_later_a_spent_token_is_a_thief_s(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let someone = account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let id = begin(&db, &someone, 1, far_future()).await;
    assert_eq!(rotate(&db, 1, 2).await, Rotation::Rotated(id, someone.clone()));
    sqlx::query("UPDATE refresh_tokens SET used_at = used_at - interval '61 seconds'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(rotate(&db, 1, 3).await, Rotation::Reused(id, someone.id));
    assert_eq!(rotate(&db, 2, 4).await, Rotation::Unknown);
}

#[sqlx::test(migrations = "../migrations")]
async fn tokens_of_one_login_are_exchanged_one_after_the_other(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = PgPoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
    let db = Db::from_pool(pool);
    let someone = account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let id = begin(&db, &someone, 1, far_future()).await;
    let good = Rotation::Rotated(id, someone.clone());
    // Two pages of one browser.
    let (one, other) = tokio::join!(rotate(&db, 1, 2), rotate(&db, 1, 3));
    assert_eq!((one, other), (good.clone(), good.clone()));
    // Each spends the other, and neither waits for ever.
    let answers: [Rotation; 2] = tokio::join!(rotate(&db, 2, 4), rotate(&db, 3, 5)).into();
    assert!(answers.contains(&good), "{answers:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn old_and_ended_logins_are_refused(pool: PgPool) {
    let db = Db::from_pool(pool);
    let someone = account(&db, "a@x.la", Role::Viewer).await.unwrap();
    begin(&db, &someone, 1, long_ago()).await;
    assert_eq!(rotate(&db, 1, 2).await, Rotation::Expired);
    assert_eq!(login::delete_expired(&db).await.unwrap(), 1);
    assert_eq!(rotate(&db, 1, 2).await, Rotation::Unknown);

    let id = begin(&db, &someone, 3, far_future()).await;
    assert!(login::end_by_token(&db, &[3; 32]).await.unwrap());
    assert!(!login::end_by_token(&db, &[4; 32]).await.unwrap());
    assert_eq!(rotate(&db, 3, 4).await, Rotation::Unknown);
    assert_eq!(login::holder(&db, id).await.unwrap(), None);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_changes_an_account_ends_its_logins(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    account(&db, "admin@x.la", Role::Admin).await.unwrap();
    let mut someone = account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let neighbour = account(&db, "b@x.la", Role::Viewer).await.unwrap();
    let untouched = begin(&db, &neighbour, 100, far_future()).await;
    let holds = async |id: LoginId| login::holder(&db, id).await.unwrap().is_some();

    let (here, there) =
        (begin(&db, &someone, 1, far_future()).await, begin(&db, &someone, 2, far_future()).await);
    assert!(user::change_password(&db, &someone, "new", here).await.unwrap());
    assert!(holds(here).await && !holds(there).await);
    assert!(!user::change_password(&db, &someone, "newer", here).await.unwrap(), "it had been changed since");
    // Nor does a login with the old password begin any more.
    let new = NewLogin {
        id: LoginId(Uuid::now_v7()),
        token_hash: [50; 32],
        expires_at: far_future(),
        user_agent: None,
        address: None,
    };
    assert!(!login::begin(&db, &someone, new).await.unwrap());

    someone = user::find(&db, someone.id).await.unwrap().unwrap();
    user::set_password(&db, &COMMAND_LINE, someone.id, "newest").await.unwrap();
    assert!(!holds(here).await);
    let nobody = UserId(Uuid::now_v7());
    assert!(matches!(user::set_password(&db, &COMMAND_LINE, nobody, "x").await, Err(DbError::NotFound)));

    someone = user::find(&db, someone.id).await.unwrap().unwrap();
    let id = begin(&db, &someone, 3, far_future()).await;
    login::end_all(&db, someone.id).await.unwrap();
    assert!(!holds(id).await);

    let id = begin(&db, &someone, 4, far_future()).await;
    let disable = UserChange { disabled: Some(true), ..UserChange::default() };
    user::update(&db, &COMMAND_LINE, someone.id, disable, 1).await.unwrap().unwrap();
    assert!(!holds(id).await);
    assert_eq!(rotate(&db, 4, 5).await, Rotation::Unknown);
    assert!(holds(untouched).await, "somebody else's login was ended");
}

#[sqlx::test(migrations = "../migrations")]
async fn logins_are_listed_and_ended_by_whose_they_are(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let admin = account(&db, "admin@x.la", Role::Admin).await.unwrap();
    let someone = account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let mut ids = Vec::new();
    for token in 1..=3 {
        ids.push(begin(&db, &someone, token, far_future()).await);
    }
    begin(&db, &someone, 4, long_ago()).await;
    let listed = login::list(&db, someone.id, None, 2).await.unwrap();
    assert_eq!(listed.iter().map(|login| login.id).collect::<Vec<_>>(), [ids[2], ids[1]]);
    assert_eq!(
        (listed[0].user_agent.as_deref(), listed[0].address.as_deref()),
        (Some("Firefox"), Some("203.0.113.7"))
    );
    let rest = login::list(&db, someone.id, Some(listed[1].cursor()), 2).await.unwrap();
    assert_eq!(rest.iter().map(|login| login.id).collect::<Vec<_>>(), [ids[0]]);

    assert!(!login::end(&db, admin.id, ids[0]).await.unwrap(), "somebody else's login");
    assert!(login::end(&db, someone.id, ids[0]).await.unwrap());
    assert!(!login::end(&db, someone.id, ids[0]).await.unwrap());

    let author = Author { user_id: Some(admin.id), user_email: Some(admin.email.clone()) };
    login::end_of_other(&db, &author, someone.id, Some(ids[1])).await.unwrap();
    let again = login::end_of_other(&db, &author, someone.id, Some(ids[1])).await;
    assert!(matches!(again, Err(DbError::NotFound)));
    login::end_of_other(&db, &author, someone.id, None).await.unwrap();
    assert_eq!(login::list(&db, someone.id, None, 10).await.unwrap(), []);
    let ended: Vec<serde_json::Value> =
        sqlx::query_scalar("SELECT changes -> 'ended' FROM audit_log ORDER BY id")
            .fetch_all(&pool)
            .await
            .unwrap();
    // The third, and the one that nobody had refreshed.
    assert_eq!(ended, [1, 2]);
}

#[sqlx::test(migrations = "../migrations")]
async fn of_an_account_s_reset_links_one_is_spent_once(pool: PgPool) {
    let db = Db::from_pool(pool);
    let someone = account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let id = begin(&db, &someone, 1, far_future()).await;
    let now = OffsetDateTime::UNIX_EPOCH;
    let create = async |token: u8| {
        password_reset::create(&db, &COMMAND_LINE, someone.id, &[token; 32], now + time::Duration::HOUR).await
    };
    let spend = async |token: u8, now| password_reset::spend(&db, &[token; 32], "new", now).await.unwrap();
    create(1).await.unwrap();
    create(2).await.unwrap();
    assert!(password_reset::is_open(&db, &[1; 32], now).await.unwrap(), "another link voided it");
    assert_eq!(spend(2, now + time::Duration::HOUR).await, None, "it was too old");
    assert!(login::holder(&db, id).await.unwrap().is_some());
    assert!(password_reset::is_open(&db, &[2; 32], now).await.unwrap());
    assert_eq!(spend(2, now).await, Some(someone.id));
    assert!(!password_reset::is_open(&db, &[2; 32], now).await.unwrap());
    assert_eq!(spend(2, now).await, None, "it was spent");
    assert_eq!(spend(1, now).await, None, "it outlived the one that was spent");
    assert_eq!(login::holder(&db, id).await.unwrap(), None);

    create(3).await.unwrap();
    user::set_password(&db, &COMMAND_LINE, someone.id, "newer").await.unwrap();
    assert_eq!(spend(3, now).await, None, "it outlived the password it was made for");
    let nobody = UserId(Uuid::now_v7());
    let refused = password_reset::create(&db, &COMMAND_LINE, nobody, &[4; 32], now).await;
    assert!(matches!(refused, Err(DbError::NotFound)));
}

#[sqlx::test(migrations = "../migrations")]
async fn letters_that_anybody_asks_for_do_not_void_a_longer_link(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let someone = account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let now = OffsetDateTime::UNIX_EPOCH;
    let create = async |token: u8, hours| {
        let expires_at = now + time::Duration::hours(hours);
        password_reset::create(&db, &COMMAND_LINE, someone.id, &[token; 32], expires_at).await.unwrap();
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
