//! A PostgreSQL for one test, which the test can stop and start.

use std::{
    io::Write,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

pub(crate) struct Postgres {
    folder: tempfile::TempDir,
    programs: PathBuf,
}

/// A separate connection, in a psql process.
pub(crate) struct Session(Child);

/// Returns the folder with the programs of the newest PostgreSQL of the distribution.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    let newest = versions.filter_map(|entry| {
        let path = entry.unwrap().path();
        let version: u32 = path.file_name()?.to_str()?.parse().ok()?;
        Some((version, path.join("bin")))
    });
    newest.max().expect("PostgreSQL is installed").1
}

impl Postgres {
    pub(crate) fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("nang-pg.").tempdir_in("/tmp").unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        if rustix::process::geteuid().is_root() {
            let id = |option| {
                let output = Command::new("id").args([option, "postgres"]).output().unwrap();
                String::from_utf8(output.stdout).unwrap().trim().parse().expect("the user postgres exists")
            };
            chown(folder.path(), Some(id("-u")), Some(id("-g"))).unwrap();
        }
        let postgres = Self { folder, programs: programs() };
        let data = postgres.data();
        let initdb = ["-A", "trust", "-U", "nang", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync", "-D"];
        postgres.run("initdb", &[&initdb[..], &[data.to_str().unwrap()]].concat());
        postgres.start_server();
        postgres
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres:///postgres?host={}&user=nang", self.folder.path().display())
    }

    pub(crate) fn start_server(&self) {
        let settings = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c unix_socket_permissions=0777 -c fsync=off",
            self.folder.path().display()
        );
        let log = self.folder.path().join("log");
        self.control(&["-w", "-l", log.to_str().unwrap(), "-o", &settings, "start"]);
    }

    /// Stops PostgreSQL and ends all connections, as a restart does.
    pub(crate) fn stop(&self) {
        self.control(&["-w", "-m", "fast", "stop"]);
    }

    /// Runs SQL and returns the rows as text.
    pub(crate) fn sql(&self, sql: &str) -> String {
        let output = Command::new("psql")
            .args(["-XAtqv", "ON_ERROR_STOP=1", "-d", &self.url(), "-c", sql])
            .output()
            .unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Opens a session that stays open until it is dropped.
    pub(crate) fn session(&self) -> Session {
        let mut command = Command::new("psql");
        command.args(["-XAtq", "-d", &self.url()]).stdin(Stdio::piped()).stdout(Stdio::null());
        Session(command.stderr(Stdio::null()).spawn().unwrap())
    }

    fn control(&self, arguments: &[&str]) {
        let data = self.data();
        self.run("pg_ctl", &[&["-D", data.to_str().unwrap()], arguments].concat());
    }

    /// Runs a program of PostgreSQL, not as root: these programs refuse to run as root.
    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        let mut command = if rustix::process::geteuid().is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        // The server inherits the descriptors: a pipe would never be closed.
        let status = command
            .args(arguments)
            .current_dir(Path::new("/"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        assert!(status.unwrap().success(), "{} {arguments:?}", program.display());
    }
}

impl Session {
    /// Sends statements without waiting for them to end.
    pub(crate) fn run(&mut self, sql: &str) {
        writeln!(self.0.stdin.as_mut().unwrap(), "{sql}").unwrap();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.data();
        if data.join("postmaster.pid").exists() {
            self.control(&["-m", "immediate", "stop"]);
        }
    }
}
