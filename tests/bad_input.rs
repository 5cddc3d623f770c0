//! Invalid masters and uploads against a whole server: the server refuses each with a clear message or encodes it, shows no incomplete
//! film, and the worker processes the next film.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::support::{Filler, Site, eventually, master, size_of};

/// Long, because a film takes many times as long on a busy machine.
const LIMIT: Duration = Duration::from_mins(10);

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
async fn a_file_that_is_not_a_film_is_refused_with_a_reason_and_the_next_film_is_encoded() {
    let site = Site::start(1).await;
    let token = site.log_in().await;
    let folder = site.path();
    let good = master(folder, 10);
    let bytes = std::fs::read(&good).unwrap();

    let audio = ffmpeg(folder, "-f lavfi -i sine=duration=5 -c:a aac", "audio.mp4");
    let image = ffmpeg(folder, "-f lavfi -i testsrc=size=640x360 -frames:v 1", "image.jpg");
    // The index is at the end of this clip, so a truncated file has no index. With the index in front, a truncated file lacks frames.
    let indexed =
        ffmpeg(folder, &format!("-i {} -c copy -movflags +faststart", good.display()), "indexed.mp4");
    let indexed = std::fs::read(indexed).unwrap();
    let cases = [
        ("text", write(folder, "text.mp4", &b"this is not a film at all\n".repeat(400)), "film"),
        ("image", image, "still image"),
        ("audio only", audio, "no video"),
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
        ("zeros", write(folder, "zeros.mov", &vec![0; 100_000]), "no known container"),
    ];
    for (title, file, reason) in cases {
        let output = site
            .run(&["import", file.to_str().unwrap(), "--title", title, "--profile", "fast", "--wait"])
            .await;
        let printed =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{title}: {printed}");
        let film = site.film(&token, title).await.unwrap();
        assert_eq!(film["status"], "failed", "{title}: {film:#}");
        let failure = film["failure"].as_str().unwrap();
        assert!(failure.to_lowercase().contains(reason), "{title}: {failure}");
        assert!(printed.contains(failure), "the import must print the reason: {title}: {printed}");
        assert!(film["build_id"].is_null() && site.builds_in_storage(&film).is_empty(), "{title}: {film:#}");
    }

    // A film with changed bytes may be encoded or refused. It must not hang, crash the worker, or be published incompletely.
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
            "damaged" => assert!(output.status.code() == Some(3) && film["build_id"].is_null()),
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
async fn an_empty_file_is_refused_before_a_film_is_created() {
    let site = Site::start(1).await;
    let token = site.log_in().await;
    let file = write(site.path(), "empty.mp4", b"");
    let output = site.run(&["import", file.to_str().unwrap(), "--title", "nothing"]).await;
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("empty"), "{output:?}");
    assert!(site.film(&token, "nothing").await.is_none(), "no film must be created");
}

#[tokio::test]
async fn a_master_above_the_size_limit_is_refused_before_it_is_uploaded() {
    let site = Site::start_with(1, &[("NANG_MAX_UPLOAD_BYTES", "100000")], None).await;
    let file = master(site.path(), 10);
    let output = site.run(&["import", file.to_str().unwrap(), "--title", "large"]).await;
    assert!(!output.status.success());
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(printed.contains("at most 100000"), "{printed}");
}

#[tokio::test]
async fn a_full_disk_is_reported_and_no_incomplete_film_is_shown() {
    let site = Site::start_with(1, &[("NANG_MIN_FREE_BYTES", "1")], Some(100 << 20)).await;
    let token = site.log_in().await;
    let (short, long) = (master(site.path(), 5), master(site.path(), 15));
    let (short_bytes, long_bytes) = (size_of_file(&short), size_of_file(&long));
    let mut import = site.import(&short, &["--title", "before", "--wait"]);
    let film = site.settled(&token, "before", LIMIT).await;
    assert!(import.0.wait().unwrap().success(), "{film:#}");
    let build_bytes = size_of(&site.storage().join("films").join(film["id"].as_str().unwrap()));

    // Disk space for the master and for half of its build, which is as large as the build of the short master.
    let filler = Filler::leave(&site.storage(), long_bytes + build_bytes);
    let mut import = site.import(&long, &["--title", "full", "--wait"]);
    let film = site.settled(&token, "full", LIMIT).await;
    assert_eq!(film["status"], "failed", "{film:#}");
    let failure = film["failure"].as_str().unwrap();
    assert!(failure.contains("full"), "{failure}");
    assert!(film["build_id"].is_null(), "{film:#}");
    assert_eq!(import.0.wait().unwrap().code(), Some(1));
    assert!(site.read_log("import").contains(failure), "{}", site.read_log("import"));
    eventually("the disk space of the failed build to be freed", LIMIT, async || {
        site.builds_in_storage(&film)
            .iter()
            .all(|build| size_of(&site.builds_folder(&film).join(build)) == 0)
            .then_some(())
    })
    .await;

    // A film that fits is encoded.
    filler.free(short_bytes + (build_bytes / 4));
    let mut import = site.import(&short, &["--title", "after", "--wait"]);
    let after = site.settled(&token, "after", LIMIT).await;
    assert_eq!(after["status"], "ready", "{after:#}\n{}", site.read_log("server"));
    assert!(import.0.wait().unwrap().success());

    // There is no disk space for another master, so it is refused before the upload.
    let output = site.run(&["import", long.to_str().unwrap(), "--title", "too much"]).await;
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("space"), "{output:?}");

    filler.remove();
    retry_dead(&site, &token, &film).await;
    let film = eventually("the film to be ready", LIMIT, async || {
        site.film(&token, "full").await.filter(|film| film["status"] == "ready")
    })
    .await;
    assert!(!film["build_id"].is_null(), "{film:#}");
}

