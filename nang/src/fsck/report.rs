//! What a check found, printed as one line each.

use std::{io::Write, process::ExitCode};

use domain::{
    id::ImageId,
    key::{Key, image_prefix},
};
use storage::Storage;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// A key, or the folder of an image.
    pub(super) what: String,
    /// What is wrong with it.
    pub(super) fault: String,
    /// The object, if nothing needs it and a repair deletes it.
    pub(super) unneeded: Option<(Key, u64)>,
}

impl Finding {
    pub(super) fn broken(key: &Key, fault: String) -> Self {
        Self { what: key.to_string(), fault, unneeded: None }
    }

    /// An object that nothing needs.
    pub(super) fn unknown(key: Key, size_bytes: u64, reason: &str) -> Self {
        Self {
            what: key.to_string(),
            fault: format!("not needed: {reason}"),
            unneeded: Some((key, size_bytes)),
        }
    }

    /// A master that has no row. It is not deleted, since it cannot be made again and this may be the wrong database.
    pub(super) fn unknown_master(key: &Key, size_bytes: u64) -> Self {
        let fault = format!("not needed: no film has this file ({size_bytes} bytes); a repair keeps it");
        Self { what: key.to_string(), fault, unneeded: None }
    }

    pub(super) fn image(image: ImageId, expected_bytes: u64, found_bytes: u64) -> Self {
        let fault = match found_bytes {
            0 => "missing".to_owned(),
            _ => format!("has {found_bytes} bytes instead of {expected_bytes}"),
        };
        Self { what: image_prefix(image), fault, unneeded: None }
    }
}

#[derive(Debug, Default)]
pub(super) struct Report {
    broken: u64,
    unneeded: Vec<(Key, u64)>,
    repaired: bool,
}

impl Report {
    /// Prints a finding.
    pub(super) fn add(&mut self, finding: Finding) {
        print(&format!("{}: {}", finding.what, finding.fault));
        match finding.unneeded {
            Some(object) => self.unneeded.push(object),
            None => self.broken += 1,
        }
    }

    pub(super) fn add_all(&mut self, objects: Vec<(Key, u64)>, finding: impl Fn(Key, u64) -> Finding) {
        for (key, size_bytes) in objects {
            self.add(finding(key, size_bytes));
        }
    }

    /// Deletes the objects that nothing needs.
    pub(super) async fn repair(&mut self, storage: &Storage) -> anyhow::Result<()> {
        let keys: Vec<Key> = self.unneeded.iter().map(|(key, _)| key.clone()).collect();
        storage.delete_many(&keys).await?;
        self.repaired = true;
        Ok(())
    }

    /// Prints a summary. The exit status says whether everything is in order now.
    pub(super) fn finish(self) -> ExitCode {
        let bytes: u64 = self.unneeded.iter().map(|(_, size_bytes)| size_bytes).sum();
        let objects = self.unneeded.len();
        let done = if self.repaired { "deleted" } else { "not needed; `nang fsck --repair` deletes them" };
        if objects > 0 {
            print(&format!("{objects} objects with {bytes} bytes: {done}"));
        }
        if self.broken > 0 {
            print(&format!(
                "{} faults that only a backup or encoding again mends: upload a missing master again, and encode films whose \
                 objects are missing or differ again",
                self.broken
            ));
        }
        if self.broken == 0 && (objects == 0 || self.repaired) {
            print("Database and storage agree");
            return ExitCode::SUCCESS;
        }
        ExitCode::FAILURE
    }
}

fn print(line: &str) {
    // A reader that has gone away does not end the check.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
