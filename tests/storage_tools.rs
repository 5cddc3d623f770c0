//! `nang storage check`, `nang storage move` and `nang fsck` beside a running server.

use std::{
    process::{Output, Stdio},
    time::Duration,
};

use serde_json::Value;

use crate::{
    object_store::{borrowed, settings},
    support::{Process, Site, eventually, has_extension, master, output},
};

const LIMIT: Duration = Duration::from_mins(3);

async fn published(site: &Site, title: &str) -> Value {
    let film = master(site.path(), 12);
    let import = ["import", film.to_str().unwrap(), "--title", title, "--profile", "fast", "--publish"];
    let import = site.run(&import).await;
    assert!(import.status.success(), "{import:?}\n{}", site.read_log("server"));
    let film = site.settled(&site.log_in().await, title, LIMIT).await;
    assert_eq!(film["status"], "ready", "{film:#}\n{}", site.read_log("server"));
    film
}

fn printed(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// Runs `nang fsck` and returns whether everything is in order, and what it prints.
async fn fsck(site: &Site, arguments: &[&str]) -> (bool, String) {
    let mut all = vec!["fsck"];
    all.extend(arguments);
    let output = site.run(&all).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

#[tokio::test]
async fn fsck_names_exactly_what_is_wrong() {
    let site = Site::start(1).await;
    let film = published(&site, "Checked").await;
    for arguments in [&[][..], &["--read"]] {
        let (in_order, text) = fsck(&site, arguments).await;
        assert!(in_order, "{text}");
    }

    // Six faults: an object is absent, one is too short, one has other bytes, a master is absent, and two objects are not needed.
    let build = site.builds_folder(&film).join(film["build_id"].as_str().unwrap());
    let renditions = std::fs::read_dir(&build).unwrap().map(|entry| entry.unwrap().path());
    let video = renditions.filter(|path| path.join("00001.m4s").exists()).min().unwrap();
    std::fs::remove_file(video.join("00001.m4s")).unwrap();
    let short = video.join("00002.m4s");
    std::fs::File::options().write(true).open(&short).unwrap().set_len(100).unwrap();
    let init = video.join("init.mp4");
    let mut bytes = std::fs::read(&init).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&init, bytes).unwrap();
    let masters = site.storage().join("masters");
    let file = std::fs::read_dir(&masters).unwrap().next().unwrap().unwrap();
    std::fs::rename(file.path(), masters.join("0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f")).unwrap();
    std::fs::write(video.join("99999.m4s"), "unneeded").unwrap();
    let other = site.storage().join("films/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f/builds/x");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::write(other.join("00001.m4s"), "unneeded").unwrap();

    let key = |path: &std::path::Path| path.strip_prefix(site.storage()).unwrap().display().to_string();
    let expected = [
        format!("{}: missing", key(&video.join("00001.m4s"))),
        format!("{}: has 100 bytes instead of", key(&short)),
        format!("masters/{}: missing", file.file_name().display()),
        "masters/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f: not needed".to_owned(),
        format!("{}: not needed", key(&video.join("99999.m4s"))),
        "films/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f/builds/x/00001.m4s: not needed".to_owned(),
    ];
    let faults = |text: &str| {
        text.lines().filter(|line| line.starts_with("films/") || line.starts_with("masters/")).count()
    };
    let (in_order, text) = fsck(&site, &[]).await;
    assert!(!in_order && expected.iter().all(|fault| text.contains(fault)), "{text}");
    assert_eq!(faults(&text), 6, "{text}");
    // Only reading finds bytes that have changed.
    let (in_order, text) = fsck(&site, &["--read", "--repair"]).await;
    let changed = format!("{}: has other bytes than were stored", key(&init));
    assert!(!in_order && text.contains(&changed), "{text}");
    assert_eq!(faults(&text), 7, "{text}");

    assert!(!video.join("99999.m4s").exists() && !other.exists());
    assert!(masters.join("0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f").exists(), "a master is never deleted");
    let (in_order, text) = fsck(&site, &[]).await;
    assert!(!in_order, "{text}");
    assert_eq!(faults(&text), 4, "{text}");
}

/// The object store loses everything whose name starts in one way. The check names each of these objects, and no other.
#[tokio::test]
async fn fsck_names_the_objects_of_a_lost_region() {
    let settings = settings();
    let site = Site::start_with(1, &borrowed(&settings), None).await;
    let (lost, kept) = (published(&site, "Lost").await, published(&site, "Kept").await);
    let (in_order, text) = fsck(&site, &[]).await;
    assert!(in_order, "{text}");

    let store = storage::Storage::from_url(&settings[0].1).await.unwrap();
    let build =
        format!("films/{}/builds/{}/", lost["id"].as_str().unwrap(), lost["build_id"].as_str().unwrap());
    let lose = async |region: &str| {
        let objects: Vec<_> = store.list(region).await.unwrap().into_iter().map(|(key, _)| key).collect();
        store.delete_many(&objects).await.unwrap();
        let (in_order, text) = fsck(&site, &[]).await;
        assert!(!in_order, "{text}");
        (objects, text)
    };
    let (objects, text) = lose(&format!("{build}v")).await;
    assert!(objects.len() > 10, "{objects:?}");
    for object in &objects {
        assert!(text.contains(&format!("{object}: missing\n")), "{object} in {text}");
    }
    assert_eq!(text.lines().filter(|line| line.contains(": missing")).count(), objects.len(), "{text}");
    // The list of the build's objects is one of them.
    let (_, text) = lose(&build).await;
    let list = format!("{build}build.json: missing, and with it the list of the build's other objects\n");
    assert!(text.contains(&list), "{text}");
    assert_eq!(text.lines().filter(|line| line.contains(": missing")).count(), 1, "{text}");
    // The other film plays.
    let stream = site.play(kept["id"].as_str().unwrap()).await;
    for url in stream.all_urls().await {
        stream.read(&url).await;
    }
}

/// The system encodes and purges films while it is checked again and again. No check finds a fault.
#[tokio::test]
async fn fsck_of_a_running_system_names_nothing() {
    let site = Site::start(1).await;
    let checks = async {
        loop {
            let (in_order, text) = fsck(&site, &[]).await;
            assert!(in_order, "{text}");
        }
    };
    let work = async {
        for title in ["One", "Two"] {
            let film = published(&site, title).await;
            let admin = site.log_in().await;
            site.purge_film(&admin, film["id"].as_str().unwrap(), title).await;
        }
    };
    tokio::select! {
        () = work => {}
        never = checks => never,
    }
}

#[tokio::test]
async fn a_check_says_what_a_storage_can_do() {
    let settings = settings();
    let site = Site::unstarted();
    let check = async |url: &str| {
        let mut command = site.command(&["storage", "check", url]);
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        let output = output(command).await;
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let (is_usable, text) = check(&settings[0].1).await;
    for line in [
        "ok   read a range",
        "ok   store large objects in parts",
        "ok   refuse to replace",
        "ok   clock: differs by",
    ] {
        assert!(is_usable && text.contains(line), "{text}");
    }
    let folder = format!("file://{}", site.path().join("folder").display());
    let (is_usable, text) = check(&folder).await;
    assert!(is_usable && text.contains("Nang can use this storage"), "{text}");
    let absent = settings[0].1.replace("endpoint=http://127.0.0.1:", "endpoint=http://127.0.0.1:1");
    let (is_usable, text) = check(&absent).await;
    assert!(!is_usable && text.contains("FAIL store and read an object"), "{text}");
}

/// A film moves from a folder to an object store while it is played. The move is killed and started again.
#[tokio::test]
async fn a_film_moves_to_an_object_store_while_it_plays() {
    let mut site = Site::start(1).await;
    let film = published(&site, "Moved").await;
    let id = film["id"].as_str().unwrap();
    let before = site.play(id).await;
    let urls = before.all_urls().await;
    let mut expected = Vec::new();
    for url in &urls {
        expected.push(before.read(url).await);
    }
    let settings = settings();
    let (from, to) = (format!("file://{}", site.data().join("storage").display()), settings[0].1.clone());
    for (name, value) in borrowed(&settings) {
        if name != "NANG_MASTERS" {
            site.set(name, value);
        }
    }
    site.set("NANG_FORMER_STORAGE", &from);
    site.server().kill();
    site.start_server().await;

    let plays = async |site: &Site| {
        for (url, expected) in urls.iter().zip(&expected) {
            // Sessions survive the restart of the server.
            assert!(before.read(url).await == *expected, "{url}");
        }
        assert!(site.play(id).await.status().await == 200);
    };
    plays(&site).await;
    let mover = || {
        let mut command = site.command(&["storage", "move", &from, &to]);
        Process(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    };
    let mut first = mover();
    tokio::time::sleep(Duration::from_millis(400)).await;
    first.kill();
    let mut second = mover();
    while second.is_running() {
        plays(&site).await;
    }
    assert!(second.0.wait().unwrap().success());
    // Without the former storage, with an empty cache, and everything is in order.
    site.set("NANG_FORMER_STORAGE", "");
    site.server().kill();
    site.start_server().await;
    plays(&site).await;
    let masters = site.run(&["storage", "move", &from, &to, "--delete", "--only", "masters"]).await;
    assert!(printed(&masters).contains("Deleted 1 objects of FROM"), "{masters:?}");
    let moved = site.run(&["storage", "move", &from, &to, "--delete"]).await;
    assert!(moved.status.success() && !printed(&moved).contains("stay in FROM"), "{moved:?}");
    assert!(storage::Storage::from_url(&from).await.unwrap().list("").await.unwrap().is_empty());
    plays(&site).await;
    let (in_order, text) = fsck(&site, &["--read"]).await;
    assert!(in_order, "{text}");
    assert!(urls.iter().any(|url| has_extension(url.path(), "m4s")));
    eventually("the server to be ready", LIMIT, async || {
        (reqwest::get(site.url("/api/health/ready")).await.ok()?.status() == 200).then_some(())
    })
    .await;
}
