//! Films in an object store: a server whose storage is S3. `scripts/with-s3` starts the store.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Site, eventually, has_extension, master, output};

const LIMIT: Duration = Duration::from_mins(3);

/// Returns the settings of a server whose films and masters are below two unused prefixes of the test store.
pub(crate) fn settings() -> Vec<(String, String)> {
    let variable = |name: &str| std::env::var(name).expect("run the tests with scripts/with-s3");
    let url = variable("NANG_TEST_S3");
    let (bucket, parameters) = url.split_once('?').unwrap();
    let place = |what| format!("{bucket}/{}-{what}?{parameters}", uuid::Uuid::new_v4().simple());
    vec![
        ("NANG_STORAGE".to_owned(), place("films")),
        ("NANG_MASTERS".to_owned(), place("masters")),
        ("AWS_ACCESS_KEY_ID".to_owned(), variable("AWS_ACCESS_KEY_ID")),
        ("AWS_SECRET_ACCESS_KEY".to_owned(), variable("AWS_SECRET_ACCESS_KEY")),
    ]
}

pub(crate) fn borrowed(settings: &[(String, String)]) -> Vec<(&str, &str)> {
    settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

async fn import(site: &Site, seconds: u32) -> Value {
    let film = master(site.path(), seconds);
    let import = ["import", film.to_str().unwrap(), "--title", "Remote", "--profile", "fast", "--publish"];
    let import = site.run(&import).await;
    assert!(import.status.success(), "{import:?}\n{}", site.read_log("server"));
    let admin = site.log_in().await;
    site.settled(&admin, "Remote", LIMIT).await
}

/// Returns every object of the film that a player reads, except for playlists, in the order of the playlists.
async fn objects(site: &Site, film: &Value) -> Vec<Vec<u8>> {
    let stream = site.play(film["id"].as_str().unwrap()).await;
    let mut objects = Vec::new();
    for url in stream.all_urls().await {
        let bytes = stream.read(&url).await;
        if !has_extension(url.path(), "m3u8") {
            objects.push(bytes);
        }
    }
    objects
}

#[tokio::test]
async fn a_film_in_an_object_store_is_the_same_as_on_a_disk() {
    let settings = settings();
    let mut remote = Site::start_with(1, &borrowed(&settings), None).await;
    let film = import(&remote, 12).await;
    assert_eq!(film["status"], "ready", "{film:#}\n{}", remote.read_log("server"));
    let local = Site::start(1).await;
    let same = import(&local, 12).await;
    assert_eq!(same["status"], "ready", "{same:#}");
    let (expected, found) = (objects(&local, &same).await, objects(&remote, &film).await);
    assert!(expected.len() > 5);
    assert!(expected == found);
    assert!(!remote.data().join("storage").exists(), "nothing is stored on the disk");

    // The settings in use name the store and no secret.
    let config = remote.run(&["config"]).await;
    let text = String::from_utf8(config.stdout).unwrap();
    assert!(text.contains("masters?endpoint=") && !text.contains(&settings[3].1), "{text}");

    // A server that was killed serves the same film again, with an empty cache.
    remote.server().kill();
    remote.start_server().await;
    assert!(objects(&remote, &film).await == expected);

    // A purged film leaves nothing.
    let admin = remote.log_in().await;
    remote.purge_film(&admin, film["id"].as_str().unwrap(), "Remote").await;
    for (_, url) in settings.iter().filter(|(_, value)| value.starts_with("s3://")) {
        let store = storage::Storage::from_url(url).await.unwrap();
        eventually("the film's objects to be deleted", LIMIT, async || {
            let left = [store.list("films/").await.unwrap(), store.list("masters/").await.unwrap()];
            left.iter().all(Vec::is_empty).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_wrong_storage_url_stops_the_start_and_names_itself() {
    let site = Site::unstarted();
    for (url, expected) in [
        ("s3://Films", "\"Films\" is not the name of a bucket"),
        ("s3://films?endpoint=s3.example.org", "endpoint=s3.example.org is not https://"),
        ("s3://films?region=eu-1&credentials=/absent", "/absent"),
        ("s3://films", "names no region"),
        ("ftp://films", "ftp:// is not a storage"),
    ] {
        let mut command = site.command(&["origin"]);
        command.env("NANG_STORAGE", url);
        let output = output(command).await;
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && error.contains("NANG_STORAGE") && error.contains(expected),
            "{error}"
        );
    }
}
