//! Letters, to a real mail server: forgotten passwords, and links that admins send.

use std::time::Duration;

use axum::http::StatusCode;
use db::user::Role;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    mail_server::MailServer,
    sessions::login,
    test_app::{Answer, TestApp, email},
};

const NEW: &str = "ດອກບົວ battery staple";

fn app(pool: PgPool, server: &MailServer) -> TestApp {
    let mail = server.config();
    TestApp::with_config(pool, |config| {
        config.mail = Some(mail);
        config.public_url = Some("https://films.example.la".to_owned());
    })
}

async fn forgot(app: &TestApp, email: &str) -> Answer {
    app.anonymous().post("/api/auth/forgot-password", &json!({ "email": email })).await
}

#[sqlx::test(migrations = "../migrations")]
async fn who_forgot_a_password_gets_a_link_and_nobody_learns_who_has_an_account(pool: PgPool) {
    let mut server = MailServer::start().await;
    let app = app(pool, &server).with_admin().await;
    app.create_account(Role::Viewer).await;
    app.create_account(Role::Editor).await;
    let disable = "UPDATE users SET disabled_at = now() WHERE role = 'editor'";
    sqlx::query(disable).execute(&app.pool).await.unwrap();

    let answers = [
        forgot(&app, "nobody@films.example.la").await,
        forgot(&app, &email(Role::Editor)).await,
        forgot(&app, &email(Role::Viewer).to_uppercase()).await,
    ];
    for answer in &answers {
        assert_eq!((answer.status, answer.body.as_ref()), (StatusCode::ACCEPTED, &b""[..]));
        let names: Vec<_> = answer.headers.keys().collect();
        assert_eq!(names, answers[0].headers.keys().collect::<Vec<_>>());
    }
    let letter = server.next().await;
    assert_eq!(letter.from, "films@films.example.la");
    assert_eq!(letter.to, [email(Role::Viewer)]);
    assert!(letter.text().contains("ລະຫັດຜ່ານ") && letter.text().contains("new password"));
    let link = letter.link();
    let token = link.strip_prefix("https://films.example.la/reset#").unwrap();
    let spent =
        app.anonymous().post("/api/auth/reset", &json!({ "token": token, "new_password": NEW })).await;
    assert_eq!(spent.status, 204);
    login(&app, &email(Role::Viewer), NEW).await.ok();

    // No link was made for anybody else, and none is left.
    let links: i64 =
        sqlx::query_scalar("SELECT count(*) FROM password_resets").fetch_one(&app.pool).await.unwrap();
    assert_eq!(links, 0);
    assert!(server.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_that_stops_sends_what_waits_first(pool: PgPool) {
    let mut server = MailServer::start().await;
    let app = app(pool, &server);
    app.create_account(Role::Viewer).await;
    forgot(&app, &email(Role::Viewer)).await;
    app.shutdown.cancel();
    assert_eq!(api::finish_letters(&app.letters, Duration::from_hours(1)).await, 0);
    assert!(!server.is_empty(), "it was not waited for");
    assert_eq!(server.next().await.to, [email(Role::Viewer)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_that_stops_gives_up_letters_that_nobody_takes(pool: PgPool) {
    // Accepts connections and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://u:p@{}", silent.local_addr().unwrap());
    let mail = api::MailConfig::new(&url, "films@films.example.la").unwrap();
    let app = TestApp::with_config(pool, |config| config.mail = Some(mail));
    app.create_account(Role::Viewer).await;
    forgot(&app, &email(Role::Viewer)).await;
    let (connection, _) = silent.accept().await.unwrap();
    app.shutdown.cancel();
    assert_eq!(api::finish_letters(&app.letters, Duration::ZERO).await, 1);
    drop(connection);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_letter_that_a_stranger_asks_for_leaves_an_admin_s_link_good(pool: PgPool) {
    let mut server = MailServer::start().await;
    let app = app(pool, &server).with_admin().await;
    let id = app.create_account(Role::Viewer).await;
    let link = app.admin().do_post(&format!("/api/admin/users/{id}/reset-link")).await.ok();
    forgot(&app, &email(Role::Viewer)).await;
    server.next().await;
    let body = json!({ "token": link["token"], "new_password": NEW });
    assert_eq!(app.anonymous().post("/api/auth/reset", &body).await.status, 204);
}

#[sqlx::test(migrations = "../migrations")]
async fn letters_to_one_account_are_few_whether_there_is_one_or_not(pool: PgPool) {
    let server = MailServer::start().await;
    let app = app(pool, &server);
    app.create_account(Role::Viewer).await;
    for address in [email(Role::Viewer), "nobody@films.example.la".to_owned()] {
        for _ in 0..3 {
            assert_eq!(forgot(&app, &address).await.status, 202);
        }
        let answer = forgot(&app, &address).await;
        answer.expect(429, "throttled");
        assert_eq!(answer.header("retry-after"), "1200");
    }
    forgot(&app, "rubbish").await.expect(422, "invalid");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_admin_sends_links_and_is_told_whether_the_mail_server_took_them(pool: PgPool) {
    let mut server = MailServer::start().await;
    let app = app(pool.clone(), &server).with_admin().await;
    let id = app.create_account(Role::Viewer).await;
    let path = format!("/api/admin/users/{id}/reset-link");
    let link = app.admin().post(&path, &json!({ "send_mail": true })).await.ok();
    assert_eq!(link["mailed"], true);
    let letter = server.next().await;
    assert_eq!((&letter.to[0], Value::from(letter.link())), (&email(Role::Viewer), link["url"].clone()));

    let invitation = json!({ "role": "editor", "email": "noy@films.example.la", "send_mail": true });
    let invited = app.admin().post("/api/admin/invitations", &invitation).await.ok();
    assert_eq!(invited["mailed"], true);
    let letter = server.next().await;
    assert_eq!(
        (letter.to[0].as_str(), Value::from(letter.link())),
        ("noy@films.example.la", invited["url"].clone())
    );

    // Not asked for, nothing is sent.
    for link in [app.admin().do_post(&path).await.ok(), app.admin().post(&path, &json!({})).await.ok()] {
        assert_eq!(link["mailed"], Value::Null);
    }
    app.admin().post(&path, &json!({ "mail": true })).await.expect(422, "invalid");
    let nobody =
        app.admin().post("/api/admin/invitations", &json!({ "role": "viewer", "send_mail": true })).await;
    assert_eq!(nobody.expect(422, "invalid")["errors"][0]["field"], "email");
    assert!(server.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_link_is_made_although_the_mail_server_does_not_answer_or_refuses(pool: PgPool) {
    let server = MailServer::start().await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for url in [format!("smtp://u:p@{closed}"), format!("smtp://u:wrong@{}", server.address)] {
        let mail = api::MailConfig::new(&url, "films@films.example.la").unwrap();
        let app = TestApp::with_config(pool.clone(), |config| config.mail = Some(mail));
        if sqlx::query_scalar::<_, i64>("SELECT count(*) FROM users").fetch_one(&pool).await.unwrap() == 0 {
            app.create_account(Role::Admin).await;
        }
        let login = login(&app, &email(Role::Admin), crate::test_app::PASSWORD).await.ok();
        let admin = app.holder(login["access_token"].as_str().unwrap());
        let path = format!("/api/admin/users/{}/reset-link", login["user"]["id"].as_str().unwrap());
        let link = admin.post(&path, &json!({ "send_mail": true })).await.ok();
        assert_eq!(link["mailed"], false);
        assert!(link["token"].as_str().is_some());
    }
    assert!(server.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn without_a_mail_server_nothing_is_promised(pool: PgPool) {
    let app = TestApp::new(pool).with_admin().await;
    assert_eq!(app.anonymous().get("/api/auth/options").await.ok()["sends_mail"], false);
    let problem = forgot(&app, "noy@films.example.la").await.expect(409, "conflict");
    assert!(problem["detail"].as_str().unwrap().contains("sends no mail"));
    let id = app.create_account(Role::Viewer).await;
    let path = format!("/api/admin/users/{id}/reset-link");
    app.admin().post(&path, &json!({ "send_mail": true })).await.expect(409, "conflict");
    let invitation = json!({ "role": "editor", "email": "noy@films.example.la", "send_mail": true });
    app.admin().post("/api/admin/invitations", &invitation).await.expect(409, "conflict");
    assert_eq!(app.admin().get("/api/admin/invitations").await.ok()["items"], json!([]));
}
