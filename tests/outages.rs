//! PostgreSQL or the object store is gone for a while, or the store is slow. Viewers play on, the work waits and then resumes, and
//! nothing is lost or half published. `NANG_OUTAGE_SECONDS` makes the outages longer.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{
    object_store::borrowed,
    support::{Database, ObjectStore, Process, Site, SlowLink, Stream, eventually, master},
};

const LIMIT: Duration = Duration::from_mins(4);

/// Between two times that a viewer watches the film, so that an outage of an hour leaves the machine time for other work.
const REST: Duration = Duration::from_millis(500);

fn outage() -> Duration {
    let seconds = std::env::var("NANG_OUTAGE_SECONDS").map_or(12, |text| text.parse().unwrap());
    Duration::from_secs(seconds)
}

/// A film that a viewer watches, and another one that is encoded.
pub(crate) struct Work {
    seen: Stream,
    urls: Vec<reqwest::Url>,
    import: Process,
}

impl Work {
    pub(crate) async fn start(site: &Site) -> Self {
        let file = master(site.path(), 12);
        let mut import = site.import(&file, &["--title", "Seen", "--publish", "--wait"]);
        eventually("the import to end", LIMIT, async || (!import.is_running()).then_some(())).await;
        let admin = site.log_in().await;
        let film = site.settled(&admin, "Seen", LIMIT).await;
        assert_eq!(film["status"], "ready", "{film:#}\n{}", site.read_log("server"));
        let seen = site.play(film["id"].as_str().unwrap()).await;
        let urls = seen.all_urls().await;
        for url in &urls {
            seen.read(url).await;
        }
        let file = master(site.path(), 90);
        let import = site.import(&file, &["--title", "Waiting", "--publish", "--wait"]);
        eventually("the film to be encoded", LIMIT, async || {
            let film = site.film(&admin, "Waiting").await?;
            (film["builds"][0]["state"] == "encoding").then_some(())
        })
        .await;
        Self { seen, urls, import }
    }

    /// Plays the whole film once, much faster than a viewer, and rests.
    pub(crate) async fn plays(&self) {
        for url in &self.urls {
            assert_eq!(self.seen.status_of(url).await, 200, "{url}");
        }
        tokio::time::sleep(REST).await;
    }

    /// Plays the film again and again until the outage has lasted long enough. Readiness names `part` as what does not respond.
    pub(crate) async fn plays_on(&self, site: &Site, part: &str) {
        let began = Instant::now();
        let mut is_named = false;
        while began.elapsed() < outage() || !is_named {
            assert!(began.elapsed() < outage() + LIMIT, "readiness does not name {part}");
            self.plays().await;
            let answer = reqwest::get(site.url("/api/health/ready")).await.unwrap();
            is_named |= answer.status() == 503 && answer.text().await.unwrap().contains(part);
        }
    }

    /// Waits until the other film is ready. Everything is in order then.
    pub(crate) async fn ends(mut self, mut site: Site) {
        eventually("the server to be ready again", LIMIT, async || {
            reqwest::get(site.url("/api/health/ready")).await.unwrap().status().is_success().then_some(())
        })
        .await;
        assert!(site.server().is_running());
        let admin = site.log_in().await;
        let film: Value = site.settled(&admin, "Waiting", LIMIT).await;
        assert_eq!(film["status"], "ready", "{film:#}\n{}", site.read_log("server"));
        // The import has waited too, and publishes the film.
        eventually("the import to end", LIMIT, async || (!self.import.is_running()).then_some(())).await;
        assert!(self.import.0.wait().unwrap().success(), "{}", site.read_log("import"));
        let stream = site.play(film["id"].as_str().unwrap()).await;
        for url in stream.all_urls().await {
            stream.read(&url).await;
        }
        let checked = site.run(&["fsck", "--read"]).await;
        assert!(checked.status.success(), "{checked:?}");
    }
}

#[tokio::test]
async fn postgres_is_gone_for_a_while() {
    let mut database = Database::start();
    let site = Site::start_with(1, &[("NANG_DATABASE_URL", database.url())], None).await;
    let work = Work::start(&site).await;
    database.stop().await;
    work.plays_on(&site, "database").await;
    database.resume();
    work.ends(site).await;
}

/// The store answers no more, as a machine that hangs.
#[tokio::test]
async fn the_object_store_is_gone_for_a_while() {
    let mut store = ObjectStore::start();
    let settings = store.settings();
    let site = Site::start_with(1, &borrowed(&settings), None).await;
    let work = Work::start(&site).await;
    store.pause();
    work.plays_on(&site, "storage").await;
    store.resume();
    work.ends(site).await;
}

/// Each answer of the store takes most of a second longer: the system stays ready, and the work continues.
#[tokio::test]
async fn the_object_store_is_slow_for_a_while() {
    let store = ObjectStore::start();
    let mut settings = store.settings();
    let url = settings[0].1.clone();
    let (start, rest) = url.split_once("endpoint=http://").unwrap();
    let (address, rest) = rest.split_once('&').unwrap();
    let link = SlowLink::start(address.parse().unwrap()).await;
    settings[0].1 = format!("{start}endpoint=http://{}&{rest}", link.address);
    let site = Site::start_with(1, &borrowed(&settings), None).await;
    let work = Work::start(&site).await;
    link.set_delay(Duration::from_millis(400));
    let began = Instant::now();
    while began.elapsed() < outage() {
        work.plays().await;
        let answer = reqwest::get(site.url("/api/health/ready")).await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }
    link.set_delay(Duration::ZERO);
    work.ends(site).await;
}
