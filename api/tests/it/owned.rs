//! Access to existing objects that belong to an account: by their owner and by every other kind of caller.

use axum::http::{Request, header};
use db::{
    account_session::{self, NewAccountSession},
    audit::Author,
    heartbeat::{self, Heartbeat},
    invitation::{self, NewInvitation},
    playback_session::{self, NewSession},
    resume_point,
    user::{NewUser, Role, User},
    watchlist,
};
use domain::id::{AccountSessionId, FilmId, InvitationId, PlaybackSessionId, UserId};
use serde_json::json;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    films::{create, publish},
    pipeline, sessions,
    test_app::{Caller, PASSWORD, TestApp, email},
};

/// Method, path, body and the expected status for an anonymous caller, the owner, another viewer, an editor and an admin.
///
/// `{session}`, `{stream}` and the list entries of `{film}` are the owner's; `{open_stream}` is an anonymous playback session,
/// open to every caller that knows its id; `{user}` is an account with the session `{user_session}`. All are new for each cell.
const TABLE: &[(&str, &str, &str, [u16; 5])] = &[
    ("delete", "/api/auth/sessions/{session}", "", [401, 204, 404, 404, 404]),
    ("post", "/api/stream/sessions/{stream}/renew", "", [404, 200, 404, 404, 404]),
    ("delete", "/api/stream/sessions/{stream}", "", [404, 204, 404, 404, 404]),
    ("post", "/api/stream/heartbeats", HEARTBEATS, [404, 200, 404, 404, 404]),
    ("post", "/api/stream/sessions/{open_stream}/renew", "", [200, 200, 200, 200, 200]),
    ("delete", "/api/stream/sessions/{open_stream}", "", [204, 204, 204, 204, 204]),
    ("post", "/api/stream/heartbeats", OPEN_HEARTBEATS, [200, 200, 200, 200, 200]),
    ("post", "/api/stream/{film}", "", [200, 200, 200, 200, 200]),
    // The caller's own lists: other callers reach only theirs.
    ("get", "/api/resume/{film}", "", [401, 200, 404, 404, 404]),
    ("put", "/api/resume/{film}", r#"{"position_ms": 1000}"#, [401, 204, 204, 204, 204]),
    ("delete", "/api/resume/{film}", "", [401, 204, 204, 204, 204]),
    ("delete", "/api/resume", "", [401, 204, 204, 204, 204]),
    ("put", "/api/watchlist/{film}", "", [401, 204, 204, 204, 204]),
    ("delete", "/api/watchlist/{film}", "", [401, 204, 204, 204, 204]),
    ("delete", "/api/history/{film}", "", [401, 204, 204, 204, 204]),
    ("delete", "/api/history", "", [401, 204, 204, 204, 204]),
    ("get", "/api/admin/users/{user}", "", [401, 403, 403, 403, 200]),
    ("patch", "/api/admin/users/{user}", r#"{"disabled": true}"#, [401, 403, 403, 403, 200]),
    ("post", "/api/admin/users/{user}/reset-link", "{}", [401, 403, 403, 403, 201]),
    ("get", "/api/admin/users/{user}/sessions", "", [401, 403, 403, 403, 200]),
    ("delete", "/api/admin/users/{user}/sessions/{user_session}", "", [401, 403, 403, 403, 204]),
    // A session of another account than the one in the path.
    ("delete", "/api/admin/users/{user}/sessions/{session}", "", [401, 403, 403, 403, 404]),
    ("delete", "/api/admin/users/{user}/sessions", "", [401, 403, 403, 403, 204]),
    ("delete", "/api/admin/invitations/{invitation}", "", [401, 403, 403, 403, 204]),
    ("get", "/api/admin/films/{film}", "", [401, 403, 403, 200, 200]),
    ("patch", "/api/admin/films/{film}", r#"{"year": 1988}"#, [401, 403, 403, 200, 200]),
    ("get", "/api/admin/films/{film}/images", "", [401, 403, 403, 200, 200]),
    ("get", "/api/admin/genres/{genre}", "", [401, 403, 403, 200, 200]),
    ("patch", "/api/admin/genres/{genre}", r#"{"names": {"en": "War"}}"#, [401, 403, 403, 200, 200]),
    ("delete", "/api/admin/genres/{genre}", "", [401, 403, 403, 204, 204]),
];

const HEARTBEATS: &str = r#"{"session_id": "{stream}", "sent_at": "2026-01-01T00:00:00Z", "events": [
    {"event_id": "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f", "at": "2026-01-01T00:00:00Z", "position_ms": 9000, "watched_ms": 9000, "state": "ended"}]}"#;
const OPEN_HEARTBEATS: &str = r#"{"session_id": "{open_stream}", "sent_at": "2026-01-01T00:00:00Z", "events": [
    {"event_id": "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f", "at": "2026-01-01T00:00:00Z", "position_ms": 9000, "watched_ms": 9000, "state": "ended"}]}"#;

struct Fixture {
    app: TestApp,
    film: FilmId,
    owner: User,
    owner_token: String,
}

impl Fixture {
    async fn create(pool: PgPool) -> Self {
        let app = TestApp::with_config(pool, |config| config.max_streams_per_account = 1000);
        app.create_account(Role::Viewer).await;
        let grant = sessions::login(&app, &email(Role::Viewer), PASSWORD).await.ok();
        sqlx::query("UPDATE users SET email = 'owner@films.example.la'").execute(&app.pool).await.unwrap();
        let app = app.with_viewer().await.with_editor().await.with_admin().await;
        let film = create(&app, json!({ "lo": "ໜັງ" })).await;
        pipeline::make_ready(&app.db, film).await;
        publish(&app, film).await;
        let owner = db::user::find_by_email(&app.db, "owner@films.example.la").await.unwrap().unwrap();
        let owner_token = grant["access_token"].as_str().unwrap().to_owned();
        Self { app, film, owner, owner_token }
    }

