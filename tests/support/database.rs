//! A PostgreSQL that a test stops and starts again, or whose disk it fills.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::Signal;

use super::{eventually, process::signal, script::Script, small_disk::beside};

const LIMIT: Duration = Duration::from_mins(1);
const VARIABLES: [&str; 2] = ["DATABASE_URL", "DATABASE_FOLDER"];

/// A PostgreSQL. Dropping it stops it.
pub struct Database {
    script: Script,
    url: String,
    /// The folder, as this process sees it.
    folder: PathBuf,
    /// The server, after it was started again.
    server: Option<Child>,
}

impl Database {
    pub fn start() -> Self {
        let script = Script::start("with-postgres", &VARIABLES);
        let [url, folder] = &script.variables[..] else { unreachable!() };
        Self { url: url.clone(), folder: folder.into(), server: None, script }
    }

    /// Starts a PostgreSQL whose data is in a file system of `bytes`, mounted at `folder`.
    pub fn start_on_small_disk(folder: &Path, bytes: u64) -> Self {
        let script = Script::start_on_small_disk("with-postgres", &VARIABLES, folder, bytes);
        let [url, folder] = &script.variables[..] else { unreachable!() };
        let seen = format!("/proc/{}/root{folder}", script.id());
        let url = url.replace(&format!("host={folder}"), &format!("host={seen}"));
        Self { url, folder: seen.into(), server: None, script }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder of the data, as this process sees it.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The id of the server's process, if it runs.
    pub fn server(&self) -> Option<i32> {
        let text = std::fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        let pid = text.lines().next()?.parse().ok()?;
        // One that has ended and that its parent has not asked about has no root folder any more.
        Path::new(&format!("/proc/{pid}/root")).exists().then_some(pid)
    }

    /// Returns what the server has logged until it was started again.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder.join("log")).unwrap()).into_owned()
    }

    /// Runs an SQL command. Returns whether it succeeded.
    pub fn run(&self, sql: &str) -> bool {
        let mut command = Command::new("psql");
        command.args(["-Xq", "-d", &self.url, "-c", sql]).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().unwrap().success()
    }

    /// Stops the server at once, as a machine that loses power does.
    pub async fn stop(&mut self) {
        signal(self.server().unwrap(), Signal::QUIT);
        let file = self.data().join("postmaster.pid");
        eventually("PostgreSQL to stop", LIMIT, async || (!file.exists()).then_some(())).await;
        if let Some(mut server) = self.server.take() {
            server.wait().unwrap();
        }
    }

    /// Starts the server again, with the options of its first start.
    pub fn resume(&mut self) {
        let options = std::fs::read_to_string(self.data().join("postmaster.opts")).unwrap();
        let run = format!("cd / && exec {options}");
        let mut arguments = vec!["sh", "-c", &run];
        if rustix::process::geteuid().is_root() {
            arguments
                .splice(0..0, ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups"]);
        }
        let mut command = beside(self.script.id(), Path::new(arguments[0]), &arguments[1..]);
        self.server = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    }
}
