//! Behind a reverse proxy, over real connections: which login attempts are counted together.

use std::{net::SocketAddr, sync::LazyLock};

use api::TrustedProxies;
use axum::http::StatusCode;
use db::user::Role;
use reqwest::header;
use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    log::record,
    test_app::{PASSWORD, TestApp, email},
};

/// A clock that does not advance, so that no allowance is refilled even on a slow machine.
fn stopped_clock() -> OffsetDateTime {
    static START: LazyLock<OffsetDateTime> = LazyLock::new(OffsetDateTime::now_utc);
    *START
}

/// A server on a loopback address, as in the README behind NGINX.
struct Server {
    app: TestApp,
    address: SocketAddr,
    client: reqwest::Client,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts a server whose configured listen address is `listen`; with `None`, it is the real one.
    async fn start(pool: PgPool, listen: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let listen = listen.map_or(address, |listen| listen.parse().unwrap());
        let app = TestApp::with_config(pool, |config| {
            config.trusted_proxies = TrustedProxies::new(Vec::new(), listen);
            config.clock = stopped_clock;
        });
        let service = app.router.clone().into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { app, address, client: reqwest::Client::new(), task }
    }

    /// Tries to log in through the proxy, from a client at `client`.
    async fn login(&self, client: &str, email: &str, password: &str) -> StatusCode {
        let url = format!("http://{}/api/auth/login", self.address);
        let body = json!({ "email": email, "password": password });
        let request = self.client.post(url).header("x-forwarded-for", client).json(&body);
        request.send().await.unwrap().status()
    }

    /// Sends wrong passwords for invented accounts from `client` until it is throttled. Returns how many were checked.
    async fn exhaust_attempts(&self, client: &str) -> usize {
        for attempt in 0..1000 {
            let status = self.login(client, &format!("{attempt}@strangers.la"), "wrong").await;
            if status == StatusCode::TOO_MANY_REQUESTS {
                return attempt;
            }
            assert_eq!(status, StatusCode::UNAUTHORIZED);
        }
        panic!("1000 wrong passwords were checked without a limit");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn behind_a_local_proxy_one_client_does_not_lock_out_another(pool: PgPool) {
    let server = Server::start(pool, None).await;
    server.app.create_account(Role::Admin).await;
    assert_eq!(server.exhaust_attempts("203.0.113.1").await, 40);
    assert_eq!(server.login("203.0.113.2", &email(Role::Admin), PASSWORD).await, StatusCode::OK);
    // The admin never logged in from the throttled address.
    let status = server.login("203.0.113.1", &email(Role::Admin), PASSWORD).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
}

#[sqlx::test(migrations = "../migrations")]
async fn strangers_at_a_shared_address_do_not_lock_out_known_accounts_even_after_a_restart(pool: PgPool) {
    let shared = "203.0.113.1";
    let admin = email(Role::Admin);
    let server = Server::start(pool.clone(), None).await;
    server.app.create_account(Role::Admin).await;
    assert_eq!(server.login(shared, &admin, PASSWORD).await, StatusCode::OK);
    server.exhaust_attempts(shared).await;
    assert_eq!(server.login(shared, &admin, PASSWORD).await, StatusCode::OK);
    drop(server);

    let server = Server::start(pool, None).await;
    server.exhaust_attempts(shared).await;
    assert_eq!(server.login(shared, &admin, PASSWORD).await, StatusCode::OK);
    // The account's own allowance is still limited.
    for _ in 0..10 {
        assert_eq!(server.login(shared, &admin, "wrong").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(server.login(shared, &admin, PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
}

#[sqlx::test(migrations = "../migrations")]
async fn refreshing_a_session_makes_its_account_known_at_that_address(pool: PgPool) {
    let server = Server::start(pool, None).await;
    server.app.create_account(Role::Viewer).await;
    let viewer = email(Role::Viewer);
    let url = |path: &str| format!("http://{}/api/auth/{path}", server.address);
    let body = json!({ "email": viewer, "password": PASSWORD });
    let login = server.client.post(url("login")).header("x-forwarded-for", "203.0.113.7").json(&body);
    let login = login.send().await.unwrap();
    let cookie = login.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap();
    // The phone has moved to another network.
    let moved = server.client.post(url("refresh")).header("x-forwarded-for", "203.0.113.8");
    assert_eq!(moved.header(header::COOKIE, cookie).send().await.unwrap().status(), StatusCode::OK);
    server.exhaust_attempts("203.0.113.8").await;
    assert_eq!(server.login("203.0.113.8", &viewer, PASSWORD).await, StatusCode::OK);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_header_from_an_untrusted_peer_is_ignored_with_one_warning(pool: PgPool) {
    let log = record();
    let server = Server::start(pool, Some("0.0.0.0:8080")).await;
    server.app.create_account(Role::Admin).await;
    server.exhaust_attempts("203.0.113.1").await;
    let status = server.login("203.0.113.2", &email(Role::Admin), PASSWORD).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "the header was trusted");
    let log = log.text();
    let warnings: Vec<_> = log.lines().filter(|line| line.contains("X-Forwarded-For")).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for said in ["WARN", "127.0.0.1", "NANG_TRUSTED_PROXIES"] {
        assert!(warnings[0].contains(said), "{said}: {}", warnings[0]);
    }
}
