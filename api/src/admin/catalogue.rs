//! Export and import of the whole catalogue as a file.

use std::{io, sync::Arc, time::Duration};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use db::{
    DbError,
    catalogue::{Export, Report},
};
use domain::catalogue::{self, Format};
use futures_util::stream;
use garde::Validate;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{self, error::SendTimeoutError};
use tracing::info;
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    auth::identity::Editor,
    http::{
        body::{ClientTimeouts, read_body},
        error::ApiError,
        problem::{FieldProblem, Problem},
        query::ValidQuery,
        responses::{Guarded, WithQuery},
    },
};

/// Maximum size of an imported file: enough for [`catalogue::MAX_FILMS`] films with a page of text each.
const MAX_FILE_BYTES: usize = 64 << 20;

/// Format of a catalogue file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CatalogueFormat {
    /// JSON: `{"films": [...]}`
    #[default]
    Json,
    /// CSV: a table for spreadsheets
    Csv,
}

/// Query parameters of an export.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// Format of the file; default `json`
    #[param(inline)]
    format: Option<CatalogueFormat>,
}

/// Query parameters of an import.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// Format of the file; default `json`
    #[param(inline)]
    format: Option<CatalogueFormat>,
    /// Whether to only report what the import would do; default true
    dry_run: Option<bool>,
}

/// An error in an imported file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LineProblem {
    /// Number of the line on which the film begins, from 1.
    #[schema(examples(12))]
    pub(crate) line: u64,
    /// Column or field; empty if the error concerns the whole line.
    #[schema(examples("title_lo"))]
    pub(crate) field: String,
    /// What is wrong and how to correct it.
    #[schema(examples("must have 1 to 200 characters"))]
    pub(crate) detail: String,
}

/// Result of an import or of a dry run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ImportReport {
    /// Whether the import was applied; false for a dry run.
    pub(crate) applied: bool,
    /// Number of new films.
    pub(crate) created: usize,
    /// Number of changed films.
    pub(crate) changed: usize,
    /// Number of films that already match the file.
    pub(crate) unchanged: usize,
    /// Names of the genres that the import creates.
    pub(crate) new_genres: Vec<String>,
    /// Names of the people that the import creates.
    pub(crate) new_people: Vec<String>,
    /// Names of the categories that the import creates.
    pub(crate) new_categories: Vec<String>,
    /// The first 500 errors. A file with an error is not imported at all.
    pub(crate) errors: Vec<LineProblem>,
    /// Number of all errors.
    pub(crate) error_count: usize,
}

