//! The whole catalogue as a file, out and in.

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
        body::{Patience, read_body},
        error::ApiError,
        problem::{FieldProblem, Problem},
        query::ValidQuery,
        responses::{Guarded, WithQuery},
    },
};

/// Largest file that is taken in: what [`catalogue::MAX_FILMS`] with a page of text each come to.
const MAX_FILE_BYTES: usize = 64 << 20;

/// How a catalogue is written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CatalogueFormat {
    /// `{"films": [...]}`
    #[default]
    Json,
    /// A table for spreadsheets
    Csv,
}

/// Which file.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// How it is written; `json` if not given
    #[param(inline)]
    format: Option<CatalogueFormat>,
}

/// How a file is to be taken in.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// How it is written; `json` if not given
    #[param(inline)]
    format: Option<CatalogueFormat>,
    /// Whether only to say what would be done; it is, if not given
    dry_run: Option<bool>,
}

/// Something that is wrong with a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LineProblem {
    /// Line on which the film begins, from 1.
    #[schema(examples(12))]
    pub(crate) line: u64,
    /// The column or field; empty when it is about the whole line.
    #[schema(examples("title_lo"))]
    pub(crate) field: String,
    /// What is wrong and what to do.
    #[schema(examples("must have 1 to 200 characters"))]
    pub(crate) detail: String,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ImportReport {
    /// Whether it was done; false in a dry run.
    pub(crate) applied: bool,
    /// Films that are new.
    pub(crate) created: usize,
    /// Films that change.
    pub(crate) changed: usize,
    /// Films that are as the file says already.
    pub(crate) unchanged: usize,
    /// Names of genres that do not exist and are made.
    pub(crate) new_genres: Vec<String>,
    /// Names of people who do not exist and are made.
    pub(crate) new_people: Vec<String>,
    /// Names of categories that do not exist and are made.
    pub(crate) new_categories: Vec<String>,
    /// What is wrong, the first 500; with any of it, nothing can be imported.
    pub(crate) errors: Vec<LineProblem>,
    /// How much is wrong.
    pub(crate) error_count: usize,
}

/// All films as a file, as `POST` takes it back: everything an editor can change, and each film's `version`.
///
/// In CSV, texts have a column for each language (`title_lo`, `synopsis_en`, `awards_fr`), and lists are in one cell:
/// things separated by `|`, their parts by `:`, as in `drama:lo=ດຣາມາ:en=Drama`, `actor:noy:as en=the aunt`,
/// `new-films:place=3`; a backslash before one of `\|:=` makes it plain. A cell that a spreadsheet would take for a formula
/// (it begins with `=`, `+`, `-` or `@`) has an apostrophe before it. The file is UTF-8 with a byte order mark.
#[utoipa::path(get, path = "/admin/catalogue", tag = "admin", security(("bearer" = [])), params(ExportQuery), responses(
    (status = 200, description = "The file", content((serde_json::Value = "application/json"), (String = "text/csv")),
        headers(("Content-Disposition" = String, description = "A name for it"))),
    (status = 503, description = "As many are exporting it as this server serves at once; Retry-After says when to try again",
        body = Problem, content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds"))),
    Guarded, WithQuery,
))]
pub(crate) async fn export_catalogue(
    State(app): State<Arc<App>>,
    Editor(user): Editor,
    ValidQuery(query): ValidQuery<ExportQuery>,
) -> Result<Response, ApiError> {
    let format = Format::from(query.format.unwrap_or_default());
    let Ok(turn) = Arc::clone(&app.catalogue_turns.exports).try_acquire_owned() else {
        return Err(ApiError::Busy {
            detail: "Others are exporting the catalogue now. Try again in a minute.",
            retry_after_s: 60,
        });
    };
    let mut export = Export::begin(&app.db, format).await?;
    // Before the answer begins, so that trouble with the database is an answer of its own.
    let first = export.next_part().await?;
    info!(user.id = %user.account.id, format = format.as_str(), "Exports the catalogue");
    let (parts, taken) = mpsc::channel(1);
    let stall = app.patience.export_part;
    tokio::spawn(async move {
        if let Err(error) = send_parts(export, first, &parts, stall).await {
            info!(%error, "An export was cut off");
        }
        drop(turn);
    });
    let body = stream::unfold(taken, async |mut taken| {
        let part = match taken.recv().await {
            Some(Part::Bytes(bytes)) => Ok(bytes),
            Some(Part::End) => return None,
            // So that the file is not taken for whole.
            None => Err(io::Error::other("the export was cut off")),
        };
        Some((part, taken))
    });
    let name = format!("attachment; filename=\"nang-catalogue-{}.{}\"", app.now().date(), format.as_str());
    let headers =
        [(header::CONTENT_TYPE, format.media_type().to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// What goes from an export to its answer.
enum Part {
    Bytes(Bytes),
    End,
}

/// Why an export did not get to its end.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("its reader took nothing for {} seconds", .0.as_secs())]
    Stalled(Duration),
    #[error("its reader went away")]
    Gone,
}

/// Hands out the file part by part. In a task of its own, because an answer that nobody reads is not asked for more, and so
/// could never let go of its connection to the database.
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
            Err(SendTimeoutError::Closed(_)) => return Err(ExportError::Gone),
        }
    }
}

/// Takes a file in as `GET` gives it: all of it or nothing, and first, unless `dry_run` is false, only says what it would do.
///
/// Each film is found by `id`, else by `slug`, else it is new. What is not named stays, and null, or an empty cell, removes:
/// each item is a merge patch (RFC 7396) of a film. A film that changes must have the `version` it has now; one that is as
/// the file says already may have any, so that an import can be repeated. Genres, people and categories are named by slug
/// or by name, or as `{"slug", "names"}`; those that do not exist are made.
#[utoipa::path(post, path = "/admin/catalogue", tag = "admin", security(("bearer" = [])), params(ImportQuery),
    request_body(content((serde_json::Value = "application/json"), (String = "text/csv"))),
    responses(
    (status = 200, description = "What was done; in a dry run what would be, and what is wrong", body = ImportReport),
    (status = 400, description = "A query parameter is unknown or invalid, or the body ended early", body = Problem, content_type = "application/problem+json"),
    (status = 408, description = "The file stopped coming, or came too slowly", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Another import is under way", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "The file is too large", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "The content type is not that of the format", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "Something is wrong with the file and nothing was imported; `errors` names each line and field", body = Problem, content_type = "application/problem+json"),
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
    if !is_of(format, &request) {
        return Err(ApiError::NotOfType(format.media_type()));
    }
    let Patience { idle, file, .. } = app.patience;
    let file = read_body(request.into_body(), MAX_FILE_BYTES, idle, file).await?;
    // The turn begins when the file is there, so that no import waits for another client's slow link.
    let Ok(turn) = Arc::clone(&app.catalogue_turns.imports).try_acquire_owned() else {
        return Err(ApiError::Conflict("Another import is under way. Try again when it is done.".to_owned()));
    };
    // Reading goes on although the client goes away, and so it has the turn meanwhile.
    let lines = tokio::task::spawn_blocking(move || (catalogue::read(format, &file), turn));
    let (lines, _turn) = lines.await.map_err(ApiError::internal)?;
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
        "Imported a catalogue"
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
        "The file has {} errors, and nothing of it was imported; errors names the first.",
        report.errors.count
    );
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "import-refused", "Nothing was imported", detail)
        .with_errors(report.errors.first.into_iter().map(problem).collect())
        .into()
}

fn is_of(format: Format, request: &Request) -> bool {
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
