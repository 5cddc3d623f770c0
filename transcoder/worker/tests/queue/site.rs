//! A queue with one film, a storage with its master, and workers in this process.

use std::{
    collections::BTreeMap,
    io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use db::{
    Db,
    audit::Author,
    film::{FilmChange, FilmStatus, NewFilm},
    queue::{Job, JobFilter, JobKind},
    workflow::{BuildStart, NewBuild},
};
use domain::{
    child::{Limits, Probed},
    id::{BuildId, FileId, FilmId},
    key::Key,
    libraries::Libraries,
    plan::Plan,
    planner,
    profile::Profile,
};
use storage::Storage;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, subscriber::DefaultGuard};
use tracing_subscriber::fmt::MakeWriter;
use uuid::Uuid;
use worker::sandbox::{Sandbox, StoredMaster};

use crate::postgres::Postgres;

/// The name under which this program runs as the child.
pub(crate) const CHILD: &str = "nang";
/// Time limit of a wait. Generous, because the machine may be busy.
const LIMIT: Duration = Duration::from_mins(5);

pub(crate) struct Site {
    pub(crate) postgres: Postgres,
    pub(crate) db: Db,
    pub(crate) storage: Storage,
    pub(crate) film: FilmId,
    log: Log,
    folder: tempfile::TempDir,
    _logging: DefaultGuard,
}

/// A worker that is stopped when this is dropped.
pub(crate) struct Worker {
    stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

/// The captured log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Site {
    /// Creates a film whose uploaded master waits to be probed: the clip of the repository.
    pub(crate) async fn start() -> Self {
        let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../media/bbb_720p25_5s.mp4");
        Self::start_with(std::fs::read(clip).unwrap()).await
    }

    /// Creates a film with this master.
    pub(crate) async fn start_with(clip: Vec<u8>) -> Self {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone()).finish();
        let logging = tracing::subscriber::set_default(subscriber);
        let postgres = Postgres::start();
        let db = Db::connect(&postgres.url(), 8).await.unwrap();
        db.migrate().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        symlink(std::env::current_exe().unwrap(), folder.path().join(CHILD)).unwrap();
        let storage = Storage::local(folder.path().join("storage")).unwrap();
        let (film, file) = (FilmId(Uuid::now_v7()), FileId(Uuid::now_v7()));
        let titles = BTreeMap::from([("lo".to_owned(), "ໜັງ".to_owned())]);
        let new = NewFilm { id: film, titles, profile: "fast".to_owned() };
        db::film::create(&db, &Author::NANG, new, FilmChange::default()).await.unwrap();
        let size_bytes = clip.len();
        let stored = storage.put_bytes(&Key::master(file), Bytes::from(clip)).await.unwrap();
        let sha256 = stored.sha256;
        postgres.sql(&format!(
            "UPDATE films SET status = 'processing';
             INSERT INTO film_files (id, film_id, name, size_bytes, received_bytes, state, sha256, expires_at)
             VALUES ('{file}', '{film}', 'clip.mp4', {size_bytes}, {size_bytes}, 'uploaded', '{sha256}', now());
             INSERT INTO jobs (kind, film_id, file_id, priority, max_attempts) VALUES ('probe', '{film}', '{file}', 30, 3)"
        ));
        Self { postgres, db, storage, film, log, folder, _logging: logging }
    }

    pub(crate) fn sandbox(&self) -> Sandbox {
        Sandbox::new(self.executable(), Limits::default())
    }

    fn executable(&self) -> PathBuf {
        self.folder.path().join(CHILD)
    }

    pub(crate) fn worker(&self) -> Worker {
        let config = worker::Config {
            db: self.db.clone(),
            storage: self.storage.clone(),
            sandbox: self.sandbox(),
            name: "test".to_owned(),
            slots: 1,
            lease: Duration::from_mins(2),
            min_free_bytes: 0,
            exit_when_idle: false,
            adopt_trace: |_, _| (),
        };
        let stop = CancellationToken::new();
        let running = tokio::spawn(worker::run(config, stop.clone()).in_current_span());
        Worker { stop, running }
    }

    /// Probes the master and starts a build with the library versions that `libraries` returns for this machine's.
    pub(crate) async fn plan(
        &self,
        libraries: impl FnOnce(&Libraries) -> Option<Libraries>,
    ) -> (BuildId, Libraries) {
        let claimed = db::workflow::claim(&self.db, "planner", LIMIT).await.unwrap().unwrap();
        let file = claimed.job.file_id.unwrap();
        let master = StoredMaster::open(self.storage.clone(), Key::master(file)).await.unwrap().unwrap();
        let Probed { facts, libraries: here } = self.sandbox().probe(Arc::new(master)).await.unwrap();
        let plan = planner::plan(Profile::shipped("fast").unwrap(), &facts).unwrap();
        let id = BuildId(Uuid::now_v7());
        let start = BuildStart::Encoding(Box::new(Plan { libraries: libraries(&here), ..plan }));
        let new = NewBuild { id, start, note: None };
        let facts = serde_json::to_value(&facts).unwrap();
        db::workflow::complete_probe(&self.db, &claimed.lease, facts, new).await.unwrap();
        (id, here)
    }

    pub(crate) async fn stored_plan(&self, build: BuildId) -> Plan {
        db::build::plan(&self.db, build).await.unwrap().unwrap()
    }

    /// Returns the film's jobs of a kind.
    pub(crate) async fn jobs(&self, kind: JobKind) -> Vec<Job> {
        let filter = JobFilter { film_id: Some(self.film), state: None };
        let mut jobs = db::queue::list(&self.db, filter, None, 100).await.unwrap();
        jobs.retain(|job| job.kind == kind);
        jobs
    }

    pub(crate) fn has_logged(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.log.0.lock().unwrap()).contains(text)
    }

    /// Waits until `found` returns a value, and returns it. Panics with the log at the time limit.
    pub(crate) async fn until<T>(&self, what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = found().await {
                return found;
            }
            let log = || String::from_utf8_lossy(&self.log.0.lock().unwrap()).into_owned();
            assert!(started.elapsed() < LIMIT, "waited {LIMIT:?} for {what}:\n{}", log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the film can be played.
    pub(crate) async fn ready(&self) {
        self.until("the film to be ready", async || {
            let film = db::film::find(&self.db, self.film).await.ok()??;
            assert_ne!(film.status, FilmStatus::Failed, "{:?}", film.failure);
            (film.status == FilmStatus::Ready).then_some(())
        })
        .await;
    }
}

impl Worker {
    /// Stops the worker and waits for its end.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        (&mut self.running).await.unwrap().unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.running.abort();
    }
}