/// Exports all films as a file that `POST` can import.
///
/// The file contains everything that an editor can change, and the `version` of each film.
///
/// In CSV, texts have a column for each language (`title_lo`, `synopsis_en`, `awards_fr`). A list is one cell: its items are
/// separated by `|` and the parts of an item by `:`, for example `drama:lo=ດຣາມາ:en=Drama`, `actor:noy:as en=the aunt` or
/// `new-films:place=3`. A backslash escapes the characters `\|:=`. A cell that a spreadsheet would read as a formula (it begins
/// with `=`, `+`, `-` or `@`) begins with an apostrophe. The file is UTF-8 with a byte order mark.
#[utoipa::path(get, path = "/admin/catalogue", tag = "admin", security(("bearer" = [])), params(ExportQuery), responses(
    (status = 200, description = "The file", content((serde_json::Value = "application/json"), (String = "text/csv")),
        headers(("Content-Disposition" = String, description = "Suggested file name"))),
    (status = 503, description = "Too many exports are running; retry after the seconds in `Retry-After`",
        body = Problem, content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds"))),
    Guarded, WithQuery,
))]
pub(crate) async fn export_catalogue(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    ValidQuery(query): ValidQuery<ExportQuery>,
) -> Result<Response, ApiError> {
    let format = Format::from(query.format.unwrap_or_default());
    let Ok(permit) = Arc::clone(&app.catalogue_permits.exports).try_acquire_owned() else {
        return Err(ApiError::Busy {
            detail: "Too many exports of the catalogue are running. Try again in a minute.",
            retry_after_s: 60,
        });
    };
    let mut export = Export::begin(&app.db, format).await?;
    // Read before the response begins, so that a database error still gets its own status.
    let first = export.next_part().await?;
    info!(user.id = %user.account.id, format = format.as_str(), "Exporting the catalogue");
    let (parts, receiver) = mpsc::channel(1);
    let stall = app.client_timeouts.export_part;
    tokio::spawn(async move {
        if let Err(error) = send_parts(export, first, &parts, stall).await {
            info!(%error, "Aborted an export of the catalogue");
        }
        drop(permit);
    });
    let body = stream::unfold(receiver, async |mut receiver| {
        let part = match receiver.recv().await {
            Some(Part::Bytes(bytes)) => Ok(bytes),
            Some(Part::End) => return None,
            // The error resets the connection, so that the client does not take the file for complete.
            None => Err(io::Error::other("the export was aborted")),
        };
        Some((part, receiver))
    });
    let name = format!("attachment; filename=\"nang-catalogue-{}.{}\"", app.now().date(), format.as_str());
    let headers =
        [(header::CONTENT_TYPE, format.media_type().to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// A message from an export to its response.
enum Part {
    Bytes(Bytes),
    End,
}

/// Why an export was aborted.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("the client read nothing for {} s", .0.as_secs())]
    Stalled(Duration),
    #[error("the client disconnected")]
    Disconnected,
}

/// Sends the file to the response part by part. Runs in a separate task with a timeout: a response body is not polled while the
/// client reads nothing, so the body itself could never release its database connection.
async fn send_parts(
    mut export: Export,
    first: Option<Vec<u8>>,
    parts: &mpsc::Sender<Part>,
    stall: Duration,
) -> Result<(), ExportError> {
    let mut next = first;
    loop {
        let (part, is_end) = next.map_or((Part::End, true), |part| (Part::Bytes(part.into()), false));
        match parts.send_timeout(part, stall).await {
            Ok(()) if is_end => return Ok(()),
            Ok(()) => next = export.next_part().await?,
            Err(SendTimeoutError::Timeout(_)) => return Err(ExportError::Stalled(stall)),
            Err(SendTimeoutError::Closed(_)) => return Err(ExportError::Disconnected),
        }
    }
}

/// Imports a file as `GET` exports it, completely or not at all.
///
/// Unless `dry_run` is false, the response only reports what the import would do.
///
/// A film is identified by `id` or else by `slug`; a film with neither is new. Each item is a merge patch (RFC 7396) of a film:
/// omitted fields keep their values, and null or an empty cell removes the value. A film that changes must have its current
/// `version`; a film that already matches the file may have any version, so an import can be repeated. Genres, people and
/// categories are given by slug, by name, or as `{"slug", "names"}`; the import creates those that do not exist.
#[utoipa::path(post, path = "/admin/catalogue", tag = "admin", security(("bearer" = [])), params(ImportQuery),
    request_body(content((serde_json::Value = "application/json"), (String = "text/csv"))),
    responses(
    (status = 200, description = "What the import did; for a dry run what it would do, and the errors in the file", body = ImportReport),
    (status = 400, description = "A query parameter is unknown or invalid, or the body ended early", body = Problem, content_type = "application/problem+json"),
    (status = 408, description = "The client sent the file too slowly or stopped sending", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Another import is running", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "The file is too large", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "The Content-Type does not match `format`", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The file has errors, so nothing was imported; `errors` has each line and field", body = Problem, content_type = "application/problem+json"),
    Guarded,
))]
pub(crate) async fn import_catalogue(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    ValidQuery(query): ValidQuery<ImportQuery>,
    request: Request,
) -> Result<Json<ImportReport>, ApiError> {
    let format = Format::from(query.format.unwrap_or_default());
    let dry_run = query.dry_run.unwrap_or(true);
    if !has_media_type(&request, format) {
        return Err(ApiError::UnsupportedMediaType(format.media_type()));
    }
    let ClientTimeouts { idle, file, .. } = app.client_timeouts;
    let file = read_body(request.into_body(), MAX_FILE_BYTES, idle, file).await?;
    // The permit is taken after the file has arrived, so that a slow client does not block other imports.
    let Ok(permit) = Arc::clone(&app.catalogue_permits.imports).try_acquire_owned() else {
        return Err(ApiError::Conflict(
            "Another import is running. Try again when it has finished.".to_owned(),
        ));
    };
    // Parsing continues if the client disconnects, so the blocking task holds the permit.
    let lines = tokio::task::spawn_blocking(move || (catalogue::read(format, &file), permit));
    let (lines, _permit) = lines.await.map_err(ApiError::internal)?;
    let new_id = || app.new_id();
    let report =
        db::catalogue::import(&app.db, &user.author(), lines, dry_run, new_id, &mut |_, _| {}).await?;
    info!(
        user.id = %user.account.id,
        dry_run,
        applied = report.applied,
        created = report.created,
        changed = report.changed,
        errors = report.errors.count,
        "Processed a catalogue file"
    );
    if !dry_run && !report.applied {
        return Err(refusal(report));
    }
    Ok(Json(report.into()))
}

fn refusal(report: Report) -> ApiError {
    let problem = |error: catalogue::LineError| FieldProblem {
        field: format!(
            "line {}{}{}",
            error.line,
            if error.field.is_empty() { "" } else { ": " },
            error.field
        ),
        detail: error.detail,
    };
    let detail = format!(
        "The file has {} errors, so nothing was imported; errors lists the first ones.",
        report.errors.count
    );
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "import-refused", "Nothing was imported", detail)
        .with_errors(report.errors.first.into_iter().map(problem).collect())
        .into()
}

fn has_media_type(request: &Request, format: Format) -> bool {
    request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case(format.media_type()))
}

impl From<CatalogueFormat> for Format {
    fn from(format: CatalogueFormat) -> Self {
        match format {
            CatalogueFormat::Json => Self::Json,
            CatalogueFormat::Csv => Self::Csv,
        }
    }
}

impl From<Report> for ImportReport {
    fn from(report: Report) -> Self {
        let error = |error: catalogue::LineError| LineProblem {
            line: error.line,
            field: error.field,
            detail: error.detail,
        };
        Self {
            applied: report.applied,
            created: report.created,
            changed: report.changed,
            unchanged: report.unchanged,
            new_genres: report.new_genres,
            new_people: report.new_people,
            new_categories: report.new_categories,
            error_count: report.errors.count,
            errors: report.errors.first.into_iter().map(error).collect(),
        }
    }
}
