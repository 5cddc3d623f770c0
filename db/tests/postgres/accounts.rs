//! Accounts.

use db::{
    Db, DbError,
    audit::Author,
    user::{self, NewUser, Role, User, UserChange, UserFilter},
};
use domain::id::UserId;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

pub(crate) async fn create_account(db: &Db, email: &str, role: Role) -> db::Result<User> {
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
async fn an_address_in_any_case_is_one_account(pool: PgPool) {
    let db = Db::from_pool(pool);
    let made = create_account(&db, "Noy@Example.LA", Role::Admin).await.unwrap();
    assert_eq!(made.email, "noy@example.la");
    assert_eq!(user::find_by_email(&db, "NOY@example.la").await.unwrap().as_ref(), Some(&made));
    assert_eq!(user::find(&db, made.id).await.unwrap(), Some(made));
    let error = create_account(&db, "noy@example.la", Role::Viewer).await.unwrap_err();
    assert!(
        matches!(&error, DbError::Conflict { constraint, .. } if constraint == "users_email_unique"),
        "{error:?}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn disabled_admins_are_not_counted(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    assert_eq!(user::count_admins(&db).await.unwrap(), 0);
    create_account(&db, "a@x.la", Role::Admin).await.unwrap();
    create_account(&db, "e@x.la", Role::Editor).await.unwrap();
    assert_eq!(user::count_admins(&db).await.unwrap(), 1);
    sqlx::query("UPDATE users SET disabled_at = now()").execute(&pool).await.unwrap();
    assert_eq!(user::count_admins(&db).await.unwrap(), 0);
}

fn command_line() -> Author {
    Author { user_id: None, user_email: None }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_enabled_admin_is_kept(pool: PgPool) {
    let db = Db::from_pool(pool);
    let admin = create_account(&db, "a@x.la", Role::Admin).await.unwrap();
    let demote = UserChange { role: Some(Role::Editor), ..UserChange::default() };
    let disable = UserChange { disabled: Some(true), ..UserChange::default() };
    for change in [&demote, &disable] {
        let error = db::account::update(&db, &command_line(), admin.id, change.clone(), 1).await.unwrap_err();
        let expected = "users_last_admin";
        assert!(
            matches!(&error, DbError::Conflict { constraint, .. } if constraint == expected),
            "{error:?}"
        );
    }
    let other = create_account(&db, "b@x.la", Role::Admin).await.unwrap();
    let disabled = db::account::update(&db, &command_line(), other.id, disable, 1).await.unwrap().unwrap();
    assert!(disabled.disabled_at.is_some());
    // A disabled admin does not count as another admin, and may be demoted.
    assert!(db::account::update(&db, &command_line(), admin.id, demote.clone(), 1).await.is_err());
    db::account::update(&db, &command_line(), other.id, demote, 2).await.unwrap().unwrap();
    assert_eq!(user::find(&db, admin.id).await.unwrap().unwrap().version, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn two_admins_who_demote_each_other_at_once_leave_one(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = PgPoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
    let db = Db::from_pool(pool.clone());
    for round in 0..10 {
        // The admin who was left in the round before must not count.
        sqlx::query("UPDATE users SET role = 'viewer'").execute(&pool).await.unwrap();
        let first = create_account(&db, &format!("a{round}@x.la"), Role::Admin).await.unwrap();
        let second = create_account(&db, &format!("b{round}@x.la"), Role::Admin).await.unwrap();
        let demote = || UserChange { role: Some(Role::Viewer), ..UserChange::default() };
        let author = command_line();
        let (one, two) = tokio::join!(
            db::account::update(&db, &author, first.id, demote(), 1),
            db::account::update(&db, &author, second.id, demote(), 1),
        );
        assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|ok| **ok).count(), 1, "{one:?} {two:?}");
        assert_eq!(user::count_admins(&db).await.unwrap(), 1);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_edit_changes_only_the_fields_it_names_and_is_logged(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let admin = create_account(&db, "a@x.la", Role::Admin).await.unwrap();
    let viewer = create_account(&db, "s@x.la", Role::Viewer).await.unwrap();
    let author = Author { user_id: Some(admin.id), user_email: Some(admin.email) };
    let change = UserChange { role: Some(Role::Editor), ..UserChange::default() };
    let changed = db::account::update(&db, &author, viewer.id, change.clone(), 1).await.unwrap().unwrap();
    assert_eq!((changed.role, changed.version, changed.display_name.as_str()), (Role::Editor, 2, "ນາງ"));
    assert_eq!(db::account::update(&db, &author, viewer.id, change.clone(), 1).await.unwrap(), None);
    let unknown = UserId(Uuid::now_v7());
    assert!(matches!(db::account::update(&db, &author, unknown, change, 1).await, Err(DbError::NotFound)));
    let entries: Vec<(String, String, serde_json::Value)> =
        sqlx::query_as("SELECT user_email, action, changes FROM audit_log").fetch_all(&pool).await.unwrap();
    let changes = serde_json::json!({ "role": ["viewer", "editor"] });
    assert_eq!(entries, [("a@x.la".to_owned(), "user.update".to_owned(), changes)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn accounts_are_listed_newest_first_by_role_and_text(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    for (email, role) in
        [("noy@x.la", Role::Viewer), ("kham@x.la", Role::Editor), ("noy_2@y.la", Role::Viewer)]
    {
        create_account(&db, email, role).await.unwrap();
    }
    sqlx::query("UPDATE users SET display_name = 'Kham NOY' WHERE email = 'kham@x.la'")
        .execute(&pool)
        .await
        .unwrap();
    let list = async |role: Option<Role>, text: Option<&str>| {
        let filter = UserFilter { role, text: text.map(str::to_owned) };
        let users = user::list(&db, filter, None, 10).await.unwrap();
        users.into_iter().map(|user| user.email).collect::<Vec<_>>()
    };
    assert_eq!(list(None, None).await, ["noy_2@y.la", "kham@x.la", "noy@x.la"]);
    assert_eq!(list(Some(Role::Viewer), None).await, ["noy_2@y.la", "noy@x.la"]);
    assert_eq!(list(None, Some("Noy")).await, ["noy_2@y.la", "kham@x.la", "noy@x.la"]);
    assert_eq!(list(Some(Role::Viewer), Some("x.LA")).await, ["noy@x.la"]);
    assert_eq!(list(None, Some("y_")).await, ["noy_2@y.la"]);
    assert_eq!(list(None, Some("%")).await, Vec::<String>::new());
    assert_eq!(list(None, Some("\\")).await, Vec::<String>::new());
    let first = user::list(&db, UserFilter::default(), None, 2).await.unwrap();
    let rest = user::list(&db, UserFilter::default(), Some(first[1].cursor()), 2).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].email, "noy@x.la");
}
