//! Login with an identity provider, by a browser that keeps cookies and follows redirects.

use std::sync::Arc;

use api::OidcConfig;
use axum::http::{Request, header};
use db::user::Role;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    provider::{self, Algorithm, IdToken, Provider},
    sessions::refresh,
    test_app::{Answer, TestApp, email},
};

async fn app_with_provider(pool: PgPool) -> (TestApp, Arc<Provider>) {
    let provider = Provider::start().await;
    let issuer = provider.issuer.clone();
    let app = TestApp::with_config(pool, |config| {
        config.public_url = Some("https://films.example.la".to_owned());
        config.oidc = Some(OidcConfig {
            issuer,
            client_id: provider::CLIENT_ID.to_owned(),
            client_secret: Some(provider::CLIENT_SECRET.to_owned()),
            display_name: "Films Office".to_owned(),
        });
    });
    (app, provider)
}

/// `name=value` of the cookie `name` that a response sets.
fn cookie(answer: &Answer, name: &str) -> String {
    let cookies = answer.headers.get_all(header::SET_COOKIE).iter();
    let mut cookies = cookies.map(|value| value.to_str().unwrap()).filter(|value| value.starts_with(name));
    cookies.next().unwrap().split(';').next().unwrap().to_owned()
}

/// Visits the provider. Returns the path of the callback that it redirects to, and the cookie for it.
async fn visit(app: &TestApp) -> (String, String) {
    let begun = app.anonymous().get("/api/auth/oidc/login").await;
    assert_eq!(begun.status, 303, "{begun:?}");
    let set = begun.header(header::SET_COOKIE);
    for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/api/auth/oidc", "Max-Age=600"] {
        assert!(set.split("; ").any(|part| part == attribute), "{attribute} in {set}");
    }
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let sent_back = browser.get(begun.header(header::LOCATION)).send().await.unwrap();
    assert_eq!(sent_back.status(), 303, "{sent_back:?}");
    let location = sent_back.headers()[header::LOCATION].to_str().unwrap();
    let path = location.strip_prefix("https://films.example.la").unwrap().to_owned();
    (path, cookie(&begun, "nang_oidc"))
}

async fn come_back(app: &TestApp, (path, cookie): &(String, String)) -> Answer {
    app.anonymous().send(Request::get(path).header(header::COOKIE, cookie)).await
}

async fn log_in(app: &TestApp) -> Answer {
    come_back(app, &visit(app).await).await
}

async fn identities(app: &TestApp) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM identities").fetch_one(&app.pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_editor_logs_in_and_stays_logged_in(pool: PgPool) {
    let (app, provider) = app_with_provider(pool).await;
    app.create_account(Role::Editor).await;
    assert_eq!(app.anonymous().get("/api/auth/options").await.ok()["identity_provider"], "Films Office");
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        provider.set_id_token(IdToken { algorithm, ..IdToken::default() });
        let answer = log_in(&app).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header(header::LOCATION)),
            (303, "/admin"),
            "{algorithm:?}"
        );
        assert_eq!(cookie(&answer, "nang_oidc"), "nang_oidc=");
        let grant = refresh(&app, &cookie(&answer, "nang_refresh")).await.ok();
        assert_eq!(grant["user"]["email"], email(Role::Editor));
    }
    assert_eq!(identities(&app).await, 1);
    // From now on the subject identifies the account, even without an e-mail address.
    provider.set_id_token(IdToken { claims: json!({ "email": null }), ..IdToken::default() });
    assert_eq!(log_in(&app).await.status, 303);
}

