//! The worker's side: requests to the server.

use std::{io, ops::Range, sync::Arc, time::Duration};

use bytes::Bytes;
use db::queue::Lease;
use domain::{key::Key, output::StoredObject};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, header::RANGE};
use serde::Serialize;
use serde_json::Value;
use storage::StorageError;
use tokio::sync::watch;

use super::{Assignment, Ended, LEASE_HEADER, PATH, Prospect, RemoteError, Renewal, WORKER_HEADER};
use crate::{
    execute::execute,
    job::Outcome,
    lease::Progress,
    objects::{BuildObjects, ObjectError},
    sandbox::{Master, Sandbox},
};

/// Time limit of small requests.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Time limit of requests with objects or ranges of a master, for slow links.
const LONG_TIMEOUT: Duration = Duration::from_mins(5);
/// Delays before a request is repeated that may succeed later. The lease is renewed in the meantime.
const RETRY_DELAYS: [Duration; 5] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(8),
    Duration::from_secs(15),
];

/// A server that gives out jobs. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Server(Arc<Connection>);

struct Connection {
    http: Client,
    /// The address of the routes, without a slash at its end.
    base: String,
    token: String,
    name: String,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the server {}", self.base)
    }
}

impl Server {
    pub(crate) fn new(address: &str, token: String, name: String) -> Result<Self, RemoteError> {
        let unusable = |why: &str| RemoteError::Address(format!("{address} {why}"));
        let url = Url::parse(address).ok().filter(Url::has_host);
        let url =
            url.ok_or_else(|| unusable("is not the address of a server, such as https://films.example.la"))?;
        let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && is_here) {
            return Err(unusable(
                "must begin with https://, because the token and masters must be encrypted on the way",
            ));
        }
        let http = Client::builder()
            .user_agent(concat!("nang/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| unusable(&format!("cannot be used: {error}")))?;
        let base = format!("{}{PATH}", url.as_str().trim_end_matches('/'));
        Ok(Self(Arc::new(Connection { http, base, token, name })))
    }

    pub(crate) async fn claim(&self) -> Result<Option<Assignment>, RemoteError> {
        let response = send(self.request(Method::POST, "/claim", TIMEOUT)).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        Ok(Some(response.json().await.map_err(connection)?))
    }

    pub(crate) async fn renew(&self, lease: &Lease, progress: Option<Progress>) -> Result<(), RemoteError> {
        self.post(lease, "renew", &Renewal { progress }, TIMEOUT).await
    }

    pub(crate) async fn end(&self, lease: &Lease, ended: &Ended) -> Result<(), RemoteError> {
        self.post(lease, "end", ended, LONG_TIMEOUT).await
    }

    pub(crate) async fn has_work(&self) -> Result<bool, RemoteError> {
        let response = send(self.request(Method::GET, "/prospect", TIMEOUT)).await?;
        Ok(response.json::<Prospect>().await.map_err(connection)?.has_work)
    }

    /// Does the work of a job in the sandbox.
    pub(crate) async fn run(
        &self,
        assignment: &Assignment,
        sandbox: &Sandbox,
        progress: watch::Sender<Progress>,
    ) -> Outcome {
        let (server, lease) = (self.clone(), assignment.lease());
        let master = RemoteMaster { server, lease, size_bytes: assignment.master_bytes };
        let objects = BuildObjects::remote(RemoteStore { server: self.clone(), lease });
        execute(sandbox, &assignment.work, Arc::new(master), objects, progress).await.into()
    }

    async fn post(
        &self,
        lease: &Lease,
        action: &str,
        body: &impl Serialize,
        timeout: Duration,
    ) -> Result<(), RemoteError> {
        let request = self.request(Method::POST, &format!("/jobs/{}/{action}", lease.job), timeout);
        send(request.header(LEASE_HEADER, lease.token.to_string()).json(body)).await.map(drop)
    }

    fn request(&self, method: Method, path: &str, timeout: Duration) -> RequestBuilder {
        let connection = &self.0;
        let request = connection.http.request(method, format!("{}{path}", connection.base));
        request.bearer_auth(&connection.token).header(WORKER_HEADER, &connection.name).timeout(timeout)
    }

    /// Reads a range of the job's master.
    async fn read(&self, lease: &Lease, range: &Range<u64>) -> Result<Bytes, RemoteError> {
        let mut delays = RETRY_DELAYS.iter();
        loop {
            match self.read_once(lease, range).await {
                Err(error) if error.is_transient() => pause(error, &mut delays).await?,
                answer => return answer,
            }
        }
    }

    async fn read_once(&self, lease: &Lease, range: &Range<u64>) -> Result<Bytes, RemoteError> {
        let request = self.request(Method::GET, &format!("/jobs/{}/master", lease.job), LONG_TIMEOUT);
        let request = request.header(LEASE_HEADER, lease.token.to_string());
        let request = request.header(RANGE, format!("bytes={}-{}", range.start, range.end - 1));
        send(request).await?.bytes().await.map_err(connection)
    }

    async fn store(&self, lease: &Lease, path: &str, bytes: &Bytes) -> Result<StoredObject, RemoteError> {
        let mut delays = RETRY_DELAYS.iter();
        loop {
            match self.store_once(lease, path, bytes).await {
                Err(error) if error.is_transient() => pause(error, &mut delays).await?,
                answer => return answer,
            }
        }
    }

    async fn store_once(
        &self,
        lease: &Lease,
        path: &str,
        bytes: &Bytes,
    ) -> Result<StoredObject, RemoteError> {
        let path = format!("/jobs/{}/objects/{path}", lease.job);
        let request = self.request(Method::PUT, &path, LONG_TIMEOUT).body(bytes.clone());
        let response = send(request.header(LEASE_HEADER, lease.token.to_string())).await?;
        response.json().await.map_err(connection)
    }
}

/// Waits before a request is repeated, or returns its error if it was repeated often enough.
async fn pause(error: RemoteError, delays: &mut std::slice::Iter<'_, Duration>) -> Result<(), RemoteError> {
    let Some(delay) = delays.next() else { return Err(error) };
    tokio::time::sleep(*delay).await;
    Ok(())
}

/// Sends a request, and turns a status of failure into an error.
async fn send(request: RequestBuilder) -> Result<Response, RemoteError> {
    let response = request.send().await.map_err(connection)?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let body: Value = response.json().await.unwrap_or_default();
    let detail = body["detail"].as_str().unwrap_or("it gave no reason").to_owned();
    Err(match status {
        StatusCode::UNAUTHORIZED => RemoteError::Unauthorized,
        StatusCode::GONE => RemoteError::LeaseLost,
        StatusCode::CONFLICT => RemoteError::Differs(detail),
        StatusCode::INSUFFICIENT_STORAGE => RemoteError::Full,
        status if status.is_server_error() => RemoteError::Server { status: status.as_u16(), detail },
        status => RemoteError::Refused { status: status.as_u16(), detail },
    })
}

#[expect(clippy::needless_pass_by_value, reason = "a function for map_err")]
fn connection(error: reqwest::Error) -> RemoteError {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    RemoteError::Connection(text)
}

/// A master that the server reads for this worker.
#[derive(Debug)]
struct RemoteMaster {
    server: Server,
    lease: Lease,
    size_bytes: u64,
}

impl Master for RemoteMaster {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    async fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
        self.server.read(&self.lease, &range).await.map_err(io::Error::other)
    }
}

