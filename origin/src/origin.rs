//! The handler of every request. Its steps, in order:
//!
//! 1. **Method**: `GET` and `HEAD`; `OPTIONS` for browsers; every other method is 405.
//! 2. **Token**: a token that is invalid, expired, revoked or for another film is 403, regardless of the rest of the path.
//! 3. **Storage key**: a path that is not for viewers, or that no object has, is 404.
//! 4. **Conditional**: 304 if the client already has the object; 412 if `If-Match` fails.
//! 5. **Range**: 206 for one byte range of the object, or 416 if the object has no byte in it.
//! 6. **Bytes**: from memory, or from storage if the object is large.
//!
//! Tokens are never logged, nor are paths before they are parsed into a key.

use std::{convert::Infallible, future::Future, ops::Range, pin::Pin, sync::Arc, task};

use domain::{
    key::Key,
    token::{Grant, KeyRing},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts,
};
use tracing::{Level, debug, enabled, error};

use crate::{
    body::{AccessEntry, Body},
    cache::{Found, Missing, ObjectCache},
    config::{Config, TakeDown},
    cors::AllowedOrigins,
    encoding::{self, Encoding},
    objects::Objects,
    range::Selection,
    representation::Representation,
    revocation_list::RevocationList,
    stats::{Counters, Stats},
    target::{Access, Target},
};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Supported methods.
pub(crate) const ALLOW: &str = "GET, HEAD, OPTIONS";

/// Serves published objects to clients with a token. Cheap to clone; clones share their cache and counters.
#[derive(Clone)]
pub struct Origin(Arc<Shared>);

struct Shared {
    objects: Objects,
    keys: KeyRing,
    allowed_origins: AllowedOrigins,
    clock: fn() -> u64,
    take_down: TakeDown,
    revocations: RevocationList,
    cache: ObjectCache,
    counters: Arc<Counters>,
}

impl Origin {
    /// Creates an origin with empty caches. Fails if the folder of the disk cache cannot be used.
    pub fn new(config: Config) -> std::io::Result<Self> {
        let objects = Objects::new(config.storage.clone(), config.disk_cache.as_ref())?;
        Ok(Self(Arc::new(Shared {
            cache: ObjectCache::new(objects.clone(), config.cache_bytes),
            revocations: RevocationList::new(config.storage, config.keys.clone(), config.clock),
            objects,
            keys: config.keys,
            allowed_origins: config.allowed_origins,
            clock: config.clock,
            take_down: config.take_down,
            counters: Arc::default(),
        })))
    }

    /// Returns the counters since the start, for metrics.
    pub fn stats(&self) -> Stats {
        Stats {
            disk_cached_bytes: self.0.objects.disk_bytes(),
            ..self.0.counters.read(self.0.cache.held_bytes(), self.0.revocations.age_seconds())
        }
    }

    /// Reads the revocations list once. Await this before the origin serves, so that no request is checked without the list.
    pub async fn read_revocations(&self) {
        self.0.revocations.read().await;
    }

    /// Reads the revocations list at each [`TakeDown::poll_interval`] until `shutdown` completes. Without this task, the origin
    /// keeps the list that it has. Run it once for each origin; clones share the list.
    pub async fn follow_revocations(&self, shutdown: impl Future<Output = ()>) {
        self.0.revocations.follow(self.0.take_down.poll_interval, shutdown).await;
    }

    /// Handles a request. Its body is not read.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<Body> {
        let (request, _) = request.into_parts();
        let shared = &*self.0;
        let mut response = shared.answer(&request).await;
        response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        shared.allowed_origins.apply(&request.headers, response.headers_mut());
        shared.counters.count_request(response.status());
        response
    }
}

impl Shared {
    async fn answer(&self, request: &Parts) -> Response<Body> {
        // 1. Method
        let wants_bytes = match request.method {
            Method::GET => true,
            Method::HEAD => false,
            Method::OPTIONS => return self.preflight(&request.headers),
            _ => return refuse_method(),
        };

        // 2. Token
        let (access, path) = match Target::parse(request.uri.path()) {
            Target::Object { access, path } => (access, path),
            Target::Authorization(access) => return self.authorize(access),
            Target::Health => return plain(StatusCode::OK),
            Target::Unknown => return plain(StatusCode::NOT_FOUND),
        };
        let Some(grant) = self.check(access) else { return plain(StatusCode::FORBIDDEN) };

        // 3. Storage key
        let Ok(key) = Key::for_viewer(access.film, path) else { return plain(StatusCode::NOT_FOUND) };
        let found = match self.cache.find(&key, wanted_encoding(&key, &request.headers), &self.counters).await
        {
            Ok(found) => found,
            Err(Missing::Absent) => return plain(StatusCode::NOT_FOUND),
            Err(Missing::Failed) => return plain(StatusCode::INTERNAL_SERVER_ERROR),
        };
        let object = Representation::new(&key, found);

        // 4. Conditional
        if let Some(status) = object.precondition(&request.headers) {
            return object.answer(status, None, Body::empty());
        }

        // 5. Range
        let (status, part) = match object.select(request) {
            Selection::Whole => (StatusCode::OK, 0..object.size_bytes),
            Selection::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
            Selection::Unsatisfiable => {
                return object.answer(StatusCode::RANGE_NOT_SATISFIABLE, None, Body::empty());
            }
        };

        // 6. Bytes
        let body = if wants_bytes {
            self.objects.prefetch_after(&key);
            match self.open(&object, part.clone()).await {
                Ok(body) => body.recorded(&self.counters, access_entry(request, access, grant, &key, status)),
                Err(status) => return plain(status),
            }
        } else {
            Body::empty()
        };
        object.answer(status, Some(part), body)
    }
}

