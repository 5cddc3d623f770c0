//! Access to the private PostgreSQL: only the account that Nang runs as can connect.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

use rustix::process::{Signal, geteuid};

use crate::support::{Process, Site, eventually, postmaster, signal, skip};

/// Queries the database with psql, as another account or as this one.
fn query(url: &str, account: Option<&str>) -> Output {
    let mut command = match account {
        Some(account) => as_account(account, "psql"),
        None => Command::new("psql"),
    };
    command.args(["-XAtq", "-d", url, "-c", "SELECT count(*) >= 0 FROM users"]).current_dir("/");
    command.stdin(Stdio::null()).output().unwrap()
}

fn as_account(account: &str, program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", account, "--regid", account, "--clear-groups", program]);
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Opens the folder and the socket to all accounts, so that only PostgreSQL can refuse.
fn open_folder(data: &Path) {
    fs::set_permissions(data.join("postgres"), Permissions::from_mode(0o711)).unwrap();
    fs::set_permissions(data.join("postgres/.s.PGSQL.5432"), Permissions::from_mode(0o777)).unwrap();
}

#[tokio::test]
async fn other_accounts_are_refused_even_by_a_cluster_that_trusted_them_in_an_earlier_version() {
    if !geteuid().is_root() {
        return skip("other_accounts_are_refused", "only root can run programs as another account");
    }
    let mut site = Site::start(0).await;
    let (data, url) = (site.data(), site.database_url());
    for is_old in [false, true] {
        assert_eq!(text(&query(&url, None)), "t\n");
        // Root runs PostgreSQL as postgres.
        for account in ["daemon", "postgres"] {
            let refused = query(&url, Some(account));
            assert!(!refused.status.success(), "{account}: {}", text(&refused));
        }
        open_folder(&data);
        for account in ["daemon", "postgres"] {
            let refused = query(&url, Some(account));
            assert!(text(&refused).contains("Peer authentication failed"), "{account}: {}", text(&refused));
        }
        if !is_old {
            // As earlier versions wrote it.
            let hba = data.join("postgres/cluster/pg_hba.conf");
            fs::write(&hba, "local all all trust\nhost all all 127.0.0.1/32 reject\n").unwrap();
            signal(site.server().id(), Signal::TERM);
            site.server().0.wait().unwrap();
            site.start_server().await;
            let now = fs::read_to_string(&hba).unwrap();
            assert!(!now.contains("trust") && now.contains("peer"), "{now}");
            let (hba, folder) = (fs::metadata(&hba).unwrap(), fs::metadata(data.join("postgres")).unwrap());
            assert_eq!((hba.uid(), hba.mode() & 0o777), (folder.uid(), 0o600));
        }
    }
}

#[tokio::test]
async fn the_database_of_an_ordinary_account_is_closed_to_all_others() {
    if !geteuid().is_root() {
        return skip("the_database_of_an_ordinary_account", "only root can run programs as another account");
    }
    let site = Site::unstarted();
    // A copy of the program that the account can reach, and a data folder that belongs to the account.
    let program = site.path().join("nang");
    fs::copy(env!("CARGO_BIN_EXE_nang"), &program).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let data = site.data();
    fs::create_dir(&data).unwrap();
    let id = |flag: &str| {
        let id = Command::new("id").args([flag, "daemon"]).output().unwrap();
        text(&id).trim().parse::<u32>().unwrap()
    };
    chown(&data, Some(id("-u")), Some(id("-g"))).unwrap();
    let mut command = as_account("daemon", program.to_str().unwrap());
    command.arg("up");
    site.set_environment(&mut command);
    let log = fs::File::create(site.path().join("server.log")).unwrap();
    let mut server = Process(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
    let url = data.join("database.url");
    eventually("the server to be ready", Duration::from_mins(1), async || {
        assert!(server.is_running(), "{}", site.read_log("server"));
        let ready = reqwest::get(site.url("/api/health/ready")).await;
        ready.is_ok_and(|ready| ready.status().is_success()).then_some(())
    })
    .await;
    let url = fs::read_to_string(&url).unwrap().trim().to_owned();
    assert!(postmaster(&data).is_some());
    assert_eq!(text(&query(&url, Some("daemon"))), "t\n");
    open_folder(&data);
    for account in [None, Some("postgres"), Some("man")] {
        let refused = query(&url, account);
        assert!(text(&refused).contains("Peer authentication failed"), "{account:?}: {}", text(&refused));
    }
    signal(server.id(), Signal::TERM);
    assert!(server.0.wait().unwrap().success(), "{}", site.read_log("server"));
}
