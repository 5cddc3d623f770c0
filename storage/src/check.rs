//! What a store can do, tried with test objects that are deleted afterwards.

use bytes::Bytes;
use domain::key::Key;

use crate::StorageError;
use crate::backend::Backend;

/// One thing that a store can or cannot do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// What was tried, in a few words.
    pub name: &'static str,
    /// Whether Nang cannot work without it.
    pub is_needed: bool,
    /// A detail; or why it does not work, and what follows from that.
    pub result: Result<String, String>,
}

/// Collects results.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<Capability>);

impl Report {
    pub(crate) fn add(
        &mut self,
        name: &'static str,
        is_needed: bool,
        result: Result<String, impl std::fmt::Display>,
    ) {
        self.0.push(Capability { name, is_needed, result: result.map_err(|error| error.to_string()) });
    }

    pub(crate) fn finish(self) -> Vec<Capability> {
        self.0
    }
}

/// Tries what works in the same way in every back end, with the object `key`, which does not exist.
pub(crate) async fn check_objects(backend: &Backend, key: &Key, report: &mut Report) {
    let bytes = Bytes::from(vec![7_u8; 100_000]);
    let is_stored = async {
        backend.put_bytes(key, bytes.clone()).await?;
        Ok::<_, StorageError>(backend.get_bytes(key, None).await? == Some(bytes.clone()))
    };
    report.add("store and read an object", true, expect(is_stored.await, "it read other bytes"));
    let part = backend.get_bytes(key, Some(1000..1010)).await;
    let is_part = part.map(|part| part == Some(bytes.slice(1000..1010)));
    report.add("read a range of an object", true, expect(is_part, "it read other bytes"));
    let folder = key.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_listed = backend.list(folder).await.map(|found| found == [(key.clone(), 100_000)]);
    report.add("list objects", true, expect(is_listed, "it does not list the object that it stores"));
    let is_deleted = async {
        backend.delete_many(std::slice::from_ref(key)).await?;
        Ok::<_, StorageError>(backend.head(key).await?.is_none())
    };
    report.add("delete an object", true, expect(is_deleted.await, "the object still exists"));
}

/// Returns an error with `reason` if the answer is no.
pub(crate) fn expect(answer: Result<bool, StorageError>, reason: &str) -> Result<String, String> {
    match answer {
        Ok(true) => Ok(String::new()),
        Ok(false) => Err(reason.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
