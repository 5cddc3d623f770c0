//! Tests with a real PostgreSQL: creation, crashes and recovery. As root, they also show that it runs as another user.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use db::{
    Db,
    user::{self, NewUser, Role},
};
use domain::id::UserId;
use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{PrivatePostgres, leftover};

/// A data folder that other users may pass through, as `nang up` makes it.
fn data_folder() -> TempDir {
    let data = tempfile::tempdir().unwrap();
    fs::set_permissions(data.path(), Permissions::from_mode(0o711)).unwrap();
    data
}

fn cluster(data: &Path) -> PathBuf {
    data.join("postgres/cluster")
}

async fn refusal(data: &Path) -> String {
    match PrivatePostgres::start(data).await {
        Ok(postgres) => {
            postgres.stop().await.unwrap();
            panic!("PostgreSQL started");
        }
        Err(error) => format!("{error:#}"),
    }
}

async fn create_user(postgres: &PrivatePostgres, email: &str) {
    let db = Db::connect(&postgres.url(), 2).await.unwrap();
    db.migrate().await.unwrap();
    let new = NewUser {
        id: UserId(Uuid::now_v7()),
        email: email.to_owned(),
        password_hash: String::new(),
        role: Role::Viewer,
        display_name: "ນາງ".to_owned(),
    };
    user::create(&db, new).await.unwrap();
    db.close().await;
}

async fn has_user(postgres: &PrivatePostgres, email: &str) -> bool {
    let db = Db::connect(&postgres.url(), 2).await.unwrap();
    let found = user::find_by_email(&db, email).await.unwrap();
    db.close().await;
    found.is_some()
}