    async fn create_session(&self, user: &User) -> Uuid {
        let id = AccountSessionId(Uuid::now_v7());
        let expires_at = OffsetDateTime::now_utc() + Duration::DAY;
        let new =
            NewAccountSession { id, token_hash: token_hash(), expires_at, user_agent: None, address: None };
        assert!(account_session::begin(&self.app.db, user, new).await.unwrap());
        id.0
    }

    async fn open_playback_session(&self, user_id: Option<UserId>) -> PlaybackSessionId {
        let id = PlaybackSessionId(Uuid::now_v7());
        let expires_at = OffsetDateTime::now_utc() + Duration::DAY;
        let film_id = self.film;
        let presentation_id = db::presentation::shown(&self.app.db, film_id).await.unwrap().unwrap().id;
        let new = NewSession {
            id,
            film_id,
            presentation_id,
            user_id,
            preview_link_id: None,
            duration_ms: 6000,
            device: None,
            expires_at,
        };
        playback_session::open(&self.app.db, new, 1000).await.unwrap();
        id
    }

    /// Creates every object that a path or a body may name, and an entry of the film in each of the owner's lists.
    async fn create_objects(&self) -> Vec<(&'static str, String)> {
        let (db, owner) = (&self.app.db, self.owner.id);
        let new = NewUser {
            id: UserId(Uuid::now_v7()),
            email: format!("{}@films.example.la", Uuid::new_v4()),
            password_hash: "x".to_owned(),
            role: Role::Viewer,
            display_name: "x".to_owned(),
        };
        let user = db::user::create(db, new).await.unwrap();
        let new = NewInvitation {
            id: InvitationId(Uuid::now_v7()),
            token_hash: token_hash(),
            role: Role::Viewer,
            email: None,
            expires_at: OffsetDateTime::now_utc() + Duration::DAY,
        };
        let invitation = invitation::create(db, &Author::NANG, new).await.unwrap();
        let genre =
            self.app.editor().post("/api/admin/genres", &json!({ "names": { "en": "Drama" } })).await.ok();
        let stream = self.open_playback_session(Some(owner)).await;
        let (event_id, at) = (Uuid::now_v7(), OffsetDateTime::now_utc());
        let watched = Heartbeat { event_id, at, position_ms: 3000, watched_ms: 3000, is_end: false };
        heartbeat::record(db, stream, Some(owner), 0, &[watched]).await.unwrap().unwrap();
        assert!(resume_point::set(db, owner, self.film, 4000, Uuid::now_v7()).await.unwrap());
        assert!(watchlist::add(db, owner, self.film).await.unwrap());
        vec![
            ("{session}", self.create_session(&self.owner).await.to_string()),
            ("{stream}", stream.to_string()),
            ("{open_stream}", self.open_playback_session(None).await.to_string()),
            ("{film}", self.film.to_string()),
            ("{user}", user.id.to_string()),
            ("{user_session}", self.create_session(&user).await.to_string()),
            ("{invitation}", invitation.id.to_string()),
            ("{genre}", genre["id"].as_str().unwrap().to_owned()),
        ]
    }

    /// Everything that belongs to the owner, as text.
    async fn rows_of_owner(&self) -> String {
        sqlx::query_scalar(
            "SELECT concat(
                 (SELECT jsonb_agg(to_jsonb(a) ORDER BY id) FROM account_sessions a WHERE user_id = $1),
                 (SELECT jsonb_agg(to_jsonb(s) ORDER BY id) FROM playback_sessions s WHERE user_id = $1),
                 (SELECT jsonb_agg(to_jsonb(r)) FROM resume_points r WHERE user_id = $1),
                 (SELECT jsonb_agg(to_jsonb(h)) FROM watch_history h WHERE user_id = $1),
                 (SELECT jsonb_agg(to_jsonb(w)) FROM watchlist w WHERE user_id = $1))",
        )
        .bind(self.owner.id.0)
        .fetch_one(&self.app.pool)
        .await
        .unwrap()
    }
}

fn token_hash() -> [u8; 32] {
    let half = Uuid::new_v4().into_bytes();
    std::array::from_fn(|at| half[at % 16])
}

#[sqlx::test(migrations = "../migrations")]
async fn owned_objects_are_accessible_to_their_owner_and_to_permitted_roles(pool: PgPool) {
    let fixture = Fixture::create(pool).await;
    let app = &fixture.app;
    let callers: [Caller<'_>; 5] =
        [app.anonymous(), app.holder(&fixture.owner_token), app.viewer(), app.editor(), app.admin()];
    for (method, path, body, expected) in TABLE {
        let mut statuses = [0; 5];
        for (nth, caller) in callers.into_iter().enumerate() {
            let objects = fixture.create_objects().await;
            let fill =
                |text: &str| objects.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id));
            let (path, body) = (fill(path), fill(body));
            let mut request = Request::builder().method(method.to_uppercase().as_str()).uri(&path);
            if *method == "patch" || path.starts_with("/api/admin/genres/") {
                let etag = app.admin().get(&path).await.header(header::ETAG).to_owned();
                request = request.header(header::IF_MATCH, etag);
            }
            if !body.is_empty() {
                request = request.header(header::CONTENT_TYPE, "application/json");
            }
            let before = fixture.rows_of_owner().await;
            statuses[nth] = caller.send_body(request, body).await.status.as_u16();
            let is_owner = nth == 1;
            assert!(is_owner || fixture.rows_of_owner().await == before, "{method} {path} by caller {nth}");
        }
        assert_eq!(&statuses, expected, "{method} {path}");
    }
}
