//! Accepts masters and dubs: tus 1.0 (<https://tus.io/protocols/resumable-upload>) with its creation, creation-with-upload,
//! termination, checksum and expiration extensions. Deferred length and concatenation are refused.
//!
//! An upload is a row in the database. The row never counts more bytes than storage holds durably, and it has the running
//! hash up to that byte, so a server that was killed at any moment resumes from the row. The row has a lease: of all requests
//! to all servers, only one at a time writes to an upload. A request that waits for its client holds nothing that others need.

mod account;
mod append;
mod checksum;
mod create;
mod dub_metadata;
mod error;
mod finish;
mod headers;
mod inspect;
mod lease;
mod metadata;
mod permission;
mod receive;
mod record;
mod space;
mod sweeper;
mod terminate;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::any;
use db::Db;
use db::{audit::Author, film_file};
use domain::id::FileId;
use http::{HeaderValue, Method};
use storage::Storage;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use tracing::{Span, info_span};

use account::{Accounts, Slot};
use error::IngestError;
use lease::Leases;
pub use permission::Permission;
pub use sweeper::{SweepError, Sweeper, Swept};

/// Default number of uploads that an account may send at a time. A browser sends a few.
pub const DEFAULT_UPLOADS_PER_ACCOUNT: usize = 32;

/// Configuration of uploads.
#[derive(Clone, Debug)]
pub struct Config {
    /// Database with the uploads' rows.
    pub db: Db,
    /// Storage for the uploaded bytes.
    pub storage: Storage,
    /// Maximum size of a master.
    pub max_size_bytes: u64,
    /// Free space that uploads must leave on the disk: the database may be on the same disk and must never find it full.
    pub min_free_bytes: u64,
    /// How long an upload waits for its next byte before it expires.
    pub expiry: Duration,
    /// Maximum number of uploads that an account may send to this server at a time.
    pub max_uploads_per_account: usize,
    /// Returns the current time.
    pub clock: fn() -> OffsetDateTime,
    /// Cancelled when the server must stop: running requests then keep the bytes they have received and end.
    pub shutdown: CancellationToken,
    /// Makes a span a part of a trace (a W3C `traceparent`); `None` if no traces are made.
    pub adopt_trace: Option<fn(&Span, &str)>,
}

/// State shared by all requests. Cheap to clone.
#[derive(Clone)]
struct Ingest {
    config: Arc<Config>,
    leases: Leases,
    accounts: Accounts,
}

impl Ingest {
    fn expires_at(&self) -> OffsetDateTime {
        (self.config.clock)() + self.config.expiry
    }

    /// Returns the span in which bytes of an upload are received: a part of the trace of the request that created it. Without traces,
    /// there is no such span.
    async fn trace_span(&self, file: FileId) -> Span {
        let Some(adopt) = self.config.adopt_trace else { return Span::none() };
        let span = info_span!("receive", file.id = %file);
        if let Ok(Some(trace)) = film_file::trace_context(&self.config.db, file).await {
            adopt(&span, &trace);
        }
        span
    }

    fn take_slot(&self, author: Option<&Author>) -> Result<Slot, IngestError> {
        self.accounts.take_slot(author, self.config.max_uploads_per_account)
    }
}

/// Returns a router with the tus endpoints at `/`. The caller must check access. If a request's extensions contain an
/// [`Author`], the audit log names it; if they contain a [`Permission`], it is checked before an upload becomes a master.
pub fn router(config: Config) -> Router {
    let leases = Leases::new(config.db.clone());
    let ingest = Ingest { config: Arc::new(config), leases, accounts: Accounts::default() };
    Router::new().route("/", any(route_uploads)).route("/{id}", any(route_upload)).with_state(ingest)
}

async fn route_uploads(State(ingest): State<Ingest>, request: Request) -> Response {
    let answer = match effective_method(&request, "OPTIONS, POST") {
        Ok(Method::POST) => create::create_upload(&ingest, request).await,
        Ok(_) => Ok(inspect::describe_server(&ingest)),
        Err(error) => Err(error),
    };
    finish_response(&ingest, answer)
}

async fn route_upload(State(ingest): State<Ingest>, Path(id): Path<String>, request: Request) -> Response {
    let answer = match (effective_method(&request, "OPTIONS, HEAD, PATCH, DELETE"), id.parse::<FileId>()) {
        (Err(error), _) => Err(error),
        (Ok(Method::HEAD), Ok(file)) => inspect::inspect_upload(&ingest, file).await,
        (Ok(Method::PATCH), Ok(file)) => append::append_upload(&ingest, file, request).await,
        (Ok(Method::DELETE), Ok(file)) => {
            let author = request.extensions().get().unwrap_or(&Author::NANG);
            terminate::delete_upload(&ingest, file, author).await
        }
        (Ok(Method::OPTIONS), _) => Ok(inspect::describe_server(&ingest)),
        (Ok(_), _) => Err(IngestError::UnknownUpload),
    };
    finish_response(&ingest, answer)
}

/// Returns the request's method if it is one of `allowed` and the client's tus version is supported. A client whose environment
/// does not support PATCH may name the method in a header (tus 1.0, "X-HTTP-Method-Override").
fn effective_method(request: &Request, allowed: &'static str) -> Result<Method, IngestError> {
    let named = request.headers().get(headers::METHOD_OVERRIDE);
    let method = named.map_or(request.method().as_str().as_bytes(), HeaderValue::as_bytes);
    if !allowed.split(", ").any(|allowed| allowed.as_bytes() == method) {
        return Err(IngestError::Method(allowed));
    }
    let method = Method::from_bytes(method).map_err(|_| IngestError::Method(allowed))?;
    if method != Method::OPTIONS {
        headers::check_version(request.headers())?;
    }
    Ok(method)
}

fn finish_response(ingest: &Ingest, answer: Result<Response, IngestError>) -> Response {
    let mut response = answer.unwrap_or_else(|error| error.respond(&ingest.config));
    response.headers_mut().insert(headers::TUS_RESUMABLE, headers::VERSION);
    response
}
