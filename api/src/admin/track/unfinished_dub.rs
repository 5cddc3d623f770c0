//! Dubs in the making. A dub begins as an upload; its track is part of the film once it is encoded.

use db::workflow::{self, DubInTheMaking};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{failure_reason::FailureReason, film::TrackRole};

/// State of a dub in the making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DubState {
    /// The upload of its file is not complete.
    Uploading,
    /// It waits for a worker, or a worker reads its file.
    Waiting,
    /// It is being encoded.
    Encoding,
    /// It could not be made; `failure` has the reason.
    Failed,
}

/// A dub that is being uploaded or encoded, or that could not be made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct UnfinishedDub {
    /// Id of the track. A new file can be uploaded for it.
    pub(crate) track_id: Uuid,
    /// BCP 47 language tag; null if not known.
    #[schema(required)]
    pub(crate) language: Option<String>,
    /// Name for menus.
    pub(crate) label: String,
    /// What the track is for.
    pub(crate) role: TrackRole,
    /// What is added to all times of the file, in milliseconds. A positive shift moves the dub later.
    pub(crate) shift_ms: i64,
    /// Whether the film already has this track, with a former file.
    pub(crate) is_replacement: bool,
    /// Id of the file and of its upload.
    pub(crate) file_id: Uuid,
    /// Name of the file on the client's machine.
    pub(crate) file_name: String,
    /// Size of the whole file in bytes.
    pub(crate) size_bytes: u64,
    /// Number of bytes that are durably stored.
    pub(crate) received_bytes: u64,
    /// State of the dub.
    pub(crate) state: DubState,
    /// Finished fraction of the upload or of the encoding, from 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub(crate) progress: f64,
    /// Why the dub could not be made, for editors; null unless `state` is `failed`.
    #[schema(required)]
    pub(crate) failure: Option<String>,
    /// The same as `failure` as a code, which clients translate; null if it has none, as texts of earlier versions of Nang.
    #[schema(required)]
    pub(crate) reason: Option<FailureReason>,
    /// Which of the file's audio tracks is used, as a sentence; null until a worker has read the file.
    #[schema(required)]
    pub(crate) note: Option<String>,
    /// When the upload began.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

impl UnfinishedDub {
    pub(super) fn new(dub: DubInTheMaking, is_replacement: bool) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a progress bar")]
        let uploaded = dub.received_bytes as f64 / dub.size_bytes.max(1) as f64;
        let (state, progress, failure, reason) = match dub.state {
            workflow::DubState::Uploading => (DubState::Uploading, uploaded, None, None),
            workflow::DubState::Waiting => (DubState::Waiting, 0.0, None, None),
            workflow::DubState::Encoding(fraction) => (DubState::Encoding, fraction, None, None),
            workflow::DubState::Failed(text, reason) => (DubState::Failed, 0.0, Some(text), reason),
        };
        Self {
            track_id: dub.track.0,
            label: dub.settings.menu_label(),
            language: dub.settings.language,
            role: dub.settings.role.into(),
            shift_ms: dub.settings.shift_ms,
            is_replacement,
            file_id: dub.file.0,
            file_name: dub.file_name,
            size_bytes: dub.size_bytes,
            received_bytes: dub.received_bytes,
            state,
            progress,
            failure,
            reason: reason.map(Into::into),
            note: dub.note,
            created_at: dub.created_at,
        }
    }
}
