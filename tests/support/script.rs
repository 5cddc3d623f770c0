//! A script that runs a command beside a service of its own, and stops the service when the command ends.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// A running script of `scripts/`, such as `with-postgres`. Dropping it ends the script.
pub struct Script {
    child: Child,
    /// The variables that the script has set, in the order in which they were asked for.
    pub variables: Vec<String>,
}

impl Script {
    /// Starts a script and waits until it has set the variables `names`.
    pub fn start(name: &str, names: &[&str]) -> Self {
        let values: Vec<_> = names.iter().map(|name| format!("\"=${name}\"")).collect();
        let print = format!("printf '%s\\n' {}; read -r _", values.join(" "));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts").join(name);
        let mut child = Command::new(script)
            .args(["bash", "-c", &print])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
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
