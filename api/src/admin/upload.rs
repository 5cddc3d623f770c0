//! OpenAPI descriptions of the tus 1.0 uploads (<https://tus.io/protocols/resumable-upload>) that `ingest` serves.
//!
//! The functions here are never called: they describe `ingest`'s routes in the OpenAPI document.
#![expect(dead_code, reason = "only their descriptions are used")]

use utoipa::IntoResponses;

use crate::http::{
    problem::Problem,
    responses::{Guarded, WithId},
};

/// Responses of all tus requests.
#[derive(IntoResponses)]
enum Tus {
    /// `Tus-Resumable` is not 1.0.0
    #[response(status = 412, content_type = "application/problem+json")]
    Version(Problem),
    /// Another connection is sending data of this upload; retry after the seconds in `Retry-After`
    #[response(status = 423, content_type = "application/problem+json")]
    Busy(Problem),
}

/// Responses of requests with data of a file.
#[derive(IntoResponses)]
enum WithBytes {
    /// A header is missing or malformed, or the connection ended early
    #[response(status = 400, content_type = "application/problem+json")]
    Header(Problem),
    /// No data arrived for some time; the received data is kept
    #[response(status = 408, content_type = "application/problem+json")]
    Stalled(Problem),
    /// The file is larger than this server accepts, or the client sent more data than it announced
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// The Content-Type is not `application/offset+octet-stream`
    #[response(status = 415, content_type = "application/problem+json")]
    NotBytes(Problem),
    /// The data does not match `Upload-Checksum`; none of it was kept
    #[response(status = 460, content_type = "application/problem+json")]
    Checksum(Problem),
    /// The account has the maximum number of concurrent uploads (`too-many-uploads`); retry after the seconds in `Retry-After`
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(Problem),
    /// The storage is full (`storage-full`) and the received data is kept, or the server is stopping; resume later
    #[response(status = 503, content_type = "application/problem+json")]
    StorageFull(Problem),
    /// The file is larger than the free disk space; `detail` says how much is missing
    #[response(status = 507, content_type = "application/problem+json")]
    NoSpace(Problem),
}

/// Responses of requests for an existing upload.
#[derive(IntoResponses)]
enum WithUpload {
    /// The upload was abandoned because no data arrived for too long, or its data is lost; start again
    #[response(status = 410, content_type = "application/problem+json")]
    Gone(Problem),
}

/// Returns the tus version, the extensions and the size limit of this server.
#[utoipa::path(options, path = "/admin/uploads", tag = "uploads", security(("bearer" = [])), responses(
    (status = 204, description = "The capabilities, in the headers", headers(
        ("Tus-Version" = String, description = "1.0.0"),
        ("Tus-Extension" = String, description = "Supported extensions, separated by commas"),
        ("Tus-Max-Size" = u64, description = "Maximum size of a file in bytes"))),
    Guarded,
))]
pub(crate) fn describe_uploads() {}

/// Creates an upload of a master or of a dub; the body may contain the first data.
///
/// `Upload-Metadata` has keys with values in base64. Every upload has `filename` and `film_id`. `purpose` is `master` (default) or
/// `dub`: audio of the whole film as WAV, FLAC, AAC or AC-3, or a film file, whose audio is used. A dub for a new track has `language`
/// (required, BCP 47), `label`, `default` (`true` or `false`), and `role` (`main`, `audio_description` or `commentary`). A dub for a
/// track that gets another file has `track_id` instead. Both may have `shift_ms`: a positive number moves the dub later. The film must
/// be ready. The list of the film's tracks shows how far the dub is.
#[utoipa::path(post, path = "/admin/uploads", tag = "uploads", security(("bearer" = [])),
    params(
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Length" = u64, Header, description = "Size of the whole file in bytes"),
        ("Upload-Metadata" = String, Header, description = "`filename <base64>,film_id <base64>`; for a dub also `purpose <base64>,language <base64>`"),
    ), responses(
    (status = 201, description = "The upload was created", headers(
        ("Location" = String, description = "URL of the upload: /api/admin/uploads/{id}"),
        ("Upload-Expires" = String, description = "When Nang abandons the upload if no more data arrives"))),
    (status = 404, description = "The film or the track does not exist", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "A dub needs a film that is ready, or the film has the maximum number of audio tracks", body = Problem, content_type = "application/problem+json"),
    Guarded, Tus, WithBytes,
))]
pub(crate) fn create_upload() {}

/// Returns the number of bytes that are durably stored.
#[utoipa::path(head, path = "/admin/uploads/{id}", tag = "uploads", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The upload"), ("Tus-Resumable" = String, Header, description = "1.0.0")), responses(
    (status = 200, description = "The progress, in the headers", headers(
        ("Upload-Offset" = u64, description = "Number of stored bytes"),
        ("Upload-Length" = u64, description = "Size of the whole file in bytes"))),
    Guarded, WithId, Tus, WithUpload,
))]
pub(crate) fn get_upload() {}

/// Appends data to an upload.
#[utoipa::path(patch, path = "/admin/uploads/{id}", tag = "uploads", security(("bearer" = [])),
    request_body(content_type = "application/offset+octet-stream", content = Vec<u8>),
    params(
        ("id" = Uuid, Path, description = "The upload"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Offset" = u64, Header, description = "Position of the data in the file; must be the number of stored bytes"),
        ("Upload-Checksum" = Option<String>, Header, description = "`sha256 <base64>` of the sent data"),
    ), responses(
    (status = 204, description = "The data was stored", headers(("Upload-Offset" = u64, description = "Number of stored bytes"))),
    (status = 409, description = "`Upload-Offset` is not the number of stored bytes", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId, Tus, WithUpload, WithBytes,
))]
pub(crate) fn append_upload() {}

/// Terminates an upload and deletes its data, and the track of a dub that has no other file.
#[utoipa::path(delete, path = "/admin/uploads/{id}", tag = "uploads", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The upload"), ("Tus-Resumable" = String, Header, description = "1.0.0")), responses(
    (status = 204, description = "The upload was deleted"),
    (status = 409, description = "The upload is complete", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId, Tus, WithUpload,
))]
pub(crate) fn delete_upload() {}
