//! Take-down through NGINX and its cache: five reasons at once, each on a film of its own, and viewers beside them who notice nothing.

use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{task::JoinHandle, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::{
    nginx::Nginx,
    support::{Site, Stream},
};

/// The promise: the time from a change to the first refusal of everything that its viewers request.
const TAKE_DOWN: Duration = Duration::from_mins(1);
/// Time between two requests of a viewer.
const PACE: Duration = Duration::from_millis(100);
/// How long the film with a window stays available, so that its viewer has time to begin.
const WINDOW: Duration = Duration::from_secs(10);
const TITLES: [&str; 5] = ["Ended", "Disabled", "Unpublished", "Deleted", "Closed"];
const VIEWER: (&str, &str) = ("noy@example.org", "correct horse battery");

/// Creates a small master, different for each title.
fn master(site: &Site, title: &str) -> PathBuf {
    let file = site.path().join(format!("{title}.mp4"));
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "testsrc=s=160x90:r=25", "-f", "lavfi", "-i", "sine"])
        .args(["-t", "7", "-pix_fmt", "yuv420p", "-metadata", &format!("title={title}")])
        .arg(&file)
        .status()
        .unwrap();
    assert!(status.success());
    file
}

/// Imports and publishes a film. Returns its id.
async fn publish(site: &Site, admin: &str, title: &str) -> String {
    let file = master(site, title);
    let import = ["import", file.to_str().unwrap(), "--title", title, "--profile", "fast", "--publish"];
    let import = site.run(&import).await;
    assert!(import.status.success(), "{import:?}\n{}", site.read_log("server"));
    site.film(admin, title).await.unwrap()["id"].as_str().unwrap().to_owned()
}

/// Someone who watches through NGINX: requests every object of the film again and again.
struct Viewer {
    task: JoinHandle<(usize, Option<Instant>)>,
    stop: CancellationToken,
}

impl Viewer {
    /// Reads everything twice, so that NGINX has it in its cache, and begins to watch.
    async fn start(nginx: &Nginx, answer: Value) -> Self {
        let stream = Stream::new(reqwest::Client::new(), &nginx.url("/"), answer);
        let urls = stream.all_urls().await;
        assert!(urls.len() > 6, "{urls:#?}");
        for url in &urls {
            assert_eq!(stream.status_of(url).await, 200, "{url}");
        }
        let stop = CancellationToken::new();
        let task = tokio::spawn(Self::watch(stream, urls, stop.clone()));
        Self { task, stop }
    }

    /// Watches until the first refusal or until `stop`. Returns the number of objects read, and when the refusal came.
    async fn watch(
        stream: Stream,
        urls: Vec<reqwest::Url>,
        stop: CancellationToken,
    ) -> (usize, Option<Instant>) {
        let mut pace = tokio::time::interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for (read, url) in urls.iter().cycle().enumerate() {
            if stop.is_cancelled() {
                return (read, None);
            }
            match stream.status_of(url).await {
                200 => pace.tick().await,
                403 => {
                    let refused = Instant::now();
                    // From now on everything is refused.
                    for url in &urls {
                        assert_eq!(stream.status_of(url).await, 403, "{url}");
                    }
                    return (read, Some(refused));
                }
                other => panic!("{other} for {url}"),
            };
        }
        unreachable!("the film has objects")
    }

    /// Waits for the refusal. Returns its time after the change, negative if it came before.
    async fn refused_after(self, title: &str, change: Instant) -> f64 {
        let limit = TAKE_DOWN.saturating_sub(change.elapsed()) + WINDOW;
        let (read, refused) = tokio::time::timeout(limit, self.task)
            .await
            .unwrap_or_else(|_| panic!("{title}: no refusal"))
            .unwrap();
        let refused = refused.unwrap();
        let before = change.saturating_duration_since(refused);
        let after = refused.saturating_duration_since(change);
        assert!(before.is_zero(), "{title}: refused {before:?} before the change");
        assert!(after <= TAKE_DOWN, "{title}: refused after {after:?}");
        eprintln!("{title}: refused {:.1} s after the change, after {read} objects", after.as_secs_f64());
        after.as_secs_f64()
    }

