//! NGINX is reloaded, and API and origin are killed and started again, while viewers watch. A viewer sees at most a stall.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use rustix::process::Signal;
use tokio::{sync::watch, task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    nginx::Nginx,
    support::{Role, Site, Stream, eventually, has_extension, master},
};

const LIMIT: Duration = Duration::from_mins(4);
/// Players give up after about half a minute without an answer; their buffers last longer.
const STALL: Duration = Duration::from_secs(20);
/// Pause of a player before it asks again.
const RETRY: Duration = Duration::from_millis(200);
const VIEWERS: usize = 6;
const RELOADS: u32 = 5;
/// How long a killed role is away: systemd starts it again after a second.
const AWAY: Duration = Duration::from_secs(1);

/// Opens a session, reads the whole film, and begins again, until it is stopped.
struct Viewer {
    task: JoinHandle<()>,
    seen: watch::Receiver<Seen>,
}

#[derive(Clone, Copy, Default)]
struct Seen {
    passes: u64,
    /// Requests that failed and were sent again.
    failures: u64,
    longest_stall: Duration,
}

impl Viewer {
    /// Starts a viewer whose sessions come from `api` and whose objects come from `objects`. `film` is its id and the bytes of all its
    /// objects.
    fn start(api: String, objects: String, film: (String, Vec<Vec<u8>>), stop: CancellationToken) -> Self {
        let (sender, seen) = watch::channel(Seen::default());
        let task = tokio::spawn(async move {
            // NGINX closes idle connections when it is reloaded. A browser then sends its request again; this client does so not always,
            // so each of its requests has a connection of its own.
            let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
            while !stop.is_cancelled() {
                let session = http.post(format!("{api}/api/stream/{}", film.0));
                let answer = patiently(&sender, session).await;
                let stream = Stream::new(http.clone(), &objects, serde_json::from_slice(&answer).unwrap());
                let mut unread = vec![stream.playlist.clone()];
                let (mut seen, mut read) = (BTreeSet::new(), Vec::new());
                while let Some(url) = unread.pop() {
                    if !seen.insert(url.clone()) {
                        continue;
                    }
                    let bytes = patiently(&sender, http.get(url.clone())).await;
                    if has_extension(url.path(), "m3u8") {
                        unread.extend(Stream::urls_in(&url, &String::from_utf8(bytes).unwrap()));
                    } else {
                        read.push(bytes);
                    }
                }
                read.sort();
                assert!(read == film.1, "a viewer read other bytes");
                sender.send_modify(|seen| seen.passes += 1);
            }
        });
        Self { task, seen }
    }

    fn seen(&self) -> Seen {
        *self.seen.borrow()
    }
}

/// Sends a request until it succeeds, as a player does.
async fn patiently(seen: &watch::Sender<Seen>, request: reqwest::RequestBuilder) -> Vec<u8> {
    let began = Instant::now();
    loop {
        let sent = async {
            let answer = request.try_clone().unwrap().timeout(STALL).send().await?.error_for_status()?;
            answer.bytes().await
        };
        let reason = match sent.await {
            Ok(bytes) => {
                seen.send_modify(|seen| seen.longest_stall = seen.longest_stall.max(began.elapsed()));
                return bytes.to_vec();
            }
            Err(error) => error,
        };
        let is_refusal = reason.status().is_some_and(|status| status.is_client_error());
        assert!(!is_refusal && began.elapsed() < STALL, "{reason}");
        seen.send_modify(|seen| seen.failures += 1);
        sleep(RETRY).await;
    }
}

#[tokio::test]
async fn nginx_is_reloaded_and_api_and_origin_are_killed() {
    let site = Site::start(1).await;
    let file = master(site.path(), 12);
    let import = ["import", file.to_str().unwrap(), "--title", "Seen", "--profile", "fast", "--publish"];
    let import = site.run(&import).await;
    assert!(import.status.success(), "{import:?}\n{}", site.read_log("server"));
    let film = site.settled(&site.log_in().await, "Seen", LIMIT).await;
    assert_eq!(film["status"], "ready", "{film:#}");
    let film = film["id"].as_str().unwrap().to_owned();
    let stream = site.play(&film).await;
    let mut objects = Vec::new();
    for url in stream.all_urls().await.iter().filter(|url| !has_extension(url.path(), "m3u8")) {
        objects.push(stream.read(url).await);
    }
    objects.sort();

    let mut api = Role::start(&site, "api").await;
    let mut origin = Role::start(&site, "origin").await;
    let folder = tempfile::tempdir().unwrap();
    let nginx = Nginx::start_before(folder.path(), api.address, origin.address).await;
    let stop = CancellationToken::new();
    let viewers: Vec<_> = (0..VIEWERS)
        .map(|number| {
            // Some read from the origin, as the caches of a CDN do.
            let objects_from = if number % 3 == 0 { origin.url() } else { nginx.url("") };
            Viewer::start(nginx.url(""), objects_from, (film.clone(), objects.clone()), stop.clone())
        })
        .collect();
    // Every viewer watches the whole film again.
    let play_on = async || {
        let passes: Vec<u64> = viewers.iter().map(|viewer| viewer.seen().passes).collect();
        eventually("all viewers to watch on", LIMIT, async || {
            assert!(!viewers.iter().any(|viewer| viewer.task.is_finished()), "a viewer gave up");
            viewers
                .iter()
                .zip(&passes)
                .all(|(viewer, passes)| viewer.seen().passes > passes + 1)
                .then_some(())
        })
        .await;
    };
    play_on().await;
    for _ in 0..RELOADS {
        nginx.signal(Signal::HUP);
        play_on().await;
    }
    let failures: Vec<u64> = viewers.iter().map(|viewer| viewer.seen().failures).collect();
    assert_eq!(failures, [0; VIEWERS], "a reload of NGINX is not noticed");

    for role in [&mut origin, &mut api] {
        for _ in 0..2 {
            role.kill();
            sleep(AWAY).await;
            role.restart().await;
            play_on().await;
        }
    }
    stop.cancel();
    let seen: Vec<Seen> = viewers.iter().map(Viewer::seen).collect();
    join_all(viewers.into_iter().map(|viewer| viewer.task)).await.into_iter().for_each(Result::unwrap);
    let failures: u64 = seen.iter().map(|seen| seen.failures).sum();
    let longest = seen.iter().map(|seen| seen.longest_stall).max().unwrap();
    assert!(failures > 0, "the kills are noticed");
    eprintln!("{failures} requests were sent again; the longest stall was {:.1} s", longest.as_secs_f64());
}
