//! An origin on a free port of this machine, with its own storage folder that has one film.

#![allow(dead_code, unreachable_pub, reason = "each test program uses its part")]

use std::net::SocketAddr;

use bytes::Bytes;
use domain::{
    id::{BuildId, FilmId, PlaybackSessionId},
    key::Key,
    token::KeyRing,
};
use origin::{AllowedOrigins, Config, Origin};
use storage::Storage;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// The current time of all tests.
pub const NOW: u64 = 1_800_000_000;
pub const MIB: usize = 1024 * 1024;

/// The objects in storage under the film's build.
pub const PLAYLIST: &str = "main.m3u8";
pub const INIT: &str = "v1080/init.mp4";
pub const SEGMENT: &str = "v1080/00001.m4s";
pub const SEGMENT_BYTES: usize = 2 * MIB;
pub const LARGE: &str = "v2160/00001.m4s";
pub const LARGE_BYTES: usize = 20 * MIB;
pub const EMPTY: &str = "v1080/00002.m4s";
pub const INDEX: &str = "storyboard/index.vtt";
pub const SHEET: &str = "storyboard/00001.jpg";

pub struct Fixture {
    pub folder: TempDir,
    pub storage: Storage,
    pub keys: KeyRing,
    pub film: FilmId,
    pub build: BuildId,
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
            build: "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e60".parse().unwrap(),
            session: "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e61".parse().unwrap(),
        };
        fixture.put(PLAYLIST, playlist().into()).await;
        fixture.put(INIT, pattern(1000)).await;
        fixture.put(SEGMENT, pattern(SEGMENT_BYTES)).await;
        fixture.put(LARGE, pattern(LARGE_BYTES)).await;
        fixture.put(EMPTY, Bytes::new()).await;
        fixture.put(INDEX, "WEBVTT\n".into()).await;
        fixture.put(SHEET, pattern(3000)).await;
        fixture
    }

    pub fn key(&self, name: &str) -> Key {
        Key::parse(&format!("films/{}/{}/{name}", self.film, self.build)).unwrap()
    }

    pub async fn put(&self, name: &str, bytes: Bytes) {
        self.storage.put_bytes(&self.key(name), bytes).await.unwrap();
    }

    pub fn config(&self) -> Config {
        Config {
            storage: self.storage.clone(),
            keys: self.keys.clone(),
            cache_bytes: 64 * MIB as u64,
            allowed_origins: AllowedOrigins::Any,
            clock: || NOW,
        }
    }

    pub fn token(&self) -> String {
        self.token_until(NOW + 3600)
    }

    pub fn token_until(&self, expires_at: u64) -> String {
        self.keys.sign(self.film, self.build, self.session, u32::try_from(expires_at).unwrap())
    }

    /// Returns the path of an object, with a valid token.
    pub fn path(&self, name: &str) -> String {
        self.path_with(&self.token(), name)
    }

    pub fn path_with(&self, token: &str, name: &str) -> String {
        format!("/v/{token}/{}/{}/{name}", self.film, self.build)
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
        let origin = Origin::new(config);
        let (stop, stopped) = oneshot::channel();
        let served = origin.clone();
        let running = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            server::serve(listener, |_| served.clone(), server::Limits::default(), stopped).await;
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
        tokio::time::timeout(std::time::Duration::from_secs(30), self.running).await.unwrap().unwrap();
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
