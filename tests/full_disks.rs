//! A disk becomes full: that of an origin's cache, or PostgreSQL's. (`bad_input` fills the disk of films and masters.) Viewers play on,
//! and the work resumes when there is space.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    object_store::{borrowed, settings},
    outages::Work,
    support::{Database, Filler, Role, Site, eventually, master},
};

const LIMIT: Duration = Duration::from_mins(4);
const PAUSE: Duration = Duration::from_millis(200);

#[tokio::test]
async fn an_origin_with_a_full_cache_disk_reads_from_the_store() {
    let settings = settings();
    let site = Site::start_with(1, &borrowed(&settings), None).await;
    let file = master(site.path(), 12);
    let import = ["import", file.to_str().unwrap(), "--title", "Uncached", "--profile", "fast", "--publish"];
    let import = site.run(&import).await;
    assert!(import.status.success(), "{import:?}\n{}", site.read_log("server"));
    let film = site.settled(&site.log_in().await, "Uncached", LIMIT).await;
    assert_eq!(film["status"], "ready", "{film:#}\n{}", site.read_log("server"));
    let stream = site.play(film["id"].as_str().unwrap()).await;

    // Some of the film's objects fit on the disk.
    let disk = (site.data().join("origin-cache"), 256 << 10);
    let origin = Role::start_with(&site, "origin", Some(disk)).await;
    for _ in 0..2 {
        for url in stream.all_urls().await {
            let mut there = url.clone();
            there.set_port(Some(origin.address.port())).unwrap();
            assert!(stream.read(&there).await == stream.read(&url).await, "{url}");
        }
    }
    let log = site.read_log("origin");
    assert!(
        log.contains("Could not write a file of the disk cache") && log.contains("No space left"),
        "{log}"
    );
}

#[tokio::test]
async fn the_disk_of_postgres_is_full_for_a_while() {
    let folder = tempfile::Builder::new().prefix("nang-").tempdir_in("/tmp").unwrap();
    let mut database = Database::start_on_small_disk(folder.path(), 400 << 20);
    let site = Site::start_with(1, &[("NANG_DATABASE_URL", database.url())], None).await;
    let work = Work::start(&site).await;
    let filler = Filler::leave(&database.data(), 0);
    // The work fills the current segment of PostgreSQL's log only slowly, so the test helps: without space for the next one, PostgreSQL
    // ends, or restarts again and again.
    let fill = async {
        loop {
            database.run("SELECT pg_switch_wal()");
            sleep(PAUSE).await;
        }
    };
    tokio::select! {
        () = work.plays_on(&site, "database") => {}
        () = fill => unreachable!("it has no end"),
    }
    assert!(database.log().contains("No space left on device"), "{}", database.log());
    filler.remove();
    eventually("PostgreSQL to work again", LIMIT, async || {
        if database.server().is_none() {
            database.resume();
        }
        database.run("SELECT 1").then_some(())
    })
    .await;
    work.ends(site).await;
}
