//! E-mails to a real mail server: links for forgotten passwords, and links that admins send.

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

const NEW_PASSWORD: &str = "ດອກບົວ battery staple";

fn app(pool: PgPool, server: &MailServer) -> TestApp {
    let mail = server.config();
    TestApp::with_config(pool, |config| {
        config.mail = Some(mail);
        config.public_url = Some("https://films.example.la".to_owned());
    })
}

async fn request_reset(app: &TestApp, email: &str) -> Answer {
    app.anonymous().post("/api/auth/forgot-password", &json!({ "email": email })).await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_forgotten_password_gets_a_link_without_revealing_which_accounts_exist(pool: PgPool) {
    let mut server = MailServer::start().await;
    let app = app(pool, &server).with_admin().await;
    app.create_account(Role::Viewer).await;
    app.create_account(Role::Editor).await;
    let disable = "UPDATE users SET disabled_at = now() WHERE role = 'editor'";
    sqlx::query(disable).execute(&app.pool).await.unwrap();

    let answers = [
        request_reset(&app, "unknown@films.example.la").await,
        request_reset(&app, &email(Role::Editor)).await,
        request_reset(&app, &email(Role::Viewer).to_uppercase()).await,
    ];
    for answer in &answers {
        assert_eq!((answer.status, answer.body.as_ref()), (StatusCode::ACCEPTED, &b""[..]));
        let names: Vec<_> = answer.headers.keys().collect();
        assert_eq!(names, answers[0].headers.keys().collect::<Vec<_>>());
    }
    let received = server.next().await;
    assert_eq!(received.from, "films@films.example.la");
    assert_eq!(received.to, [email(Role::Viewer)]);
    assert!(received.text().contains("ລະຫັດຜ່ານ") && received.text().contains("new password"));
    let link = received.link();
    let token = link.strip_prefix("https://films.example.la/reset#").unwrap();
    let spent = app
        .anonymous()
        .post("/api/auth/reset", &json!({ "token": token, "new_password": NEW_PASSWORD }))
        .await;
    assert_eq!(spent.status, 204);
    login(&app, &email(Role::Viewer), NEW_PASSWORD).await.ok();

    // No link was created for the other addresses, and none is left.
    let links: i64 =
        sqlx::query_scalar("SELECT count(*) FROM password_resets").fetch_one(&app.pool).await.unwrap();
    assert_eq!(links, 0);
    assert!(server.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stopping_server_first_sends_queued_emails(pool: PgPool) {
    let mut server = MailServer::start().await;
    let app = app(pool, &server);
    app.create_account(Role::Viewer).await;
    request_reset(&app, &email(Role::Viewer)).await;
    app.shutdown.cancel();
    assert_eq!(api::finish_emails(&app.emails, Duration::from_hours(1)).await, 0);
    assert!(!server.is_empty(), "the server did not wait for the e-mail");
    assert_eq!(server.next().await.to, [email(Role::Viewer)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stopping_server_gives_up_emails_that_the_mail_server_does_not_accept(pool: PgPool) {
    // Accepts connections and sends nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://u:p@{}", silent.local_addr().unwrap());
    let mail = api::MailConfig::new(&url, "films@films.example.la").unwrap();
    let app = TestApp::with_config(pool, |config| config.mail = Some(mail));
    app.create_account(Role::Viewer).await;
    request_reset(&app, &email(Role::Viewer)).await;
    let (connection, _) = silent.accept().await.unwrap();
    app.shutdown.cancel();
    assert_eq!(api::finish_emails(&app.emails, Duration::ZERO).await, 1);
    drop(connection);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_anonymous_reset_request_keeps_an_admins_link_valid(pool: PgPool) {
    let mut server = MailServer::start().await;
    let app = app(pool, &server).with_admin().await;
    let id = app.create_account(Role::Viewer).await;
    let link = app.admin().do_post(&format!("/api/admin/users/{id}/reset-link")).await.ok();
    request_reset(&app, &email(Role::Viewer)).await;
    server.next().await;
    let body = json!({ "token": link["token"], "new_password": NEW_PASSWORD });
    assert_eq!(app.anonymous().post("/api/auth/reset", &body).await.status, 204);
}

#[sqlx::test(migrations = "../migrations")]
async fn reset_emails_to_an_address_are_throttled_whether_or_not_it_has_an_account(pool: PgPool) {
    let server = MailServer::start().await;
    let app = app(pool, &server);
    app.create_account(Role::Viewer).await;
    for address in [email(Role::Viewer), "unknown@films.example.la".to_owned()] {
        for _ in 0..3 {
            assert_eq!(request_reset(&app, &address).await.status, 202);
        }
        let answer = request_reset(&app, &address).await;
        answer.expect(429, "throttled");
        assert_eq!(answer.header("retry-after"), "1200");
    }
    request_reset(&app, "rubbish").await.expect(422, "invalid");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_admin_sends_links_and_learns_whether_the_mail_server_accepted_them(pool: PgPool) {
    let mut server = MailServer::start().await;
    let app = app(pool.clone(), &server).with_admin().await;
    let id = app.create_account(Role::Viewer).await;
    let path = format!("/api/admin/users/{id}/reset-link");
    let link = app.admin().post(&path, &json!({ "send_mail": true })).await.ok();
    assert_eq!(link["mailed"], true);
    let received = server.next().await;
    assert_eq!((&received.to[0], Value::from(received.link())), (&email(Role::Viewer), link["url"].clone()));

    let invitation = json!({ "role": "editor", "email": "noy@films.example.la", "send_mail": true });
    let invited = app.admin().post("/api/admin/invitations", &invitation).await.ok();
    assert_eq!(invited["mailed"], true);
    let received = server.next().await;
    assert_eq!(
        (received.to[0].as_str(), Value::from(received.link())),
        ("noy@films.example.la", invited["url"].clone())
    );

    // Without `send_mail` nothing is sent.
    for link in [app.admin().do_post(&path).await.ok(), app.admin().post(&path, &json!({})).await.ok()] {
        assert_eq!(link["mailed"], Value::Null);
    }
    app.admin().post(&path, &json!({ "mail": true })).await.expect(422, "invalid");
    let without_address =
        app.admin().post("/api/admin/invitations", &json!({ "role": "viewer", "send_mail": true })).await;
    assert_eq!(without_address.expect(422, "invalid")["errors"][0]["field"], "email");
    assert!(server.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_link_is_created_even_if_the_mail_server_refuses_or_does_not_answer(pool: PgPool) {
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
async fn without_a_mail_server_a_request_to_send_is_refused(pool: PgPool) {
    let app = TestApp::new(pool).with_admin().await;
    assert_eq!(app.anonymous().get("/api/auth/options").await.ok()["sends_mail"], false);
    let problem = request_reset(&app, "noy@films.example.la").await.expect(409, "conflict");
    assert!(problem["detail"].as_str().unwrap().contains("sends no mail"));
    let id = app.create_account(Role::Viewer).await;
    let path = format!("/api/admin/users/{id}/reset-link");
    app.admin().post(&path, &json!({ "send_mail": true })).await.expect(409, "conflict");
    let invitation = json!({ "role": "editor", "email": "noy@films.example.la", "send_mail": true });
    app.admin().post("/api/admin/invitations", &invitation).await.expect(409, "conflict");
    assert_eq!(app.admin().get("/api/admin/invitations").await.ok()["items"], json!([]));
}
