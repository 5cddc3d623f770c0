//! Invitations, and accounts that log in with an identity provider.

use db::{
    Db, DbError,
    account::Acceptance,
    audit::Author,
    identity::Claim,
    invitation::{self, Invitation, NewInvitation},
    user::{self, NewUser, Role},
};
use domain::id::{InvitationId, UserId};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::accounts::create_account;

const COMMAND_LINE: Author = Author { user_id: None, user_email: None };
const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

async fn invite(db: &Db, token: u8, role: Role, email: Option<&str>) -> db::Result<Invitation> {
    let new = NewInvitation {
        id: InvitationId(Uuid::now_v7()),
        token_hash: [token; 32],
        role,
        email: email.map(str::to_owned),
        expires_at: NOW + Duration::HOUR,
    };
    invitation::create(db, &COMMAND_LINE, new).await
}

async fn accept(db: &Db, token: u8, email: &str, now: OffsetDateTime) -> Acceptance {
    let new = NewUser {
        id: UserId(Uuid::now_v7()),
        email: email.to_owned(),
        password_hash: "x".to_owned(),
        role: Role::Admin,
        display_name: "ນາງ".to_owned(),
    };
    db::account::accept_invitation(db, &[token; 32], new, now).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_creates_one_account_with_its_role(pool: PgPool) {
    let db = Db::from_pool(pool);
    let created = invite(&db, 1, Role::Editor, Some("Noy@X.la")).await.unwrap();
    assert_eq!(created.email.as_deref(), Some("noy@x.la"));
    assert_eq!(accept(&db, 1, "other@x.la", NOW).await, Acceptance::NotInvited, "for another address");
    assert_eq!(accept(&db, 1, "noy@x.la", NOW + Duration::HOUR).await, Acceptance::NotInvited, "too old");
    assert_eq!(accept(&db, 2, "noy@x.la", NOW).await, Acceptance::NotInvited, "unknown");
    assert!(invitation::is_open(&db, &[1; 32], "NOY@x.la", NOW).await.unwrap());
    let Acceptance::Accepted(id) = accept(&db, 1, "NOY@x.la", NOW).await else { panic!("refused") };
    assert!(!invitation::is_open(&db, &[1; 32], "noy@x.la", NOW).await.unwrap());
    assert_eq!(user::find(&db, id).await.unwrap().unwrap().role, Role::Editor);
    assert_eq!(accept(&db, 1, "noy@x.la", NOW).await, Acceptance::NotInvited, "spent");
    let refused = invite(&db, 3, Role::Viewer, Some("noy@x.la")).await;
    assert!(matches!(refused, Err(DbError::Conflict { .. })), "{refused:?}");
    let listed = invitation::list(&db, None, 10).await.unwrap();
    assert_eq!((listed.len(), listed[0].used_by), (1, Some(id)));
    let refused = invitation::withdraw(&db, &COMMAND_LINE, created.id).await;
    assert!(matches!(refused, Err(DbError::Conflict { .. })), "{refused:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_address_in_use_spends_no_invitation(pool: PgPool) {
    let db = Db::from_pool(pool);
    create_account(&db, "noy@x.la", Role::Viewer).await.unwrap();
    invite(&db, 1, Role::Editor, None).await.unwrap();
    assert_eq!(accept(&db, 1, "Noy@x.la", NOW).await, Acceptance::AddressInUse);
    assert_eq!(user::find_by_email(&db, "noy@x.la").await.unwrap().unwrap().role, Role::Viewer);
    assert!(matches!(accept(&db, 1, "kham@x.la", NOW).await, Acceptance::Accepted(_)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_withdrawn_invitation_is_not_accepted(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let created = invite(&db, 1, Role::Editor, None).await.unwrap();
    for _ in 0..2 {
        invitation::withdraw(&db, &COMMAND_LINE, created.id).await.unwrap();
    }
    assert_eq!(accept(&db, 1, "noy@x.la", NOW).await, Acceptance::NotInvited);
    let unknown = invitation::withdraw(&db, &COMMAND_LINE, InvitationId(Uuid::now_v7())).await;
    assert!(matches!(unknown, Err(DbError::NotFound)));
    let actions: Vec<String> =
        sqlx::query_scalar("SELECT action FROM audit_log ORDER BY id").fetch_all(&pool).await.unwrap();
    assert_eq!(actions, ["invitation.create", "invitation.withdraw"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_used_twice_at_once_creates_one_account(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = PgPoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
    let db = Db::from_pool(pool);
    invite(&db, 1, Role::Editor, None).await.unwrap();
    let answers: [Acceptance; 2] =
        tokio::join!(accept(&db, 1, "a@x.la", NOW), accept(&db, 1, "b@x.la", NOW)).into();
    let accepted = answers.iter().filter(|answer| matches!(answer, Acceptance::Accepted(_))).count();
    assert!(accepted == 1 && answers.contains(&Acceptance::NotInvited), "{answers:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_identity_is_linked_by_a_verified_address_and_later_found_by_its_subject(pool: PgPool) {
    let db = Db::from_pool(pool);
    let editor = create_account(&db, "noy@x.la", Role::Editor).await.unwrap();
    create_account(&db, "viewer@x.la", Role::Viewer).await.unwrap();
    let find = async |subject: &str, email: Option<&str>| {
        let claim = Claim {
            issuer: "https://id.example".to_owned(),
            subject: subject.to_owned(),
            verified_email: email.map(str::to_owned),
            display_name: "ນ້ອຍ".to_owned(),
        };
        let found = db::account::find_or_link(&db, &claim, UserId(Uuid::now_v7()), NOW).await.unwrap();
        found.map(|user| user.email)
    };
    assert_eq!(find("1", None).await, None);
    assert_eq!(find("1", Some("unknown@x.la")).await, None, "no account is created without an invitation");
    assert_eq!(find("1", Some("viewer@x.la")).await, None, "any visitor may have registered this account");
    assert_eq!(find("1", Some("NOY@x.la")).await, Some(editor.email.clone()));
    assert_eq!(find("1", None).await, Some(editor.email.clone()));
    assert_eq!(
        find("1", Some("changed@x.la")).await,
        Some(editor.email),
        "the subject identifies the account"
    );

    invite(&db, 1, Role::Viewer, Some("new@x.la")).await.unwrap();
    assert_eq!(find("2", Some("new@x.la")).await, None, "invited as a viewer");
    invite(&db, 2, Role::Admin, Some("new@x.la")).await.unwrap();
    assert_eq!(find("2", Some("New@x.la")).await.as_deref(), Some("new@x.la"));
    let created = user::find_by_email(&db, "new@x.la").await.unwrap().unwrap();
    assert_eq!(
        (created.role, created.password_hash, created.display_name.as_str()),
        (Role::Admin, None, "ນ້ອຍ")
    );
    assert_eq!(accept(&db, 2, "new@x.la", NOW).await, Acceptance::NotInvited, "spent");

    invite(&db, 3, Role::Editor, Some("late@x.la")).await.unwrap();
    create_account(&db, "late@x.la", Role::Viewer).await.unwrap();
    assert_eq!(find("3", Some("late@x.la")).await, None, "a viewer has registered the address since");
}
