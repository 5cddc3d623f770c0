//! Why a presentation could not be made.

use domain::{
    build_record::LegacyError, id::BuildId, key::Key, planner::dub::DubRefusal, presentation::ComposeError,
};

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
    #[error(transparent)]
    Dub(#[from] DubError),
    /// Other changes of the same film came first, several times.
    #[error("other editors are changing the tracks of this film; nothing was changed; try again")]
    Busy,
}

/// Why a dub is not made, in words for editors.
#[derive(Debug, thiserror::Error)]
pub enum DubError {
    /// The film shows nothing.
    #[error(
        "The film shows nothing any more, so the dub cannot be fitted to it. Make the film ready, then add the dub again."
    )]
    NotShown,
    /// An editor removed the dub.
    #[error("The dub was removed.")]
    Removed,
    /// The film has another length than the one that the dub was planned for.
    #[error(
        "The film was replaced while the dub was being made. It lasted {}, and now it lasts {}. Choose a file for the present \
         version of the film.",
        domain::clock_time(*planned_ms),
        domain::clock_time(*film_ms)
    )]
    FilmReplaced {
        /// Duration of the film that the dub was planned for.
        planned_ms: u64,
        /// Duration of the film that is shown.
        film_ms: u64,
    },
    /// The file does not fit the film.
    #[error(transparent)]
    Refused(#[from] DubRefusal),
}
