//! The drill of a restore: a second, empty machine plays the film of the first one.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

use reqwest::Url;

use crate::support::{Site, eventually, master, output};

const LIMIT: Duration = Duration::from_mins(5);

/// Runs a program that must succeed, and returns what it printed on standard output.
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Makes an identity of age. Returns its file and its recipient.
fn identity(folder: &Path, name: &str) -> (PathBuf, String) {
    let file = folder.join(name);
    run("age-keygen", &["-o", file.to_str().unwrap()]);
    let recipient = run("age-keygen", &["-y", file.to_str().unwrap()]).trim().to_owned();
    (file, recipient)
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Returns the files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn a_second_empty_machine_plays_the_film_of_a_backup() {
    let first = Site::start(1).await;
    let token = first.log_in().await;
    let mut import = first.import(&master(first.path(), 10), &["--title", "Drill", "--wait", "--publish"]);
    let status = eventually("the import to end", LIMIT, async || import.0.try_wait().unwrap()).await;
    assert!(status.success(), "{}", first.read_log("import"));
    let film = first.film(&token, "Drill").await.unwrap();
    let id = film["id"].as_str().unwrap();
    let stream = first.play(id).await;
    let played = stream.read_everything().await;

    let (key_file, recipient) = identity(first.path(), "backup.key");
    let (other_file, _) = identity(first.path(), "other.key");
    let backup = first.path().join("backup");
    let tar = first.path().join("backup.tar");
    for target in [&backup, &tar] {
        let made = first.run(&["backup", target.to_str().unwrap(), "--recipient", &recipient]).await;
        assert!(made.status.success(), "{}", printed(&made));
    }
    let again = first.run(&["backup", backup.to_str().unwrap(), "--recipient", &recipient]).await;
    assert!(!again.status.success() && printed(&again).contains("not empty"), "{}", printed(&again));
    let wrong = first.path().join("wrong");
    let made = first.run(&["backup", wrong.to_str().unwrap(), "--recipient", "age1nonsense"]).await;
    assert!(!made.status.success() && !wrong.join("backup.json").exists(), "{}", printed(&made));

    // The keys are nowhere in clear.
    let secret = std::fs::read_to_string(first.data().join("playback.keys")).unwrap();
    let secret = secret.split_whitespace().nth(1).unwrap().as_bytes();
    for file in files(&backup).into_iter().chain([tar.clone()]) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{}", file.display());
    }

    // A database with content is not touched.
    let url = first.database_url();
    let restore = |source: &Path, identity: &Path| {
        [
            "restore".to_owned(),
            source.display().to_string(),
            "--identity".to_owned(),
            identity.display().to_string(),
        ]
    };
    let mut command = first.command(&[]);
    command.args(restore(&backup, &key_file)).env("NANG_DATABASE_URL", url);
    let refused = output(command).await;
    assert!(
        !refused.status.success() && printed(&refused).contains("the database is not empty"),
        "{}",
        printed(&refused)
    );

    // The second machine has the storage, but one segment, one manifest and one record are lost.
    let mut second = Site::unstarted();
    std::fs::create_dir_all(second.data()).unwrap();
    let copied = Command::new("cp").arg("-a").arg(first.data().join("storage")).arg(second.data()).status();
    assert!(copied.unwrap().success());
    let segments = files(&second.data().join("storage/films"));
    let of = |end: &str| segments.iter().find(|path| path.to_string_lossy().ends_with(end)).unwrap().clone();
    let segment = of("/00001.m4s");
    for lost in [&segment, &of("/manifest.json"), &of("/build.json")] {
        std::fs::remove_file(lost).unwrap();
    }
    let run_restore = async |source: &Path, identity: &Path, more: &[&str]| {
        let arguments = restore(source, identity);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
        second.run(&arguments).await
    };

    let broken = first.path().join("broken");
    assert!(Command::new("cp").arg("-a").arg(&backup).arg(&broken).status().unwrap().success());
    let mut dump = std::fs::read(broken.join("database.dump")).unwrap();
    let middle = dump.len() / 2;
    dump[middle] ^= 1;
    std::fs::write(broken.join("database.dump"), dump).unwrap();
    let refused = run_restore(&broken, &key_file, &[]).await;
    assert!(!refused.status.success() && printed(&refused).contains("damaged"), "{}", printed(&refused));
    let refused = run_restore(&backup, &other_file, &[]).await;
    assert!(
        !refused.status.success() && printed(&refused).contains("cannot decrypt"),
        "{}",
        printed(&refused)
    );
    assert!(!second.data().join("playback.keys").exists(), "a refused restore writes nothing");

    let started = Instant::now();
    let restored = run_restore(&tar, &key_file, &["--check-hashes"]).await;
    let restored_in = started.elapsed();
    let text = printed(&restored);
    assert_eq!(restored.status.code(), Some(3), "{text}");
    let key = segment.strip_prefix(second.data().join("storage")).unwrap().display().to_string();
    let missing: Vec<_> = text.lines().filter(|line| line.starts_with("missing: ")).collect();
    assert_eq!(missing, [format!("missing: {key}")], "{text}");
    assert!(text.contains("2 manifests restored"), "{text}");
    std::fs::copy(first.data().join("storage").join(&key), &segment).unwrap();

    second.start_server().await;
    let restored_stream = second.play(id).await;
    assert_eq!(restored_stream.read_everything().await, played);
    let minutes = started.elapsed().as_secs_f64() / 60.0;
    eprintln!(
        "restored in {:.1} s; playing {minutes:.2} minutes after the beginning",
        restored_in.as_secs_f64()
    );
    // A token of the first machine is valid on the second one, because the keys are the same.
    let old = stream.playlist.path();
    let moved = Url::parse(&second.url("")).unwrap().join(old).unwrap();
    assert_eq!(restored_stream.status_of(&moved).await, 200);
    second.log_in().await;

    // A restored installation is not overwritten.
    let refused =
        second.run(&["restore", tar.to_str().unwrap(), "--identity", key_file.to_str().unwrap()]).await;
    assert!(!refused.status.success(), "{}", printed(&refused));
}
