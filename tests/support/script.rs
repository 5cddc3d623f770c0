//! A script that runs a command beside a service of its own, and stops the service when the command ends.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use super::small_disk::with_small_disk;

/// A running script of `scripts/`, such as `with-postgres`. Dropping it ends the script.
pub struct Script {
    child: Child,
    /// The variables that the script has set, in the order in which they were asked for.
    pub variables: Vec<String>,
}

impl Script {
    /// Starts a script and waits until it has set the variables `names`.
    pub fn start(name: &str, names: &[&str]) -> Self {
        let mut command = Command::new(Self::path(name));
        command.args(Self::arguments(names));
        Self::start_command(command, name, names)
    }

    /// Starts a script with `TMPDIR` set to `folder`, a file system of `bytes` that other processes do not see.
    pub fn start_on_small_disk(name: &str, names: &[&str], folder: &Path, bytes: u64) -> Self {
        let arguments = Self::arguments(names);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = with_small_disk(folder, bytes, &Self::path(name), &arguments);
        command.env("TMPDIR", folder);
        Self::start_command(command, name, names)
    }

    /// Returns the process that sees the script's file systems.
    pub fn id(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    fn path(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts").join(name)
    }

    /// Returns the command that a script runs: it prints variables and waits for the end of its standard input.
    fn arguments(names: &[&str]) -> [String; 3] {
        let values: Vec<_> = names.iter().map(|name| format!("\"=${name}\"")).collect();
        let print = format!("printf '%s\\n' {}; read -r _", values.join(" "));
        ["bash".to_owned(), "-c".to_owned(), print]
    }

    fn start_command(mut command: Command, name: &str, names: &[&str]) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let variables: Vec<String> =
            lines.filter_map(|line| Some(line.strip_prefix('=')?.to_owned())).take(names.len()).collect();
        assert_eq!(variables.len(), names.len(), "{name} did not start");
        Self { child, variables }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // The command ends when its standard input does.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
