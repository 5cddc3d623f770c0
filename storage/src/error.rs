//! Errors of storage. An absent object is not an error but `None`.

use std::io;

/// Why a storage operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// No disk space (or quota) is left. No partly written object is visible; the caller may retry when there is space.
    #[error("the storage is full (while trying to {0})")]
    Full(String),
    /// The operating system denied access.
    #[error("no permission to {action}: {source}")]
    Denied {
        /// The operation.
        action: String,
        /// The operating system's error.
        source: io::Error,
    },
    /// Another request or process holds this upload.
    #[error("another request is writing this upload")]
    UploadLocked,
    /// Fewer bytes are stored than the checkpoint says: something outside Nang lost them (a restored backup, a bad disk).
    #[error("only {stored_bytes} bytes of the upload are stored, {expected_bytes} were expected")]
    UploadTruncated {
        /// Number of stored bytes.
        stored_bytes: u64,
        /// Number of bytes according to the checkpoint or the declared size.
        expected_bytes: u64,
    },
    /// Neither the upload nor its object is stored.
    #[error("neither the upload nor its object is stored")]
    UploadGone,
    /// The checkpoint is not in a format that this version of Nang writes.
    #[error("this version of Nang cannot read the upload's checkpoint")]
    BrokenCheckpoint,
    /// The storage URL is invalid.
    #[error("{0}")]
    Url(String),
    /// The stream passed to `put` failed; nothing was stored.
    #[error("the stream of data to store failed: {0}")]
    Body(#[source] io::Error),
    /// Any other error of the operating system.
    #[error("could not {action}: {source}")]
    Io {
        /// The operation.
        action: String,
        /// The operating system's error.
        source: io::Error,
    },
}

impl StorageError {
    /// Converts an operating system error to the variant that tells callers what they can do.
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
