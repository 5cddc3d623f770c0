//! An object store of its own for a test that stops it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use rustix::process::Signal;

use super::signal;

/// A SeaweedFS that ends with the test.
pub struct ObjectStore {
    /// `scripts/with-s3`, which ends when its standard input ends.
    script: Child,
    /// URL of its bucket, key id, secret and process id.
    answer: Vec<String>,
}

impl ObjectStore {
    /// Starts a store and waits until it accepts objects.
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/with-s3");
        let print = "printf '%s\\n' \"$NANG_TEST_S3\" \"$AWS_ACCESS_KEY_ID\" \"$AWS_SECRET_ACCESS_KEY\" \"$NANG_TEST_S3_PID\"; read -r _";
        let mut script = Command::new(script)
            .args(["bash", "-c", print])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(script.stdout.take().unwrap()).lines();
        let answer: Vec<String> =
            lines.map(Result::unwrap).skip_while(|line| !line.starts_with("s3://")).take(4).collect();
        assert_eq!(answer.len(), 4, "SeaweedFS did not start");
        Self { script, answer }
    }

    /// Returns the settings of a server that uses the store.
    pub fn settings(&self) -> Vec<(String, String)> {
        ["NANG_STORAGE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
            .iter()
            .zip(&self.answer)
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    }

    fn pid(&self) -> i32 {
        self.answer[3].parse().unwrap()
    }

    /// The store answers no more, and its connections stay open.
    pub fn pause(&mut self) {
        signal(self.pid(), Signal::STOP);
    }

    pub fn resume(&mut self) {
        signal(self.pid(), Signal::CONT);
    }
}

impl Drop for ObjectStore {
    fn drop(&mut self) {
        self.resume();
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}