/// Stores the objects of one job through the server.
#[derive(Clone, Debug)]
pub(crate) struct RemoteStore {
    server: Server,
    lease: Lease,
}

impl RemoteStore {
    /// Stores an object by its path within the build.
    pub(crate) async fn put(&self, path: &Key, bytes: Bytes) -> Result<StoredObject, ObjectError> {
        let action = || format!("deliver {path} to the server");
        self.server.store(&self.lease, path.as_str(), &bytes).await.map_err(|error| match error {
            RemoteError::Differs(_) => ObjectError::Differs(path.clone()),
            RemoteError::Full => StorageError::Full(action()).into(),
            error => StorageError::Io { action: action(), source: io::Error::other(error) }.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Server;

    #[test]
    fn a_token_is_sent_only_over_an_encrypted_connection_or_to_this_machine() {
        let server = |address| Server::new(address, "token".to_owned(), "worker".to_owned());
        for address in
            ["https://films.example.la", "http://127.0.0.1:8080", "http://localhost:8080/", "http://[::1]:80"]
        {
            assert!(server(address).is_ok(), "{address}");
        }
        for address in
            ["http://films.example.la", "http://10.0.0.1:8080", "ftp://127.0.0.1", "films.example.la", ""]
        {
            assert!(server(address).is_err(), "{address}");
        }
        assert!(!format!("{:?}", server("https://films.example.la").unwrap()).contains("token"));
    }
}
