//! Accepts masters: tus 1.0 (<https://tus.io/protocols/resumable-upload>) with its creation, creation-with-upload,
//! termination, checksum and expiration extensions. Deferred length and concatenation are refused.
//!
//! An upload is a row in the database that never says more than storage holds for certain, together with the running
//! hash at that byte; so a server killed at any moment goes on from the row. One request at a time writes to an upload, of
//! all requests to all servers: the row has a lease. A request that waits for its client holds nothing that others need.

mod account;
mod append;
mod checksum;
mod create;
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
use db::audit::Author;
use domain::id::FileId;
use http::{HeaderValue, Method};
use storage::Storage;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use account::{Accounts, Place};
use error::IngestError;
use lease::Leases;
pub use permission::Permission;
pub use sweeper::{SweepError, Sweeper, Swept};

/// Uploads that an account may send at a time, unless it is configured otherwise. A browser sends a few.
pub const DEFAULT_UPLOADS_PER_ACCOUNT: usize = 32;

/// How masters are taken in.
#[derive(Clone, Debug)]
pub struct Config {
    /// The uploads' rows.
    pub db: Db,
    /// Where the bytes go.
    pub storage: Storage,
    /// Largest master taken.
    pub max_size_bytes: u64,
    /// Free space that uploads leave untouched: the database may be on the same disk, and must never meet a full one.
    pub min_free_bytes: u64,
    /// How long an upload waits for its next byte before it is given up.
    pub expiry: Duration,
    /// Uploads that an account may send at a time to this server.
    pub max_uploads_per_account: usize,
    /// The time.
    pub clock: fn() -> OffsetDateTime,
    /// Cancelled when the server is to stop: running requests then keep what they have and end.
    pub shutdown: CancellationToken,
}

/// What every request needs. Cheap to clone.
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

    fn take_place(&self, author: Option<&Author>) -> Result<Place, IngestError> {
        self.accounts.take_place(author, self.config.max_uploads_per_account)
    }
}

/// tus at `/`. Who may come here is for the caller to check; in a request's extensions, an [`Author`] is who the audit log names,
/// and a [`Permission`] is asked before an upload becomes a master.
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

/// The method that counts, one of `allowed`, once it is sure that the client speaks our tus. Clients whose surroundings
/// know no PATCH name it in a header (tus 1.0, "X-HTTP-Method-Override").
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
