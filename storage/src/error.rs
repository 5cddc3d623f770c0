//! What can go wrong in storage. Absence is not among it: that is `None`.

use std::io;

/// Why storage did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// No space (or quota) is left. Nothing half-written is visible; it can be tried again when there is space.
    #[error("the storage is full (while trying to {0})")]
    Full(String),
    /// The operating system forbids it.
    #[error("no permission to {action}: {source}")]
    Denied {
        /// What was being done.
        action: String,
        /// The system's answer.
        source: io::Error,
    },
    /// Another request or process is writing this upload now.
    #[error("another request is writing this upload")]
    UploadLocked,
    /// Less is stored than the checkpoint says, so the bytes were lost outside Nang (a restored backup, a bad disk).
    #[error("only {stored_bytes} bytes of the upload are stored, {expected_bytes} were expected")]
    UploadTruncated {
        /// Bytes found.
        stored_bytes: u64,
        /// Bytes the checkpoint speaks of.
        expected_bytes: u64,
    },
    /// Neither the upload nor the object it was to become is stored.
    #[error("nothing of the upload is stored")]
    UploadGone,
    /// The checkpoint was not written by this version of Nang.
    #[error("the upload's checkpoint cannot be read")]
    BrokenCheckpoint,
    /// The storage's address is not one.
    #[error("{0}")]
    Url(String),
    /// The stream handed to `put` failed; nothing was stored.
    #[error("the bytes to store stopped coming: {0}")]
    Body(#[source] io::Error),
    /// Anything else.
    #[error("could not {action}: {source}")]
    Io {
        /// What was being done.
        action: String,
        /// The system's answer.
        source: io::Error,
    },
}

impl StorageError {
    /// Sorts a system error under the variant a caller can act on.
    pub(crate) fn io(action: impl Into<String>, source: impl Into<io::Error>) -> Self {
        let source = source.into();
        let action = action.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(action),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Denied { action, source }
            }
            _ => Self::Io { action, source },
        }
    }
}
