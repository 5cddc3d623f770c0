//! An object store of its own for a test that stops it.

use rustix::process::Signal;

use super::{process::signal, script::Script};

/// SeaweedFS. Dropping it stops it.
pub struct ObjectStore(Script);

impl ObjectStore {
    /// Starts a store and waits until it accepts objects.
    pub fn start() -> Self {
        let names = ["NANG_TEST_S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "NANG_TEST_S3_PID"];
        Self(Script::start("with-s3", &names))
    }

    /// Returns the settings of a server that uses the store.
    pub fn settings(&self) -> Vec<(String, String)> {
        ["NANG_STORAGE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
            .iter()
            .zip(&self.0.variables)
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    }

    fn pid(&self) -> i32 {
        self.0.variables[3].parse().unwrap()
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
    }
}
