//! Accounts and logins.

use db::{
    Db, DbError,
    refresh_token::{self, Rotation},
    user::{self, NewUser, Role, User},
};
use domain::id::UserId;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

use crate::support::{far_future, long_ago};

async fn account(db: &Db, email: &str, role: Role) -> db::Result<User> {
    let new = NewUser {
        id: UserId(Uuid::now_v7()),
        email: email.to_owned(),
        password_hash: "$argon2id$…".to_owned(),
        role,
        display_name: "ນາງ".to_owned(),
    };
    user::create(db, new).await
}

#[sqlx::test(migrations = "../migrations")]
async fn an_address_is_one_account_however_it_is_typed(pool: PgPool) {
    let db = Db::from_pool(pool);
    let made = account(&db, "Noy@Example.LA", Role::Admin).await.unwrap();
    assert_eq!(made.email, "noy@example.la");
    assert_eq!(user::find_by_email(&db, "NOY@example.la").await.unwrap().as_ref(), Some(&made));
    assert_eq!(user::find(&db, made.id).await.unwrap(), Some(made));
    let error = account(&db, "noy@example.la", Role::Viewer).await.unwrap_err();
    assert!(
        matches!(&error, DbError::Conflict { constraint, .. } if constraint == "users_email_unique"),
        "{error:?}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn admins_who_cannot_log_in_are_not_counted(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    assert_eq!(user::count_admins(&db).await.unwrap(), 0);
    account(&db, "a@x.la", Role::Admin).await.unwrap();
    account(&db, "e@x.la", Role::Editor).await.unwrap();
    assert_eq!(user::count_admins(&db).await.unwrap(), 1);
    sqlx::query("UPDATE users SET disabled_at = now()").execute(&pool).await.unwrap();
    assert_eq!(user::count_admins(&db).await.unwrap(), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_is_exchanged_once_and_reuse_ends_the_login(pool: PgPool) {
    let db = Db::from_pool(pool);
    let someone = account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let (family, other) = (Uuid::now_v7(), Uuid::now_v7());
    refresh_token::issue(&db, someone.id, family, &[1; 32], far_future()).await.unwrap();
    refresh_token::issue(&db, someone.id, other, &[9; 32], far_future()).await.unwrap();
    let rotate = async |old: u8, new: u8| {
        refresh_token::rotate(&db, &[old; 32], &[new; 32], far_future()).await.unwrap()
    };
    assert_eq!(rotate(1, 2).await, Rotation::Rotated(someone.clone()));
    assert_eq!(rotate(2, 3).await, Rotation::Rotated(someone.clone()));
    assert_eq!(rotate(1, 4).await, Rotation::Reused);
    assert_eq!(rotate(3, 5).await, Rotation::Unknown, "the family outlived a reuse");
    assert_eq!(rotate(7, 8).await, Rotation::Unknown);
    assert_eq!(rotate(9, 10).await, Rotation::Rotated(someone), "another login was ended too");
}

#[sqlx::test(migrations = "../migrations")]
async fn old_revoked_and_disabled_logins_are_refused(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let someone = account(&db, "a@x.la", Role::Viewer).await.unwrap();
    let rotate = async |old: u8, new: u8| {
        refresh_token::rotate(&db, &[old; 32], &[new; 32], far_future()).await.unwrap()
    };
    refresh_token::issue(&db, someone.id, Uuid::now_v7(), &[1; 32], long_ago()).await.unwrap();
    assert_eq!(rotate(1, 2).await, Rotation::Expired);
    assert_eq!(refresh_token::delete_expired(&db).await.unwrap(), 1);
    assert_eq!(rotate(1, 2).await, Rotation::Unknown);

    refresh_token::issue(&db, someone.id, Uuid::now_v7(), &[3; 32], far_future()).await.unwrap();
    assert!(refresh_token::revoke_by_token(&db, &[3; 32]).await.unwrap());
    assert!(!refresh_token::revoke_by_token(&db, &[4; 32]).await.unwrap());
    assert_eq!(rotate(3, 4).await, Rotation::Unknown);

    refresh_token::issue(&db, someone.id, Uuid::now_v7(), &[5; 32], far_future()).await.unwrap();
    user::set_password(&db, someone.id, "$argon2id$new").await.unwrap();
    assert_eq!(rotate(5, 6).await, Rotation::Unknown, "a login outlived its password");
    assert!(matches!(user::set_password(&db, UserId(Uuid::now_v7()), "x").await, Err(DbError::NotFound)));

    refresh_token::issue(&db, someone.id, Uuid::now_v7(), &[7; 32], far_future()).await.unwrap();
    sqlx::query("UPDATE users SET disabled_at = now()").execute(&pool).await.unwrap();
    assert_eq!(rotate(7, 8).await, Rotation::Unknown);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_presented_twice_at_once_is_exchanged_once(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = PgPoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
    let db = Db::from_pool(pool);
    let someone = account(&db, "a@x.la", Role::Viewer).await.unwrap();
    refresh_token::issue(&db, someone.id, Uuid::now_v7(), &[1; 32], far_future()).await.unwrap();
    let (first, second) = tokio::join!(
        refresh_token::rotate(&db, &[1; 32], &[2; 32], far_future()),
        refresh_token::rotate(&db, &[1; 32], &[3; 32], far_future()),
    );
    let answers = [first.unwrap(), second.unwrap()];
    assert!(
        answers.contains(&Rotation::Rotated(someone)) && answers.contains(&Rotation::Reused),
        "{answers:?}"
    );
}
