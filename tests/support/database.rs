//! A PostgreSQL that a test stops and starts again.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::Signal;

use super::{eventually, process::signal, script::Script};

const LIMIT: Duration = Duration::from_mins(1);

/// A PostgreSQL. Dropping it stops it.
pub struct Database {
    script: Script,
    /// The server, after it was started again.
    server: Option<Child>,
}

impl Database {
    pub fn start() -> Self {
        Self { script: Script::start("with-postgres", &["DATABASE_URL", "DATABASE_FOLDER"]), server: None }
    }

    pub fn url(&self) -> &str {
        &self.script.variables[0]
    }

    fn data(&self) -> PathBuf {
        PathBuf::from(&self.script.variables[1]).join("data")
    }

    /// Stops the server at once, as a machine that loses power does.
    pub async fn stop(&mut self) {
        let file = self.data().join("postmaster.pid");
        let text = std::fs::read_to_string(&file).unwrap();
        signal(text.lines().next().unwrap().parse().unwrap(), Signal::QUIT);
        eventually("PostgreSQL to stop", LIMIT, async || (!file.exists()).then_some(())).await;
        if let Some(mut server) = self.server.take() {
            server.wait().unwrap();
        }
    }

    /// Starts the server again, with the options of its first start.
    pub fn resume(&mut self) {
        let options = std::fs::read_to_string(self.data().join("postmaster.opts")).unwrap();
        let run = format!("cd / && exec {options}");
        let mut command = if rustix::process::geteuid().is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let command = command.args(["-c", &run]).stdout(Stdio::null()).stderr(Stdio::null());
        self.server = Some(command.spawn().unwrap());
    }
}
