//! Bad masters and bad uploads against a whole server: each refused or survived with one clear message, nothing
//! half-visible, and the worker alive for the next film.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use support::{Site, eventually, master};

const LIMIT: Duration = Duration::from_mins(2);

fn ffmpeg(folder: &Path, arguments: &str, name: &str) -> PathBuf {
    let file = folder.join(name);
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-y"])
        .args(arguments.split(' '))
        .arg(&file)
        .status()
        .unwrap();
    assert!(status.success(), "ffmpeg {arguments}");
    file
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, bytes).unwrap();
    file
}

#[tokio::test]
async fn what_is_no_film_is_refused_with_a_reason_and_the_next_film_is_made() {
    let site = Site::start(1).await;
    let token = site.log_in().await;
    let folder = site.path();
    let good = master(folder, 10);
    let bytes = std::fs::read(&good).unwrap();

    let sound = ffmpeg(folder, "-f lavfi -i sine=duration=5 -c:a aac", "sound.mp4");
    let picture = ffmpeg(folder, "-f lavfi -i testsrc=size=640x360 -frames:v 1", "picture.jpg");
    // The index is at the end of this clip, so a cut loses it; with the index in front, a cut loses pictures.
    let indexed =
        ffmpeg(folder, &format!("-i {} -c copy -movflags +faststart", good.display()), "indexed.mp4");
    let indexed = std::fs::read(indexed).unwrap();
    let cases = [
        ("text", write(folder, "text.mp4", &b"this is not a film at all\n".repeat(400)), "film"),
        ("picture", picture, "picture"),
        ("sound only", sound, "no moving picture"),
        ("cut short", write(folder, "cut.mp4", &indexed[..indexed.len() / 2]), "cut short"),
        ("no index", write(folder, "noindex.mp4", &bytes[..bytes.len() / 2]), "index"),
        (
            "a playlist",
            write(
                folder,
                "list.mp4",
                b"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
            ),
            "playlist",
        ),
        (
            "a concat script",
            write(folder, "concat.mp4", b"ffconcat version 1.0\nfile '/etc/passwd'\n"),
            "concat",
        ),
        ("zeros", write(folder, "zeros.mov", &vec![0; 100_000]), ""),
    ];
    for (title, file, reason) in cases {
        let output = site
            .run(&["import", file.to_str().unwrap(), "--title", title, "--profile", "fast", "--wait"])
            .await;
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{title}: {said}");
        let film = site.film(&token, title).await.unwrap();
        assert_eq!(film["status"], "failed", "{title}: {film:#}");
        let failure = film["failure"].as_str().unwrap();
        assert!(failure.to_lowercase().contains(reason), "{title}: {failure}");
        assert!(said.contains(failure), "the importer is told: {title}: {said}");
        assert!(film["build_id"].is_null() && site.builds_in_storage(&film).is_empty(), "{title}: {film:#}");
    }

    // Flipped bytes may be concealed or refused; what they may not do is hang, crash the worker or look ready by half.
    for seed in 0..3_usize {
        let mut broken = bytes.clone();
        for step in 0..40 {
            let at = (seed * 7919 + step * 104_729 + 977) % broken.len();
            broken[at] ^= 0x55;
        }
        let title = format!("flipped {seed}");
        let file = write(folder, &format!("flipped{seed}.mp4"), &broken);
        let output = site
            .run(&["import", file.to_str().unwrap(), "--title", &title, "--profile", "fast", "--wait"])
            .await;
        let film = site.film(&token, &title).await.unwrap();
        match film["status"].as_str().unwrap() {
            "ready" => assert_eq!(output.status.code(), Some(0)),
            "failed" => assert!(!film["failure"].as_str().unwrap().is_empty() && film["build_id"].is_null()),
            other => panic!("{title} is {other}: {film:#}"),
        }
    }

    let name = folder.join("ໜັງ \"ລາວ\"\nii.mp4");
    std::fs::copy(&good, &name).unwrap();
    let output = site
        .run(&["import", name.to_str().unwrap(), "--title", "ໜັງລາວ \"ດີ\"", "--profile", "fast", "--wait"])
        .await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let film = eventually("the film", LIMIT, async || {
        let list = site.get(&token, "/api/admin/films?limit=1").await?;
        let id = list["items"][0]["id"].as_str()?.to_owned();
        site.get(&token, &format!("/api/admin/films/{id}")).await
    })
    .await;
    assert_eq!(film["status"], "ready");
    let shown = film["files"][0]["name"].as_str().unwrap();
    assert!(shown.contains("ລາວ") && !shown.contains('\n') && !shown.contains('/'), "{shown:?}");
}

#[tokio::test]
async fn an_empty_file_is_refused_before_anything_is_made() {
    let site = Site::start(1).await;
    let token = site.log_in().await;
    let file = write(site.path(), "empty.mp4", b"");
    let output = site.run(&["import", file.to_str().unwrap(), "--title", "nothing"]).await;
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("empty"), "{output:?}");
    assert!(site.film(&token, "nothing").await.is_none(), "no film is left behind");
}

#[tokio::test]
async fn a_master_past_the_limit_is_refused_before_it_is_sent() {
    let site = Site::start_with(1, &[("NANG_MAX_UPLOAD_BYTES", "100000")], None).await;
    let file = master(site.path(), 10);
    let output = site.run(&["import", file.to_str().unwrap(), "--title", "large"]).await;
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("at most 100000"), "{said}");
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_half_made_is_shown() {
    // Room for the master but not for what is made of it.
    let file_bytes = 4_500_000;
    let site = Site::start_with(1, &[("NANG_MIN_FREE_BYTES", "1")], Some(file_bytes)).await;
    let token = site.log_in().await;
    let file = master(site.path(), 15);
    assert!(std::fs::metadata(&file).unwrap().len() < file_bytes);
    let mut import = site.import(&file, &["--title", "full", "--wait"]);
    let told = eventually("the full disk to be said", LIMIT, async || {
        let jobs = site.get(&token, "/api/admin/jobs").await?;
        let mut errors = jobs["items"].as_array()?.iter().filter_map(|job| job["error"].as_str());
        errors.find(|error| error.contains("full") || error.contains("space")).map(str::to_owned)
    })
    .await;
    assert!(!told.is_empty());
    let film = site.film(&token, "full").await.unwrap();
    assert!(film["build_id"].is_null() && film["status"] != "ready", "{film:#}");
    assert!(site.get(&token, "/api/admin/films").await.is_some(), "the server goes on");
    import.kill();

    // And no room for the master: refused before a byte is sent.
    let large = master(site.path(), 30);
    let output = site.run(&["import", large.to_str().unwrap(), "--title", "too much"]).await;
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("space"), "{output:?}");
}
