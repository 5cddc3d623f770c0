//! `nang doctor` on installations with real faults.

use std::{
    fs::Permissions,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

use crate::{
    nginx::Nginx,
    support::{Site, output, skip},
};

/// The result of `nang doctor --json`.
struct Findings {
    status: i32,
    checks: Vec<Value>,
}

impl Findings {
    /// Runs a command that prints the result.
    async fn of(command: Command) -> Self {
        let output: Output = output(command).await;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let report: Value = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
        let checks = report["checks"].as_array().unwrap().clone();
        let worst =
            checks.iter().map(|check| check["level"].as_str().unwrap()).max_by_key(|level| rank(level));
        assert_eq!(report["level"].as_str(), worst, "{text}");
        for check in &checks {
            let is_ok = check["level"] == "ok";
            assert_eq!(check["mend"].is_null(), is_ok, "only a fault has a remedy: {check}");
        }
        Self { status: output.status.code().unwrap(), checks }
    }

    /// Returns the checks of this name with this level.
    fn with(&self, check: &str, level: &str) -> Vec<&Value> {
        self.checks.iter().filter(|one| one["check"] == check && one["level"] == level).collect()
    }

    /// Panics unless exactly these checks are wrong.
    fn expect_wrong(&self, expected: &[&str]) {
        let wrong: Vec<_> = self.checks.iter().filter(|check| check["level"] == "wrong").collect();
        let names: Vec<_> = wrong.iter().map(|check| check["check"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{wrong:#?}");
        assert_eq!(self.status, i32::from(!expected.is_empty()));
    }
}

fn rank(level: &str) -> usize {
    ["ok", "warning", "wrong"].iter().position(|one| *one == level).unwrap()
}

/// Replaces the configuration of this machine's NGINX, which is not part of these tests, by one without sites.
fn without_sites(site: &Site, command: &mut Command) {
    let programs = site.path().join("programs");
    std::fs::create_dir_all(&programs).unwrap();
    let (settings, pid) = (programs.join("nginx.conf"), programs.join("nginx.pid"));
    std::fs::write(&settings, format!("pid {};\nevents {{}}\nhttp {{ access_log off; }}\n", pid.display()))
        .unwrap();
    wrapper(&programs, &format!("-c {} -e {}", settings.display(), programs.join("error.log").display()));
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    command.env("PATH", path);
}

/// Makes a program `nginx` that runs the real one with these arguments first.
fn wrapper(folder: &Path, arguments: &str) {
    let real = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"];
    let real = real.iter().find(|path| Path::new(path).exists()).expect("nginx is installed (scripts/setup)");
    let program = folder.join("nginx");
    std::fs::write(&program, format!("#!/bin/sh\nexec {real} {arguments} \"$@\"\n")).unwrap();
    std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
}

async fn doctor(site: &Site, arguments: &[&str], settings: &[(&str, &str)]) -> Findings {
    let mut command = site.command(&[&["doctor", "--json"], arguments].concat());
    without_sites(site, &mut command);
    command.envs(settings.iter().copied());
    Findings::of(command).await
}

#[tokio::test]
async fn a_healthy_server_has_no_fault_and_each_fault_is_named_with_its_remedy() {
    let site = Site::start(1).await;
    let healthy = doctor(&site, &[], &[]).await;
    healthy.expect_wrong(&[]);
    for check in [
        "postgresql",
        "migrations",
        "clock",
        "storage",
        "data",
        "keys",
        "sandbox",
        "ffmpeg",
        "address",
        "mail",
    ] {
        assert!(!healthy.with(check, "ok").is_empty(), "{check}: {:#?}", healthy.checks);
    }

    let key = site.data().join("access.key");
    std::fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let open = doctor(&site, &[], &[]).await;
    assert_eq!(open.status, 1);
    let wrong = open.with("keys", "wrong");
    assert!(
        wrong[0]["mend"].as_str().unwrap().contains(&format!("chmod 600 {}", key.display())),
        "{wrong:?}"
    );
    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();

    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://nang@127.0.0.1:{closed}/nang");
    let away = doctor(&site, &[], &[("NANG_DATABASE_URL", &url)]).await;
    assert_eq!(away.with("postgresql", "wrong").len(), 1, "{:#?}", away.checks);
    assert!(!away.with("storage", "ok").is_empty(), "the other checks are made too");

    let mistake = doctor(&site, &[], &[("NANG_LEASE_SECONDS", "1")]).await;
    mistake.expect_wrong(&["settings"]);
    assert!(mistake.checks[0]["found"].as_str().unwrap().contains("NANG_LEASE_SECONDS"));

    let mail = doctor(
        &site,
        &[],
        &[
            ("NANG_SMTP_URL", &format!("smtp://127.0.0.1:{closed}")),
            ("NANG_MAIL_FROM", "films@example.org"),
            ("NANG_PUBLIC_URL", &format!("http://127.0.0.1:{closed}")),
        ],
    )
    .await;
    assert_eq!(
        (mail.with("mail", "wrong").len(), mail.with("public_url", "wrong").len()),
        (1, 1),
        "{:#?}",
        mail.checks
    );

    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    std::thread::spawn({
        let other = other.try_clone().unwrap();
        move || {
            while let Ok((connection, _)) = other.accept() {
                drop(connection);
            }
        }
    });
    let used = other.local_addr().unwrap().to_string();
    let taken = doctor(&site, &[], &[("NANG_LISTEN", &used)]).await;
    assert!(
        taken.with("address", "wrong")[0]["found"].as_str().unwrap().contains("another program"),
        "{:#?}",
        taken.checks
    );

    let sql = "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
    let changed =
        Command::new("psql").args(["-XAtq", "-d", &site.database_url(), "-c", sql]).status().unwrap();
    assert!(changed.success());
    let old = doctor(&site, &[], &[]).await;
    assert!(
        old.with("migrations", "wrong")[0]["mend"].as_str().unwrap().contains("nang migrate"),
        "{:#?}",
        old.checks
    );

    let lines = site.run(&["doctor"]).await;
    let text = String::from_utf8(lines.stdout).unwrap();
    assert!(
        text.lines().any(|line| line.starts_with("wrong    migrations") && line.contains("To mend it: ")),
        "{text}"
    );
}

#[tokio::test]
async fn a_full_storage_and_a_folder_without_permission_are_found() {
    if !rustix::process::geteuid().is_root() {
        skip("a_full_storage_and_a_folder_without_permission_are_found", "only root can mount a file system");
        return;
    }
    let site = Site::unstarted();
    let small = site.path().join("small");
    std::fs::create_dir_all(&small).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=1m tmpfs {0} && mkdir {0}/storage && (head -c 2M /dev/zero > {0}/filler || true) && exec {1} doctor --json --role worker",
        small.display(),
        env!("CARGO_BIN_EXE_nang")
    );
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &script]);
    site.set_environment(&mut command);
    command.env("NANG_STORAGE", format!("file://{}/storage", small.display()));
    let full = Findings::of(command).await;
    let wrong = full.with("storage", "wrong");
    assert_eq!(wrong[0]["found"], "The storage is full", "{wrong:?}");

    // Another account, which may not write in Nang's folder.
    std::fs::create_dir_all(site.data().join("storage")).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", env!("CARGO_BIN_EXE_nang")]);
    command.args(["doctor", "--json"]);
    site.set_environment(&mut command);
    let denied = Findings::of(command).await;
    assert_eq!(denied.with("account", "warning").len(), 1, "{:#?}", denied.checks);
    assert_eq!(denied.with("data", "wrong").len(), 1, "{:#?}", denied.checks);
    assert_eq!(denied.with("storage", "wrong").len(), 1, "{:#?}", denied.checks);
}

#[tokio::test]
async fn nginx_is_checked_with_its_own_configuration() {
    let site = Site::start(0).await;
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let address = site.url("").strip_prefix("http://").unwrap().parse().unwrap();
    let nginx = Nginx::start(folder.path(), address).await;
    let programs = site.path().join("programs");
    std::fs::create_dir_all(&programs).unwrap();
    let settings = folder.path().join("nginx.conf");
    wrapper(&programs, &format!("-c {} -e {}/error.log", settings.display(), folder.path().display()));
    let run = async || {
        let mut command = site.command(&["doctor", "--json"]);
        command.env("PATH", format!("{}:{}", programs.display(), std::env::var("PATH").unwrap()));
        command.env("NANG_PUBLIC_URL", nginx.url(""));
        Findings::of(command).await
    };
    let found = run().await;
    assert_eq!(found.with("nginx", "ok").len(), 2, "{:#?}", found.checks);
    // Without TLS, as the test's NGINX.
    assert_eq!(found.with("public_url", "warning").len(), 1, "{:#?}", found.checks);

    let valid = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(
        &settings,
        valid.replace("X-Forwarded-For $remote_addr", "X-Forwarded-For $proxy_add_x_forwarded_for"),
    )
    .unwrap();
    let careless = run().await;
    assert!(careless.with("nginx", "warning")[0]["found"].as_str().unwrap().contains("a client can choose"));
    std::fs::write(&settings, valid.replace("proxy_http_version 1.1;", "proxy_http_version;")).unwrap();
    let broken = run().await;
    let wrong = broken.with("nginx", "wrong");
    assert!(wrong[0]["found"].as_str().unwrap().contains("proxy_http_version"), "{wrong:?}");
}