async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !condition().await {
        assert!(Instant::now() < deadline, "{what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Simulates a `kill -9` of nang: the server still runs, and the lock is free.
fn abandon(postgres: PrivatePostgres, data: &Path) -> Pid {
    let pid = leftover::postmaster(&cluster(data)).unwrap();
    let PrivatePostgres { supervisor, _stop_on_drop: stop_on_drop, .. } = postgres;
    supervisor.abort();
    std::mem::forget(stop_on_drop);
    assert!(leftover::processes(&cluster(data)).contains(&pid));
    pid
}

#[tokio::test]
async fn it_is_created_once_keeps_its_data_and_listens_only_on_its_socket() {
    let data = data_folder();
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    create_user(&postgres, "noy@example.la").await;

    let folder = fs::metadata(data.path().join("postgres")).unwrap();
    assert_eq!(folder.mode() & 0o777, 0o700);
    let pid = leftover::postmaster(&cluster(data.path())).unwrap();
    let server = fs::metadata(format!("/proc/{}", pid.as_raw_nonzero())).unwrap();
    assert_eq!(server.uid(), folder.uid());
    assert_ne!(server.uid(), 0);
    if !geteuid().is_root() {
        assert_eq!(server.uid(), geteuid().as_raw());
    }
    let options = fs::read_to_string(cluster(data.path()).join("postmaster.opts")).unwrap();
    assert!(options.contains("listen_addresses="), "{options}");
    let log = fs::read_to_string(data.path().join("postgres.log")).unwrap();
    assert!(log.contains("listening on Unix socket") && !log.contains("listening on IP"), "{log}");
    assert_ne!(
        rustix::process::getpgid(Some(pid)).unwrap(),
        rustix::process::getpgrp(),
        "Ctrl-C would reach the server"
    );

    postgres.stop().await.unwrap();
    assert_eq!(leftover::processes(&cluster(data.path())), []);
    assert_eq!(leftover::postmaster(&cluster(data.path())), None);

    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    assert!(has_user(&postgres, "noy@example.la").await);
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_server_is_restarted_while_nang_runs() {
    let data = data_folder();
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    create_user(&postgres, "noy@example.la").await;
    let db = Db::connect(&postgres.url(), 2).await.unwrap();
    for _ in 0..2 {
        let pid = leftover::postmaster(&cluster(data.path())).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
        eventually("the same pool works again, with another server", async || {
            leftover::postmaster(&cluster(data.path())).is_some_and(|other| other != pid)
                && db.ping().await.is_ok()
        })
        .await;
    }
    assert!(has_user(&postgres, "noy@example.la").await);
    postgres.stop().await.unwrap();
    assert_eq!(leftover::processes(&cluster(data.path())), []);
}

#[tokio::test]
async fn a_server_that_a_killed_nang_left_behind_is_replaced() {
    let data = data_folder();
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    create_user(&postgres, "noy@example.la").await;
    // A client is still connected.
    let db = Db::connect(&postgres.url(), 2).await.unwrap();
    let orphan = abandon(postgres, data.path());
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    assert_ne!(leftover::postmaster(&cluster(data.path())), Some(orphan));
    assert!(has_user(&postgres, "noy@example.la").await);
    drop(db);
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn it_recovers_after_nang_and_the_server_were_killed() {
    let data = data_folder();
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    create_user(&postgres, "noy@example.la").await;
    let orphan = abandon(postgres, data.path());
    kill_process(orphan, Signal::KILL).unwrap();
    assert!(cluster(data.path()).join("postmaster.pid").exists());
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    assert!(has_user(&postgres, "noy@example.la").await);
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_process_id_that_now_belongs_to_another_program_is_ignored() {
    let data = data_folder();
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    let pid_file = cluster(data.path()).join("postmaster.pid");
    let written = fs::read_to_string(&pid_file).unwrap();
    postgres.stop().await.unwrap();
    // The id of this test's process, which must not be killed.
    let (_, rest) = written.split_once('\n').unwrap();
    fs::write(&pid_file, format!("{}\n{rest}", std::process::id())).unwrap();
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_nang_on_the_same_data_folder_is_refused() {
    let data = data_folder();
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    let error = refusal(data.path()).await;
    assert!(error.contains(&format!("another nang (process {})", std::process::id())), "{error}");
    assert!(error.contains("--data"), "{error}");
    create_user(&postgres, "noy@example.la").await;
    postgres.stop().await.unwrap();
    PrivatePostgres::start(data.path()).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn the_unfinished_cluster_of_a_killed_start_is_deleted() {
    let data = data_folder();
    let unfinished = data.path().join("postgres/cluster.new-4711");
    fs::create_dir_all(unfinished.join("base")).unwrap();
    fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();
    PrivatePostgres::start(data.path()).await.unwrap().stop().await.unwrap();
    assert!(!unfinished.exists());
}

#[tokio::test]
async fn a_data_folder_may_have_any_name() {
    let parent = data_folder();
    let data = parent.path().join("ໜັງ 'a', \"b\" 100% #?&x=y");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, Permissions::from_mode(0o711)).unwrap();
    let postgres = PrivatePostgres::start(&data).await.unwrap();
    create_user(&postgres, "noy@example.la").await;
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_is_refused_before_anything_is_created() {
    let parent = data_folder();
    let data = parent.path().join("x".repeat(100));
    fs::create_dir(&data).unwrap();
    let error = refusal(&data).await;
    assert!(error.contains("too long") && error.contains("--data"), "{error}");
    assert_eq!(fs::read_dir(&data).unwrap().count(), 0);
}

#[tokio::test]
async fn a_cluster_of_another_version_is_refused() {
    let data = data_folder();
    fs::create_dir_all(cluster(data.path())).unwrap();
    fs::write(cluster(data.path()).join("PG_VERSION"), "9\n").unwrap();
    let error = refusal(data.path()).await;
    assert!(
        error.contains("created by PostgreSQL 9") && error.contains("apt-get install postgresql-9"),
        "{error}"
    );
    fs::remove_file(cluster(data.path()).join("PG_VERSION")).unwrap();
    let error = refusal(data.path()).await;
    assert!(error.contains("has no PG_VERSION"), "{error}");
}

#[tokio::test]
async fn the_error_about_a_broken_cluster_quotes_the_log_of_postgres() {
    let data = data_folder();
    PrivatePostgres::start(data.path()).await.unwrap().stop().await.unwrap();
    fs::remove_file(cluster(data.path()).join("global/pg_control")).unwrap();
    let error = refusal(data.path()).await;
    assert!(error.contains("pg_control") && error.contains("postgres.log"), "{error}");
}

#[tokio::test]
async fn as_root_an_unreachable_data_folder_is_an_error_and_a_restored_cluster_changes_its_owner() {
    if !geteuid().is_root() {
        return;
    }
    let closed = tempfile::tempdir().unwrap();
    fs::set_permissions(closed.path(), Permissions::from_mode(0o700)).unwrap();
    let data = closed.path().join("data");
    fs::create_dir(&data).unwrap();
    let error = refusal(&data).await;
    assert!(error.contains("the user postgres, which cannot reach"), "{error}");
    assert!(error.contains(&format!("chmod o+x {}", closed.path().display())), "{error}");
    assert!(!data.join("postgres").exists());

    fs::set_permissions(closed.path(), Permissions::from_mode(0o711)).unwrap();
    fs::set_permissions(&data, Permissions::from_mode(0o711)).unwrap();
    PrivatePostgres::start(&data).await.unwrap().stop().await.unwrap();
    let user = fs::metadata(data.join("postgres")).unwrap().uid();
    let copied =
        std::process::Command::new("chown").args(["-R", "0:0"]).arg(data.join("postgres")).status().unwrap();
    assert!(copied.success());
    PrivatePostgres::start(&data).await.unwrap().stop().await.unwrap();
    assert_eq!(fs::metadata(cluster(&data).join("PG_VERSION")).unwrap().uid(), user);
}

#[tokio::test]
async fn a_panic_of_its_owner_stops_the_server() {
    let data = data_folder();
    let path = data.path().to_owned();
    let owner = tokio::spawn(async move {
        let postgres = PrivatePostgres::start(&path).await.unwrap();
        assert!(postgres.url().is_empty(), "this test panics");
    });
    assert!(owner.await.unwrap_err().is_panic());
    assert_eq!(leftover::processes(&cluster(data.path())), []);
    // It recovers from the immediate shutdown.
    PrivatePostgres::start(data.path()).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_does_not_stop_in_time_is_killed() {
    let data = data_folder();
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    create_user(&postgres, "noy@example.la").await;
    for pid in leftover::processes(&cluster(data.path())) {
        kill_process(pid, Signal::STOP).unwrap();
    }
    postgres.stop_within(Duration::from_millis(200)).await.unwrap();
    assert_eq!(leftover::processes(&cluster(data.path())), []);
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    assert!(has_user(&postgres, "noy@example.la").await);
    postgres.stop().await.unwrap();
}
