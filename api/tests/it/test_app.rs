//! The API with a database, a storage folder and accounts of every role.
//!
//! Every response is checked for what holds for all: it is documented, errors are problem+json, and the security headers are
//! present.

use std::{collections::HashMap, time::Duration};

use api::{AccessKeys, Registration, TrustedProxies};
use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Request, StatusCode, header, request::Builder},
};
use db::{
    Db,
    user::{NewUser, Role},
};
use domain::{id::UserId, token::KeyRing};
use serde_json::{Value, json};
use sqlx::PgPool;
use storage::Storage;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;
use uuid::Uuid;

use crate::{clock, document, log};

pub const PASSWORD: &str = "ດອກຈຳປາ correct horse";

/// Hashed once, because hashing is slow on purpose.
static PASSWORD_HASH: OnceCell<String> = OnceCell::const_new();

pub struct TestApp {
    pub router: Router,
    pub db: Db,
    pub pool: PgPool,
    pub keys: KeyRing,
    pub shutdown: CancellationToken,
    pub emails: TaskTracker,
    _folder: TempDir,
    tokens: HashMap<Role, String>,
}

/// The sender of requests.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    app: &'a TestApp,
    token: Option<&'a str>,
}

/// A complete response.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl TestApp {
    pub fn new(pool: PgPool) -> Self {
        Self::with_config(pool, |_| {})
    }

    pub fn with_config(pool: PgPool, change: impl FnOnce(&mut api::Config)) -> Self {
        log::install();
        let db = Db::from_pool(pool.clone());
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::local(folder.path().join("storage")).unwrap();
        let keys = KeyRing::parse(&format!("1 {}", "0123456789abcdef".repeat(4))).unwrap();
        let shutdown = CancellationToken::new();
        let emails = TaskTracker::new();
        let mut config = api::Config {
            db: db.clone(),
            storage: storage.clone(),
            uploads: ingest::Config {
                db: db.clone(),
                storage,
                max_size_bytes: 1 << 20,
                min_free_bytes: 0,
                max_uploads_per_account: ingest::DEFAULT_UPLOADS_PER_ACCOUNT,
                expiry: Duration::from_hours(1),
                clock: clock::now,
                shutdown: shutdown.clone(),
                adopt_trace: None,
            },
            keys: keys.clone(),
            access_keys: AccessKeys::new(b"0123456789abcdef0123456789abcdef", &[]).unwrap(),
            registration: Registration::Closed,
            oidc: None,
            mail: None,
            emails: emails.clone(),
            public_url: None,
            origin_base_url: None,
            max_streams_per_account: 4,
            trusted_proxies: TrustedProxies::new(Vec::new(), "0.0.0.0:80".parse().unwrap()),
            country_header: None,
            metrics_token: None,
            // Off, because tests change the database behind the server's back; `lists.rs` tests the cache.
            list_cache: Duration::ZERO,
            client_timeouts: api::ClientTimeouts::default(),
            settings: [].into(),
            pages_build: None,
            clock: clock::now,
            shutdown: shutdown.clone(),
        };
        change(&mut config);
        Self {
            router: api::router(config),
            db,
            pool,
            keys,
            shutdown,
            emails,
            _folder: folder,
            tokens: HashMap::new(),
        }
    }

    pub async fn with_viewer(self) -> Self {
        self.with_account(Role::Viewer).await
    }

    pub async fn with_editor(self) -> Self {
        self.with_account(Role::Editor).await
    }

    pub async fn with_admin(self) -> Self {
        self.with_account(Role::Admin).await
    }

    async fn with_account(mut self, role: Role) -> Self {
        self.create_account(role).await;
        let login = self
            .anonymous()
            .post("/api/auth/login", &json!({ "email": email(role), "password": PASSWORD }))
            .await;
        let token = login.ok()["access_token"].as_str().unwrap().to_owned();
        self.tokens.insert(role, token);
        self
    }

    /// Creates an account with [`PASSWORD`], without a session.
    pub async fn create_account(&self, role: Role) -> UserId {
        let hash =
            PASSWORD_HASH.get_or_init(async || api::password::hash(PASSWORD.to_owned()).await.unwrap()).await;
        let new = NewUser {
            id: UserId(Uuid::now_v7()),
            email: email(role),
            password_hash: hash.clone(),
            role,
            display_name: format!("ທ້າວ {role}"),
        };
        db::user::create(&self.db, new).await.unwrap().id
    }

    pub fn anonymous(&self) -> Caller<'_> {
        Caller { app: self, token: None }
    }

    pub fn viewer(&self) -> Caller<'_> {
        self.caller(Role::Viewer)
    }

    pub fn editor(&self) -> Caller<'_> {
        self.caller(Role::Editor)
    }

    pub fn admin(&self) -> Caller<'_> {
        self.caller(Role::Admin)
    }

    /// A caller with this access token.
    pub fn holder<'a>(&'a self, token: &'a str) -> Caller<'a> {
        Caller { app: self, token: Some(token) }
    }

    pub fn caller(&self, role: Role) -> Caller<'_> {
        Caller { app: self, token: Some(&self.tokens[&role]) }
    }
}

/// Waits until `condition` holds.
pub async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(30), async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(waited.await.is_ok(), "timed out waiting for: {what}");
}

/// Trusts the peer of a test's requests as a proxy.
pub fn trusted_peer() -> TrustedProxies {
    TrustedProxies::new(vec!["0.0.0.0".parse().unwrap()], "0.0.0.0:80".parse().unwrap())
}

pub fn email(role: Role) -> String {
    format!("{role}@films.example.la")
}

impl Caller<'_> {
    /// The film as lists show it.
    pub async fn listed_film(self, id: &str) -> Value {
        let films = self.get("/api/films").await.ok();
        let film = films["items"].as_array().unwrap().iter().find(|film| film["id"] == id);
        film.unwrap_or_else(|| panic!("{id} is not listed")).clone()
    }

    pub async fn get(self, path: &str) -> Answer {
        self.send(Request::get(path)).await
    }

    /// A POST without a body.
    pub async fn do_post(self, path: &str) -> Answer {
        self.send(Request::post(path)).await
    }

    pub async fn post(self, path: &str, body: &Value) -> Answer {
        self.send_json(Request::post(path), body).await
    }

    pub async fn delete(self, path: &str) -> Answer {
        self.send(Request::delete(path)).await
    }

    pub async fn patch(self, path: &str, if_match: &str, body: &Value) -> Answer {
        self.send_json(Request::patch(path).header(header::IF_MATCH, if_match), body).await
    }

    pub async fn send_json(self, request: Builder, body: &Value) -> Answer {
        self.send_body(request.header(header::CONTENT_TYPE, "application/json"), body.to_string()).await
    }

    pub async fn send(self, request: Builder) -> Answer {
        self.send_body(request, Body::empty()).await
    }

    pub async fn send_body(self, request: Builder, body: impl Into<Body>) -> Answer {
        let request = match self.token {
            Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        };
        let request = request.body(body.into()).unwrap();
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.app.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 24).await.unwrap();
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        document::expect_documented(&method, &path, &answer);
        answer
    }

    /// Returns the response with its body unread.
    pub async fn open(self, path: &str) -> axum::response::Response {
        let token = self.token.unwrap();
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.app.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The JSON body of a successful response.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{self:?}");
        self.json()
    }

    #[track_caller]
    pub fn expect(&self, status: u16, kind: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        let problem = self.json();
        assert_eq!(problem["type"], format!("urn:nang:problem:{kind}"), "{problem}");
        problem
    }

    pub fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
