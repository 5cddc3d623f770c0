//! A server for one test, with its own database, folder and address.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use db::{
    Db,
    audit::Author,
    film::{self, FilmChange, NewFilm},
    film_file::{self, FilmFile},
};
use domain::id::{FileId, FilmId, UserId};
use domain::key::Key;
use sqlx::PgPool;
use storage::Storage;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) const DAY: Duration = Duration::from_hours(24);

pub(crate) struct Site {
    pub(crate) db: Db,
    pub(crate) storage: Storage,
    pub(crate) film: FilmId,
    pub(crate) address: String,
    pub(crate) shutdown: CancellationToken,
    folder: Arc<tempfile::TempDir>,
}

impl Site {
    pub(crate) async fn start(pool: PgPool) -> Self {
        Self::start_with(pool, |_| {}).await
    }

    pub(crate) async fn start_with(pool: PgPool, change: impl FnOnce(&mut ingest::Config)) -> Self {
        let db = Db::from_pool(pool);
        let film = new_film(&db).await;
        Self::serve(db, film, Arc::new(tempfile::tempdir().unwrap()), change).await
    }

    /// Starts another server on the same database and storage, like a separate process.
    pub(crate) async fn start_beside(&self) -> Self {
        Self::serve(self.db.clone(), self.film, self.folder.clone(), |_| {}).await
    }

    async fn serve(
        db: Db,
        film: FilmId,
        folder: Arc<tempfile::TempDir>,
        change: impl FnOnce(&mut ingest::Config),
    ) -> Self {
        let storage = Storage::local(folder.path()).unwrap();
        let shutdown = CancellationToken::new();
        let mut config = ingest::Config {
            db: db.clone(),
            storage: storage.clone(),
            max_size_bytes: 1 << 40,
            min_free_bytes: 0,
            max_uploads_per_account: ingest::DEFAULT_UPLOADS_PER_ACCOUNT,
            expiry: DAY,
            clock: OffsetDateTime::now_utc,
            shutdown: shutdown.clone(),
            adopt_trace: None,
        };
        change(&mut config);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = axum::Router::new()
            .nest("/api/admin/uploads", ingest::router(config))
            .layer(axum::middleware::map_request(name_author));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { db, storage, film, address, shutdown, folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) async fn row(&self, file: FileId) -> FilmFile {
        film_file::find(&self.db, file).await.unwrap().unwrap()
    }

    pub(crate) async fn master(&self, file: FileId) -> Option<Vec<u8>> {
        self.storage.get_bytes(&Key::master(file), None).await.unwrap().map(Vec::from)
    }
}

/// Makes the account in the header `Test-Account` the request's author, as `api` does with an authorized request.
async fn name_author<B>(mut request: http::Request<B>) -> http::Request<B> {
    let account =
        request.headers().get("test-account").and_then(|account| account.to_str().ok()?.parse().ok());
    if let Some(account) = account {
        request.extensions_mut().insert(Author { user_id: Some(UserId(account)), user_email: None });
    }
    request
}

pub(crate) async fn new_film(db: &Db) -> FilmId {
    let titles = BTreeMap::from([("lo".to_owned(), "ໜັງ".to_owned())]);
    let new = NewFilm { id: FilmId(Uuid::now_v7()), titles, profile: "default".to_owned() };
    film::create(db, &Author::NANG, new, FilmChange::default()).await.unwrap().id
}

/// Waits until `condition` holds.
pub(crate) async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(30), async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(waited.await.is_ok(), "timed out: {what}");
}