impl Shared {
    fn preflight(&self, request: &HeaderMap) -> Response<Body> {
        let mut response = plain(StatusCode::NO_CONTENT);
        self.allowed_origins.preflight(request, response.headers_mut());
        response
    }

    /// Answers a caching proxy that must check a token before it serves its copy: 204 with the number of seconds for which the
    /// proxy may cache the answer, at most until the token expires; or 403.
    fn authorize(&self, access: Access<'_>) -> Response<Body> {
        let Some(grant) = self.check(access) else { return plain(StatusCode::FORBIDDEN) };
        let left = u64::from(grant.expires_at).saturating_sub((self.clock)());
        let mut response = plain(StatusCode::NO_CONTENT);
        let lifetime = format!("max-age={}", left.min(self.take_down.authorization_seconds));
        response.headers_mut().insert(
            header::CACHE_CONTROL,
            HeaderValue::from_str(&lifetime).expect("digits are visible ASCII"),
        );
        response
    }

    /// Returns the token's grant if it is valid now, for this film, and not revoked. The reason of a refusal is only logged.
    fn check(&self, access: Access<'_>) -> Option<Grant> {
        let checked = self.keys.verify(access.token, access.film, (self.clock)());
        let reason: &dyn std::fmt::Display = match &checked {
            Ok(grant) if self.revocations.refuses(access.film, grant) => {
                self.counters.count_revoked();
                &"revoked"
            }
            Ok(grant) => return Some(*grant),
            Err(error) => error,
        };
        debug!(film.id = %access.film, %reason, "Refused a playback token");
        None
    }

    /// Opens a part of an object that was found.
    async fn open(&self, object: &Representation<'_>, part: Range<u64>) -> Result<Body, StatusCode> {
        if let Found::Whole(in_memory) = &object.found {
            return Ok(Body::from_memory(in_memory, part, &self.objects, object.key));
        }
        match self.objects.get(object.key, Some(part.clone())).await {
            Ok(Some(reader)) if reader.range() == part => Ok(Body::from_storage(reader)),
            Ok(_) => Err(StatusCode::NOT_FOUND),
            Err(error) => {
                error!(
                    key = object.key.as_str(),
                    error = &*error as &dyn std::error::Error,
                    "Could not open an object in storage; answering with status 500"
                );
                Err(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

/// Returns the entry for the access log, if that is enabled.
fn access_entry(
    request: &Parts,
    access: Access<'_>,
    grant: Grant,
    key: &Key,
    status: StatusCode,
) -> Option<AccessEntry> {
    enabled!(target: "origin::access", Level::DEBUG).then(|| AccessEntry {
        film: access.film,
        session: grant.session,
        key: key.clone(),
        status,
        request_id: request_id(&request.headers),
        sent_bytes: 0,
    })
}

/// Returns the request's id, if it is as short as an id: a token, which is longer, must not reach the log this way.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(&X_REQUEST_ID)?.to_str().ok()?;
    let is_id = (1..=36).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_id.then(|| id.to_owned())
}

fn wanted_encoding(key: &Key, request: &HeaderMap) -> Encoding {
    let accepted = request.get_all(header::ACCEPT_ENCODING).into_iter().map(HeaderValue::as_bytes);
    if encoding::is_compressible(key) && encoding::accepts_gzip(accepted) {
        Encoding::Gzip
    } else {
        Encoding::Identity
    }
}

/// Returns a response with a status and an empty body.
fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status != StatusCode::NO_CONTENT {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(0));
    }
    response
}

fn refuse_method() -> Response<Body> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(ALLOW));
    response
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<B: Send + 'static> tower::Service<Request<B>> for Origin {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> task::Poll<Result<(), Infallible>> {
        task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        hyper::service::Service::call(self, request)
    }
}

impl<B: Send + 'static> hyper::service::Service<Request<B>> for Origin {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Response<Body>, Infallible>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        let origin = self.clone();
        Box::pin(async move { Ok(origin.handle(request).await) })
    }
}
