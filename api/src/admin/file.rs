//! A film's masters, from the first byte of their upload.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// How far a master has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileState {
    /// Bytes are still to come.
    Uploading,
    /// All bytes are there.
    Uploaded,
    /// The same bytes were uploaded for this film before.
    Duplicate,
    /// It cannot be shown; `note` says why.
    Refused,
    /// The upload was given up.
    Expired,
}

/// A master.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FilmFile {
    /// Its id, which is also its upload's.
    pub(crate) id: Uuid,
    /// Name of the file on the sender's machine.
    pub(crate) name: String,
    /// Size of the whole file.
    pub(crate) size_bytes: u64,
    /// Bytes that are safely stored.
    pub(crate) received_bytes: u64,
    /// How far it has come.
    pub(crate) state: FileState,
    /// SHA-256 in hexadecimal, once all bytes are there.
    #[schema(required)]
    pub(crate) sha256: Option<String>,
    /// Something an admin should know, such as why it was refused.
    #[schema(required)]
    pub(crate) note: Option<String>,
    /// When its upload began.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

same_words!(db::film_file::FileState => FileState { Uploading, Uploaded, Duplicate, Refused, Expired });

impl From<db::film_file::FilmFile> for FilmFile {
    fn from(file: db::film_file::FilmFile) -> Self {
        Self {
            id: file.id.0,
            name: file.name,
            size_bytes: file.size_bytes,
            received_bytes: file.received_bytes,
            state: file.state.into(),
            sha256: file.sha256,
            note: file.note,
            created_at: file.created_at,
        }
    }
}
