//! An origin on a free port of this machine, with its own storage folder that has one film.

#![allow(dead_code, unreachable_pub, reason = "each test program uses its part")]

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use domain::{
    id::{FilmId, PlaybackSessionId},
    key::Key,
    revocations::Revocations,
    token::KeyRing,
};
use origin::{AllowedOrigins, Config, Origin, TakeDown};
use storage::Storage;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// The current time of all tests.
pub const NOW: u64 = 1_800_000_000;
pub const MIB: usize = 1024 * 1024;

macro_rules! build {
    ($name:literal) => {
        concat!("builds/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e60/", $name)
    };
}

/// Paths in the film's folder of the objects in storage.
pub const PLAYLIST: &str = "presentations/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e63/main.m3u8";
pub const INIT: &str = build!("v1080/init.mp4");
pub const SEGMENT: &str = build!("v1080/00001.m4s");
pub const SEGMENT_BYTES: usize = 2 * MIB;
pub const LARGE: &str = build!("v2160/00001.m4s");
pub const LARGE_BYTES: usize = 20 * MIB;
pub const EMPTY: &str = build!("v1080/00002.m4s");
pub const INDEX: &str = build!("storyboard/index.vtt");
pub const SHEET: &str = build!("storyboard/00001.jpg");
/// Paths of absent objects.
pub const ABSENT: &str = build!("v1080/99999.m4s");
pub const LATER: &str = build!("v1080/00003.m4s");
/// Objects that are not for viewers.
pub const RECORD: &str = build!("build.json");
pub const MANIFEST: &str = "presentations/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e63/manifest.json";

pub struct Fixture {
    pub folder: TempDir,
    pub storage: Storage,
    pub keys: KeyRing,
    pub film: FilmId,
    pub session: PlaybackSessionId,
}

impl Fixture {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fixture = Self {
            storage: Storage::local(folder.path().join("storage")).unwrap(),
            folder,
            keys: KeyRing::parse(&format!(
                "7 {}\n8 {}\n",
                "0123456789abcdef".repeat(4),
                "fedcba9876543210".repeat(4)
            ))
            .unwrap(),
            film: "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f".parse().unwrap(),
            session: "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e61".parse().unwrap(),
        };
        fixture.put(PLAYLIST, playlist().into()).await;
        fixture.put(INIT, pattern(1000)).await;
        fixture.put(SEGMENT, pattern(SEGMENT_BYTES)).await;
        fixture.put(LARGE, pattern(LARGE_BYTES)).await;
        fixture.put(EMPTY, Bytes::new()).await;
        fixture.put(INDEX, "WEBVTT\n".into()).await;
        fixture.put(SHEET, pattern(3000)).await;
        fixture.put(RECORD, "{}".into()).await;
        fixture.put(MANIFEST, "{}".into()).await;
        fixture
    }

    pub fn key(&self, name: &str) -> Key {
        Key::parse(&format!("films/{}/{name}", self.film)).unwrap()
    }

    /// The entity tag of an object as stored.
    pub fn etag(&self, name: &str) -> String {
        format!("\"{}\"", self.key(name))
    }

    pub async fn put(&self, name: &str, bytes: Bytes) {
        self.storage.put_bytes(&self.key(name), bytes).await.unwrap();
    }

    pub fn config(&self) -> Config {
        Config {
            storage: self.storage.clone(),
            keys: self.keys.clone(),
            cache_bytes: 64 * MIB as u64,
            disk_cache: None,
            allowed_origins: AllowedOrigins::Any,
            take_down: TakeDown { poll_interval: Duration::from_millis(50), ..TakeDown::default() },
            clock: || NOW,
        }
    }

    pub fn token(&self) -> String {
        self.token_until(NOW + 3600)
    }

    pub fn token_until(&self, expires_at: u64) -> String {
        self.keys.sign(self.film, self.session, u32::try_from(expires_at).unwrap())
    }

    /// Returns a token for a session that was created at this time.
    pub fn token_of(&self, created_at_ms: u64) -> String {
        self.keys.sign(self.film, session(created_at_ms), u32::try_from(NOW + 3600).unwrap())
    }

    /// Stores a revocations list, signed with the key in force.
    pub async fn put_list(&self, list: &Revocations) {
        self.put_list_bytes(list.sign(&self.keys).bytes).await;
    }

    pub async fn put_list_bytes(&self, bytes: Vec<u8>) {
        self.storage.put_bytes(&Key::revocations(), bytes.into()).await.unwrap();
    }

    /// Returns the path of an object, with a valid token.
    pub fn path(&self, name: &str) -> String {
        self.path_with(&self.token(), name)
    }

    pub fn path_with(&self, token: &str, name: &str) -> String {
        format!("/v/{token}/{}/{name}", self.film)
    }

    pub fn authorize_path(&self, token: &str) -> String {
        format!("/authorize/{token}/{}", self.film)
    }
}

/// A session that was created at this time.
pub fn session(created_at_ms: u64) -> PlaybackSessionId {
    PlaybackSessionId(uuid::Uuid::from_u64_pair(created_at_ms << 16 | 0x7abc, 0x8def_0011_2233_aabb))
}

/// Waits until `done` returns `true`. The limit is generous, because the machine may be busy.
pub async fn wait_until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !done().await {
        assert!(Instant::now() < deadline, "still not true after a minute: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub struct Server {
    pub origin: Origin,
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

impl Server {
    pub async fn start(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let origin = Origin::new(config).unwrap();
        origin.read_revocations().await;
        let (stop, stopped) = oneshot::channel();
        let (served, following) = (origin.clone(), origin.clone());
        let running = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            let serving = async {
                server::serve(listener, |_| served.clone(), server::Limits::default(), stopped).await;
            };
            following.follow_revocations(serving).await;
        });
        Self { origin, address, stop: Some(stop), running }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Requests the server to stop.
    pub fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits until the server has stopped.
    pub async fn stopped(self) {
        tokio::time::timeout(Duration::from_mins(1), self.running).await.unwrap().unwrap();
    }
}

/// Returns a client that sends requests unchanged.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// Returns bytes in which no two pieces are equal.
pub fn pattern(size: usize) -> Bytes {
    (0..size.div_ceil(8) as u64)
        .flat_map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_le_bytes())
        .take(size)
        .collect()
}

pub fn playlist() -> String {
    use std::fmt::Write;
    (1..=1200).fold("#EXTM3U\n".to_owned(), |mut text, number| {
        write!(text, "#EXTINF:6.000,\n{number:05}.m4s\n").unwrap();
        text
    })
}
