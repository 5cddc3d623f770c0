//! tus 1.0 uploads (<https://tus.io/protocols/resumable-upload>), carried out by `ingest`.
//!
//! The functions here are never called: they describe `ingest`'s routes in the OpenAPI document.
#![expect(dead_code, reason = "only their descriptions are used")]

use utoipa::IntoResponses;

use crate::http::{
    problem::Problem,
    responses::{Guarded, WithId},
};

/// What any tus request may answer.
#[derive(IntoResponses)]
enum Tus {
    /// Tus-Resumable is not 1.0.0
    #[response(status = 412, content_type = "application/problem+json")]
    Version(Problem),
    /// Another connection is writing this upload; Retry-After says when to try again
    #[response(status = 423, content_type = "application/problem+json")]
    Busy(Problem),
}

/// What a request that carries bytes of a master may answer.
#[derive(IntoResponses)]
enum WithBytes {
    /// A header is missing or malformed, or the connection ended early
    #[response(status = 400, content_type = "application/problem+json")]
    Header(Problem),
    /// No bytes came for a while; what came is kept
    #[response(status = 408, content_type = "application/problem+json")]
    Stalled(Problem),
    /// Larger than this server takes, or more bytes than were announced
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// The bytes are not sent as application/offset+octet-stream
    #[response(status = 415, content_type = "application/problem+json")]
    NotBytes(Problem),
    /// The bytes do not match Upload-Checksum; none were kept
    #[response(status = 460, content_type = "application/problem+json")]
    Checksum(Problem),
    /// The account is sending as many files as it may at a time (`too-many-uploads`); Retry-After says when to try again
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(Problem),
    /// The storage is full (`storage-full`) and what came is kept, or the server is stopping: resume later
    #[response(status = 503, content_type = "application/problem+json")]
    StorageFull(Problem),
    /// The file is larger than the free space; `detail` says how much is missing
    #[response(status = 507, content_type = "application/problem+json")]
    NoSpace(Problem),
}

/// What a request about an upload may answer.
#[derive(IntoResponses)]
enum OfUpload {
    /// The upload was given up because no bytes came for too long, or its bytes are lost: start again
    #[response(status = 410, content_type = "application/problem+json")]
    Gone(Problem),
}

/// What this server's tus can do.
#[utoipa::path(options, path = "/admin/uploads", tag = "uploads", security(("bearer" = [])), responses(
    (status = 204, description = "See the headers", headers(
        ("Tus-Version" = String, description = "1.0.0"),
        ("Tus-Extension" = String, description = "Extensions, comma-separated"),
        ("Tus-Max-Size" = u64, description = "Largest master in bytes"))),
    Guarded,
))]
pub(crate) fn describe_uploads() {}

/// Begins the upload of a master.
#[utoipa::path(post, path = "/admin/uploads", tag = "uploads", security(("bearer" = [])),
    params(
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Length" = u64, Header, description = "Size of the whole master in bytes"),
        ("Upload-Metadata" = String, Header, description = "`filename <base64>,film_id <base64>`"),
    ), responses(
    (status = 201, description = "Begun", headers(
        ("Location" = String, description = "Where the bytes go: /api/admin/uploads/{id}"),
        ("Upload-Expires" = String, description = "When it is given up if no more bytes come"))),
    (status = 404, description = "No such film", body = Problem, content_type = "application/problem+json"),
    Guarded, Tus, WithBytes,
))]
pub(crate) fn create_upload() {}

/// How much of a master is safely stored.
#[utoipa::path(head, path = "/admin/uploads/{id}", tag = "uploads", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The file"), ("Tus-Resumable" = String, Header, description = "1.0.0")), responses(
    (status = 200, description = "See the headers", headers(
        ("Upload-Offset" = u64, description = "Bytes stored"),
        ("Upload-Length" = u64, description = "Bytes in all"))),
    Guarded, WithId, Tus, OfUpload,
))]
pub(crate) fn get_upload() {}

/// Adds bytes to a master.
#[utoipa::path(patch, path = "/admin/uploads/{id}", tag = "uploads", security(("bearer" = [])),
    request_body(content_type = "application/offset+octet-stream", content = Vec<u8>),
    params(
        ("id" = Uuid, Path, description = "The file"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Offset" = u64, Header, description = "Where the bytes go; must be what is stored"),
        ("Upload-Checksum" = Option<String>, Header, description = "`sha256 <base64>` of the bytes sent"),
    ), responses(
    (status = 204, description = "Stored", headers(("Upload-Offset" = u64, description = "Bytes stored"))),
    (status = 409, description = "Upload-Offset is not what is stored", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId, Tus, OfUpload, WithBytes,
))]
pub(crate) fn append_upload() {}

/// Gives up an upload and removes its bytes.
#[utoipa::path(delete, path = "/admin/uploads/{id}", tag = "uploads", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The file"), ("Tus-Resumable" = String, Header, description = "1.0.0")), responses(
    (status = 204, description = "Removed"),
    (status = 409, description = "It is complete, and so no longer an upload", body = Problem, content_type = "application/problem+json"),
    Guarded, WithId, Tus, OfUpload,
))]
pub(crate) fn delete_upload() {}
