//! Starts from the data folder of an earlier version (see `upgrade/README.md`), migrates it and plays its films.

use std::{path::Path, process::Command, time::Duration};

use crate::support::{Site, Stream, has_extension};

const LIMIT: Duration = Duration::from_mins(2);
const SUBTITLE: &[u8] = "1\n00:00:01,000 --> 00:00:04,000\nສະບາຍດີ\n".as_bytes();

/// Runs a program that must succeed.
fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// Unpacks the earlier version's data folder, and its database into a new database of the tests' PostgreSQL.
async fn earlier_site(site: &mut Site) -> TestDatabase {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/upgrade/before-presentations.tar.gz");
    run(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(site.path()));
    let database = TestDatabase::create();
    let dump = site.path().join("database.sql");
    run(Command::new("psql").args(["-Xq", "-v", "ON_ERROR_STOP=1", "-d", &database.url, "-f"]).arg(dump));
    site.set("NANG_DATABASE_URL", &database.url);
    site.set_worker_jobs(1);
    site.start_server().await;
    database
}

/// A database that is dropped at the end.
struct TestDatabase {
    server: String,
    name: String,
    url: String,
}

impl TestDatabase {
    fn create() -> Self {
        let server = std::env::var("DATABASE_URL").expect("scripts/with-postgres sets DATABASE_URL");
        let name = format!("upgrade_{}", std::process::id());
        let (address, options) = server.split_once("/postgres").unwrap();
        let url = format!("{address}/{name}{options}");
        let database = Self { server, name, url };
        database.run(&format!("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", database.name));
        database
    }

    fn run(&self, sql: &str) {
        run(Command::new("psql").args(["-Xq", "-d", &self.server, "-c", sql]));
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        self.run(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

#[tokio::test]
async fn the_films_of_an_earlier_version_play_and_can_be_changed() {
    let mut site = Site::unstarted();
    let _database = earlier_site(&mut site).await;
    let admin = site.log_in_as("admin@example.la", "correct-horse-battery").await;

    // The ready film plays from its former folder.
    let film = site.film(&admin, "Before").await.unwrap();
    let id = film["id"].as_str().unwrap();
    assert_eq!(film["status"], "ready", "{film:#}");
    let before = site.play(id).await;
    assert!(!before.playlist.path().contains("presentations"), "{}", before.playlist);
    let objects = before.read_everything().await;
    assert!(objects.iter().filter(|path| has_extension(path, "m4s")).count() >= 6, "{objects:#?}");
    assert_eq!(before.answer["audio_tracks"][0]["language"], "lo");
    let thumbnails = before.playlist.join(before.answer["storyboard"]["url"].as_str().unwrap()).unwrap();
    assert!(before.read_text(&thumbnails).await.starts_with("WEBVTT"));
    // A token of the earlier version is for a build.
    let earlier = std::fs::read_to_string(site.path().join("stream.json")).unwrap();
    let earlier = Stream::new(reqwest::Client::new(), &site.url(""), serde_json::from_str(&earlier).unwrap());
    assert_eq!(earlier.status().await, 403);

    // A subtitle is added without encoding; the video stays where it is.
    let path = format!("/api/admin/films/{id}/tracks/subtitles?language=lo");
    let (status, added) = site.send(&admin, "POST", &path, SUBTITLE.to_vec()).await;
    assert_eq!(status, 201, "{added:#}");
    let after = site.play(id).await;
    assert!(after.playlist.path().contains("/presentations/"), "{}", after.playlist);
    let media = |paths: &std::collections::BTreeSet<String>| {
        paths
            .iter()
            .filter(|path| !path.ends_with("main.m3u8") && !has_extension(path, "vtt"))
            .cloned()
            .collect::<Vec<_>>()
    };
    let now = after.read_everything().await;
    let subtitles = |path: &String| path.contains("/s1/");
    assert_eq!(media(&now.iter().filter(|path| !subtitles(path)).cloned().collect()), media(&objects));
    assert!(after.cues("ລາວ").await.contains("ສະບາຍດີ"));
    // What plays already is not disturbed.
    assert_eq!(before.read_everything().await, objects);

    // Every former build is a presentation that the film can show again.
    let list = site.get(&admin, &format!("/api/admin/films/{id}/presentations")).await.unwrap();
    let list = list["items"].as_array().unwrap();
    assert_eq!(
        list.iter().map(|item| item["number"].as_u64().unwrap()).collect::<Vec<_>>(),
        [3, 2, 1],
        "{list:#?}"
    );
    assert!(list.iter().all(|item| item["can_be_shown"] == true), "{list:#?}");
    let first = list[2]["id"].as_str().unwrap();
    let show = format!("/api/admin/films/{id}/presentations/{first}/show");
    let (status, shown) = site.send(&admin, "POST", &show, Vec::new()).await;
    assert_eq!(status, 200, "{shown:#}");
    let oldest = site.play(id).await;
    assert_ne!(oldest.playlist.path().rsplit('/').nth(1), before.playlist.path().rsplit('/').nth(1));
    oldest.read_everything().await;

    // The build that was under way began again.
    let film = site.settled(&admin, "Unfinished", LIMIT).await;
    assert_eq!(film["status"], "ready", "{film:#}\n{}", site.read_log("server"));
    let states: Vec<_> =
        film["builds"].as_array().unwrap().iter().map(|build| build["state"].clone()).collect();
    assert_eq!(states, ["failed", "ready"], "{film:#}");
    let (status, answer) =
        site.send(&admin, "POST", &format!("/api/stream/{}", film["id"].as_str().unwrap()), Vec::new()).await;
    assert_eq!(status, 200, "{answer:#}");
    Stream::new(reqwest::Client::new(), &site.url(""), answer).read_everything().await;
}