#[sqlx::test(migrations = "../migrations")]
async fn invalid_id_tokens_do_not_log_in(pool: PgPool) {
    let (app, provider) = app_with_provider(pool).await;
    app.create_account(Role::Editor).await;
    let claims = |claims: Value| IdToken { claims, ..IdToken::default() };
    let tokens = [
        claims(json!({ "nonce": "another" })),
        claims(json!({ "nonce": null })),
        claims(json!({ "aud": "another-client" })),
        claims(json!({ "aud": [provider::CLIENT_ID, "another-client"] })),
        claims(json!({ "iss": "https://evil.example" })),
        claims(json!({ "exp": crate::clock::now().unix_timestamp() - 1 })),
        claims(json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" })),
        claims(json!({ "sub": "a\u{0}b" })),
        claims(json!({ "sub": "x".repeat(256) })),
        claims(json!({ "sub": null })),
        IdToken { forged: true, ..IdToken::default() },
        IdToken { algorithm: Algorithm::Hs256, ..IdToken::default() },
        IdToken { algorithm: Algorithm::None, ..IdToken::default() },
    ];
    for token in tokens {
        provider.set_id_token(token.clone());
        let answer = log_in(&app).await;
        assert!(matches!(answer.status.as_u16(), 403 | 503), "{token:?}: {answer:?}");
        assert_eq!(answer.headers.get_all(header::SET_COOKIE).iter().count(), 1, "{token:?}: {answer:?}");
    }
    assert_eq!(identities(&app).await, 0);
    let sessions: i64 =
        sqlx::query_scalar("SELECT count(*) FROM account_sessions").fetch_one(&app.pool).await.unwrap();
    assert_eq!(sessions, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_state_is_valid_once_and_only_in_its_browser(pool: PgPool) {
    let (app, _provider) = app_with_provider(pool).await;
    app.create_account(Role::Editor).await;
    let (mine, other) = (visit(&app).await, visit(&app).await);
    // Another browser's cookie, an empty one, a damaged one, and none.
    for cookie in [other.1.as_str(), "nang_oidc=", "nang_oidc=a.b.c", "x=y"] {
        come_back(&app, &(mine.0.clone(), cookie.to_owned())).await.expect(403, "forbidden");
    }
    for path in ["/api/auth/oidc/callback", "/api/auth/oidc/callback?code=x&state=%00"] {
        come_back(&app, &(path.to_owned(), mine.1.clone())).await.expect(403, "forbidden");
    }
    let state = mine.0.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let refused = format!("/api/auth/oidc/callback?error=access_denied&state={state}");
    come_back(&app, &(refused, mine.1.clone())).await.expect(403, "forbidden");
    let without_code = format!("/api/auth/oidc/callback?state={state}");
    come_back(&app, &(without_code, mine.1.clone())).await.expect(403, "forbidden");

    assert_eq!(come_back(&app, &mine).await.status, 303);
    // The browser has deleted its cookie; with a copy of path and cookie, the code is already spent.
    come_back(&app, &mine).await.expect(403, "forbidden");
    let swapped = format!("/api/auth/oidc/callback?code=made-up&state={state}");
    come_back(&app, &(swapped, mine.1.clone())).await.expect(403, "forbidden");
    let long = format!("/api/auth/oidc/callback?state={}", "x".repeat(201));
    come_back(&app, &(long, mine.1)).await.expect(400, "invalid-query");
}

#[sqlx::test(migrations = "../migrations")]
async fn unknown_uninvited_and_disabled_users_are_refused(pool: PgPool) {
    let (app, provider) = app_with_provider(pool).await;
    let app = app.with_admin().await;
    app.create_account(Role::Viewer).await;
    app.create_account(Role::Editor).await;
    for claims in [
        json!({ "email": "stranger@films.example.la" }),
        json!({ "email_verified": false }),
        json!({ "email_verified": null }),
        json!({ "email": null }),
        json!({ "email": email(Role::Viewer) }),
    ] {
        provider.set_id_token(IdToken { claims: claims.clone(), ..IdToken::default() });
        let problem = log_in(&app).await.expect(403, "forbidden");
        assert!(problem["detail"].as_str().unwrap().contains("invitation"), "{claims}: {problem}");
    }
    let before: i64 = sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(&app.pool).await.unwrap();
    assert_eq!(before, 3);

    let body = json!({ "role": "editor", "email": "stranger@films.example.la" });
    assert_eq!(app.admin().post("/api/admin/invitations", &body).await.status, 201);
    provider.set_id_token(IdToken {
        claims: json!({ "email": "Stranger@films.example.la" }),
        ..IdToken::default()
    });
    let answer = log_in(&app).await;
    let grant = refresh(&app, &cookie(&answer, "nang_refresh")).await.ok();
    assert_eq!((&grant["user"]["role"], &grant["user"]["display_name"]), (&json!("editor"), &json!("ນ້ອຍ")));

    sqlx::query("UPDATE users SET disabled_at = now() WHERE role = 'editor'")
        .execute(&app.pool)
        .await
        .unwrap();
    let problem = log_in(&app).await.expect(403, "forbidden");
    assert!(problem["detail"].as_str().unwrap().contains("disabled"), "{problem}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_browser_is_sent_to_the_login_page_with_the_reason(pool: PgPool) {
    let (app, provider) = app_with_provider(pool).await;
    app.create_account(Role::Editor).await;
    let go = async |path: &str, cookie: &str| {
        let request = Request::get(path)
            .header(header::COOKIE, cookie)
            .header(header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8");
        let answer = app.anonymous().send(request).await;
        assert_eq!((answer.status.as_u16(), cookie_is_deleted(&answer)), (303, true), "{answer:?}");
        answer.header(header::LOCATION).to_owned()
    };
    let (path, cookie) = visit(&app).await;
    assert_eq!(go(&path, "").await, "/login?to=/admin&refused=not-begun");
    provider.set_id_token(IdToken {
        claims: json!({ "email": "stranger@films.example.la" }),
        ..IdToken::default()
    });
    assert_eq!(go(&path, &cookie).await, "/login?to=/admin&refused=no-account");
    let (path, cookie) = visit(&app).await;
    provider.set_id_token(IdToken { forged: true, ..IdToken::default() });
    assert_eq!(go(&path, &cookie).await, "/login?to=/admin&refused=bad-answer");
    let (path, cookie) = visit(&app).await;
    assert_eq!(
        go(&format!("{path}&error=access_denied"), &cookie).await,
        "/login?to=/admin&refused=provider-refused"
    );
    provider.set_id_token(IdToken::default());
    let (path, cookie) = visit(&app).await;
    assert_eq!(go(&path, &cookie).await, "/admin");
}

/// Whether a response deletes the cookie of the pending login.
fn cookie_is_deleted(answer: &Answer) -> bool {
    cookie(answer, "nang_oidc") == "nang_oidc="
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unreachable_or_wrong_provider_is_reported_as_unavailable(pool: PgPool) {
    let (app, provider) = app_with_provider(pool.clone()).await;
    let visited = visit(&app).await;
    let with_issuer = |issuer: String| {
        TestApp::with_config(pool.clone(), |config| {
            config.public_url = Some("https://films.example.la".to_owned());
            let (client_id, display_name) = ("nang".to_owned(), "x".to_owned());
            config.oidc = Some(OidcConfig { issuer, client_id, client_secret: None, display_name });
        })
    };
    // A closed port, a server that is not a provider, a provider with another issuer name, and an invalid address.
    for issuer in [
        "http://127.0.0.1:1".to_owned(),
        provider.issuer.replace("/realms", "/nothing"),
        format!("{}/", provider.issuer),
        "not an address".to_owned(),
    ] {
        let app = with_issuer(issuer);
        app.anonymous().get("/api/auth/oidc/login").await.expect(503, "unavailable");
        come_back(&app, &visited).await.expect(503, "unavailable");
    }
    // The right provider, but this server does not know the client secret.
    let app = with_issuer(provider.issuer.clone());
    app.create_account(Role::Editor).await;
    come_back(&app, &visited).await.expect(403, "forbidden");
}