    /// Ends a viewer who must not have been disturbed.
    async fn undisturbed(self) -> usize {
        self.stop.cancel();
        let (read, refused) = self.task.await.unwrap();
        assert!(refused.is_none(), "another viewer was refused after {read} objects");
        read
    }
}

/// The current version of a film or account.
async fn version(site: &Site, admin: &str, path: &str) -> Value {
    site.get(admin, path).await.unwrap()["version"].clone()
}

async fn change_film(site: &Site, admin: &str, film: &str, change: &Value) {
    let path = format!("/api/admin/films/{film}");
    let (status, answer) = site.patch(admin, &path, &version(site, admin, &path).await, change).await;
    assert_eq!(status, 200, "{answer:#}");
}

#[tokio::test]
async fn every_take_down_is_refused_within_a_minute_through_nginx_and_disturbs_no_other_viewer() {
    let site = Site::start_with(2, &[("NANG_REGISTRATION", "open")], None).await;
    let admin = site.log_in().await;
    let films: [String; 5] =
        join_all(TITLES.map(|title| publish(&site, &admin, title))).await.try_into().unwrap();
    let [ended, disabled, unpublished, deleted, closed] = films.each_ref();
    let folder = tempfile::tempdir().unwrap();
    let address = site.url("").trim_start_matches("http://").parse().unwrap();
    let nginx = Nginx::start(folder.path(), address).await;

    let (email, password) = VIEWER;
    let account = json!({"email": email, "password": password, "display_name": "Noy"});
    let (status, answer) = site.post("", "/api/auth/register", &account).await;
    assert_eq!(status, 202, "{answer:#}");
    let noy = site.log_in_as(email, password).await;

    let watch = async |answer: Value| Viewer::start(&nginx, answer).await;
    let play = async |film: &str| watch(site.play(film).await.answer).await;
    let play_as = async |token: &str, film: &str| watch(site.play_as(token, film).await.answer).await;
    let beside = [
        play(ended).await,
        play(disabled).await,
        // Editors may watch drafts and films outside of their window.
        play_as(&admin, unpublished).await,
        play_as(&admin, closed).await,
    ];
    let session = site.play(ended).await.answer;
    let session_path = format!("/api/stream/sessions/{}", session["session_id"].as_str().unwrap());
    let viewers = [
        watch(session).await,
        play_as(&noy, disabled).await,
        play(unpublished).await,
        play(deleted).await,
        play(closed).await,
    ];

    let window_ends = Instant::now() + WINDOW;
    let until = (OffsetDateTime::now_utc() + WINDOW).format(&Rfc3339).unwrap();
    change_film(&site, &admin, closed, &json!({"available_until": until})).await;
    let (status, _) = site.send("", "DELETE", &session_path, Vec::new()).await;
    assert_eq!(status, 204);
    let session_ended = Instant::now();
    let users = site.get(&admin, "/api/admin/users?text=noy").await.unwrap();
    let user = format!("/api/admin/users/{}", users["items"][0]["id"].as_str().unwrap());
    let at = version(&site, &admin, &user).await;
    let (status, answer) = site.patch(&admin, &user, &at, &json!({"disabled": true})).await;
    assert_eq!(status, 200, "{answer:#}");
    let account_disabled = Instant::now();
    change_film(&site, &admin, unpublished, &json!({"visibility": "draft"})).await;
    let film_unpublished = Instant::now();
    site.delete_film(&admin, deleted, "Deleted").await;
    let film_deleted = Instant::now();

    let changes = [session_ended, account_disabled, film_unpublished, film_deleted, window_ends];
    let cases = viewers.into_iter().zip(TITLES).zip(changes);
    join_all(cases.map(|((viewer, title), change)| viewer.refused_after(title, change))).await;
    for viewer in beside {
        let read = viewer.undisturbed().await;
        assert!(read > 20, "the viewer beside read only {read} objects");
    }
}