/// Retries the film's one dead job.
async fn retry_dead(site: &Site, token: &str, film: &serde_json::Value) {
    let id = film["id"].as_str().unwrap();
    let dead = site.get(token, &format!("/api/admin/jobs?state=dead&film_id={id}")).await.unwrap();
    let job = dead["items"].as_array().unwrap().iter().find(|job| job["film_id"] == id).unwrap();
    let path = format!("/api/admin/jobs/{}/retry", job["id"].as_str().unwrap());
    let (status, body) = site.post(token, &path, &serde_json::Value::Null).await;
    assert!((200..300).contains(&status), "{status}: {body:#}");
}

fn size_of_file(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

#[tokio::test]
async fn encoding_waits_for_free_disk_space_without_using_up_an_attempt() {
    let reserve = 30 << 20;
    let settings = [("NANG_MIN_FREE_BYTES", "31457280")];
    let site = Site::start_with(0, &settings, Some(100 << 20)).await;
    let token = site.log_in().await;
    let file = master(site.path(), 5);
    let _import = site.import(&file, &["--title", "patient", "--wait"]);
    eventually("the master to be uploaded", LIMIT, async || {
        let film = site.film(&token, "patient").await?;
        (film["files"][0]["state"] == "uploaded").then_some(())
    })
    .await;
    let filler = Filler::leave(&site.storage(), reserve - (1 << 20));
    let _worker = site.start_worker("worker");
    let waiting = eventually("the jobs to report what they wait for", LIMIT, async || {
        let jobs = site.get(&token, "/api/admin/jobs?state=queued").await?;
        let jobs = jobs["items"].as_array()?.clone();
        let waits = |job: &serde_json::Value| {
            let error = job["error"].as_str().unwrap_or_default();
            error.contains("Waits for disk space") && error.contains("30 MiB")
        };
        (!jobs.is_empty() && jobs.iter().all(waits)).then_some(jobs)
    })
    .await;
    assert!(waiting.iter().all(|job| job["attempts"] == 0), "{waiting:#?}");
    filler.remove();
    let film = site.settled(&token, "patient", LIMIT).await;
    assert_eq!(film["status"], "ready", "{film:#}\n{}", site.read_log("worker"));
    let jobs = site.get(&token, "/api/admin/jobs").await.unwrap();
    for job in jobs["items"].as_array().unwrap() {
        assert_eq!((&job["attempts"], &job["error"]), (&1.into(), &serde_json::Value::Null), "{job:#}");
    }
}

#[tokio::test]
async fn a_worker_without_descriptors_releases_jobs_without_using_up_an_attempt() {
    let site = Site::start(0).await;
    let token = site.log_in().await;
    let worker = site.start_worker("worker");
    eventually("the worker to look for work", LIMIT, async || {
        site.read_log("worker").contains("Worker started").then_some(())
    })
    .await;
    // The worker has raised its limit. Now the first free number becomes the limit, so the worker cannot open another descriptor.
    let pid = rustix::process::Pid::from_raw(worker.id()).unwrap();
    let raised = {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", worker.id())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap().to_owned();
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        assert_eq!(words[3], words[4], "the worker did not raise the limit: {line}");
        words[4].parse::<u64>().unwrap()
    };
    let is_open = |number: &u64| std::path::Path::new(&format!("/proc/{}/fd/{number}", worker.id())).exists();
    let mut before = 0;
    let free = eventually("the worker to open its connections", LIMIT, async || {
        let free = (0..raised).find(|number| !is_open(number)).unwrap();
        let is_unchanged = before == free;
        before = free;
        is_unchanged.then_some(free)
    })
    .await;
    let limit = |current| rustix::process::Rlimit { current: Some(current), maximum: Some(raised) };
    rustix::process::prlimit(Some(pid), rustix::process::Resource::Nofile, limit(free)).unwrap();

    let file = master(site.path(), 5);
    let _import = site.import(&file, &["--title", "starved", "--wait"]);
    let job = eventually("the probing job to be released", LIMIT, async || {
        let jobs = site.get(&token, "/api/admin/jobs?state=queued").await?;
        let job = jobs["items"].as_array()?.iter().find(|job| !job["error"].is_null())?.clone();
        site.get(&token, &format!("/api/admin/jobs/{}", job["id"].as_str()?)).await
    })
    .await;
    assert_eq!(job["attempts"], 0, "{job:#}");
    assert_eq!(job["attempt_log"][0]["outcome"], "released", "{job:#}");
    assert!(job["error"].as_str().unwrap().contains("open files"), "{job:#}");
    rustix::process::prlimit(Some(pid), rustix::process::Resource::Nofile, limit(raised)).unwrap();
    let film = site.settled(&token, "starved", LIMIT).await;
    assert_eq!(film["status"], "ready", "{film:#}\n{}", site.read_log("worker"));
}
