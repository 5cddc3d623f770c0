//! Why a presentation could not be made.

use domain::{build_record::LegacyError, id::BuildId, key::Key, presentation::ComposeError, reason::Reason};

/// Why a presentation could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PresentationError {
    /// Its contents are not valid.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// A build does not exist.
    #[error("build {0} does not exist")]
    NoBuild(BuildId),
    /// The record of a build is missing from storage.
    #[error("{0} is missing from storage; restore it from a backup, or encode the film again")]
    NoRecord(Key),
    /// The record of a build cannot be read.
    #[error("{key} cannot be read: {source}")]
    Record {
        /// The record.
        key: Key,
        /// Why.
        source: LegacyError,
    },
    /// Another version of Nang stored the record of a build.
    #[error(
        "{key} has format {version}, which this version of Nang cannot read; encode the film again, or upgrade Nang"
    )]
    RecordVersion {
        /// The record.
        key: Key,
        /// Its format.
        version: u32,
    },
    /// A path of an object is not a storage key.
    #[error("{0:?} is not the path of an object")]
    Path(String),
    /// Its manifest cannot be written as JSON.
    #[error("the manifest cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    /// The storage failed.
    #[error("the storage failed: {0}")]
    Storage(#[from] storage::StorageError),
    /// The database failed, or a rule of it forbids the change.
    #[error(transparent)]
    Db(#[from] db::DbError),
    /// The build to publish does not wait for a decision.
    #[error("only a damaged build that waits for a decision can be published")]
    NotWaiting,
    /// The dub to publish does not fit the film any more.
    #[error("{0}")]
    Dub(Reason),
    /// Other changes of the same film came first, several times.
    #[error("other editors are changing the tracks of this film; nothing was changed; try again")]
    Busy,
}
