//! A client of the server's API for an admin or editor. It logs in, and again when its session has expired.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Client, RequestBuilder, Response, Url};
use serde_json::{Value, json};

use super::error::RequestError;

/// Time without an acknowledgement from TCP after which a connection counts as dead.
const DEAD_CONNECTION: Duration = Duration::from_mins(1);

/// Timeout of small requests.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_mins(2);

/// A server and a session on it.
pub(super) struct Server {
    client: Client,
    address: String,
    email: String,
    password: String,
    token: String,
}

impl Server {
    /// Logs in at `address`. A failure is not retried, because the user must correct its cause.
    pub(super) async fn log_in(address: &str, email: &str, password: &str) -> anyhow::Result<Self> {
        let url =
            Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(url) = url else {
            bail!("{address} is not the address of a server; an address looks like http://127.0.0.1:8080")
        };
        let client = Client::builder()
            .cookie_store(true)
            .user_agent(concat!("nang/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            // An upload may take an hour on a slow connection, so requests have no timeout here; TCP detects a dead connection.
            .tcp_keepalive(DEAD_CONNECTION / 4)
            .tcp_keepalive_interval(DEAD_CONNECTION / 4)
            .tcp_keepalive_retries(3)
            .tcp_user_timeout(DEAD_CONNECTION)
            .build()
            .context("cannot create an HTTP client")?;
        let mut server = Self {
            client,
            address: url.as_str().trim_end_matches('/').to_owned(),
            email: email.to_owned(),
            password: password.to_owned(),
            token: String::new(),
        };
        match server.renew().await {
            Ok(()) => Ok(server),
            Err(RequestError::Connection(error)) => {
                Err(error).with_context(|| format!("cannot reach {address}"))
            }
            Err(RequestError::Response { detail, .. }) => {
                bail!("cannot log in to {address} as {email}: {detail}")
            }
        }
    }

    /// The server's address, without a trailing slash.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Resolves a `Location` header. Fails if it leads to another server.
    pub(super) fn resolve(&self, location: &str) -> anyhow::Result<String> {
        let base = Url::parse(&format!("{}/api/admin/uploads", self.address))
            .context("the server's address is invalid")?;
        let url = base.join(location).ok().filter(|url| url.origin() == base.origin());
        Ok(url.context("the server's Location header leads to another server")?.into())
    }

    /// Sends the request that `build` returns. If the access token has expired, renews it and sends the request once more. A status
    /// other than success is an error.
    pub(super) async fn send(
        &mut self,
        build: impl Fn(&Client) -> RequestBuilder,
    ) -> Result<Response, RequestError> {
        let response = attempt(build(&self.client).bearer_auth(&self.token)).await;
        if matches!(&response, Err(RequestError::Response { status, .. }) if status.as_u16() == 401) {
            self.renew().await?;
            return attempt(build(&self.client).bearer_auth(&self.token)).await;
        }
        response
    }

    pub(super) async fn get(&mut self, path: &str) -> Result<Value, RequestError> {
        let url = format!("{}{path}", self.address);
        json_of(self.send(|client| client.get(&url).timeout(REQUEST_TIMEOUT)).await?).await
    }

    pub(super) async fn post(&mut self, path: &str, body: &Value) -> Result<Value, RequestError> {
        let url = format!("{}{path}", self.address);
        json_of(self.send(|client| client.post(&url).json(body).timeout(REQUEST_TIMEOUT)).await?).await
    }

    /// Changes the resource at `path` if it still has this version.
    pub(super) async fn patch(
        &mut self,
        path: &str,
        version: &Value,
        body: &Value,
    ) -> Result<Value, RequestError> {
        let url = format!("{}{path}", self.address);
        let if_match = format!("\"{version}\"");
        json_of(
            self.send(|client| {
                client.patch(&url).header("if-match", &if_match).json(body).timeout(REQUEST_TIMEOUT)
            })
            .await?,
        )
        .await
    }

    /// Gets a new access token: with the refresh cookie, or with the password if there is no cookie or it is refused.
    async fn renew(&mut self) -> Result<(), RequestError> {
        let refreshed =
            if self.token.is_empty() { None } else { self.authenticate("refresh", &json!({})).await.ok() };
        self.token = match refreshed {
            Some(token) => token,
            None => {
                self.authenticate("login", &json!({ "email": self.email, "password": self.password })).await?
            }
        };
        Ok(())
    }

    async fn authenticate(&self, endpoint: &str, body: &Value) -> Result<String, RequestError> {
        let response = attempt(
            self.client
                .post(format!("{}/api/auth/{endpoint}", self.address))
                .json(body)
                .timeout(REQUEST_TIMEOUT),
        )
        .await?;
        let status = response.status();
        match json_of(response).await?["access_token"].as_str() {
            Some(token) => Ok(token.to_owned()),
            None => Err(RequestError::Response { status, detail: "this is not a Nang server".to_owned() }),
        }
    }
}

async fn attempt(request: RequestBuilder) -> Result<Response, RequestError> {
    let response = request.send().await.map_err(RequestError::Connection)?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let problem = response.json::<Value>().await.unwrap_or_default();
    // A response to HEAD has no body, and a proxy's error has no problem document.
    let errors =
        problem["errors"].as_array().into_iter().flatten().filter_map(|error| error["detail"].as_str());
    let texts =
        [problem["detail"].as_str(), problem["title"].as_str()].into_iter().flatten().take(1).chain(errors);
    let mut detail = texts.collect::<Vec<_>>().join(" ");
    if detail.is_empty() {
        detail = format!("the server responded with {status}");
    }
    Err(RequestError::Response { status, detail })
}

async fn json_of(response: Response) -> Result<Value, RequestError> {
    response.json().await.map_err(RequestError::Connection)
}
