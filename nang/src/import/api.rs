//! The server's API, as an admin: logged in, and again when the login runs out.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Client, RequestBuilder, Response, Url};
use serde_json::{Value, json};

use super::trouble::Trouble;

/// A link over which nothing was confirmed for so long is given up.
const DEAD_LINK: Duration = Duration::from_mins(1);

/// Small requests are answered by then, or not at all.
pub(super) const ANSWER: Duration = Duration::from_mins(2);

/// A server we are logged in to.
pub(super) struct Server {
    client: Client,
    address: String,
    email: String,
    password: String,
    token: String,
}

impl Server {
    /// Logs in at `address`. Failing here is the user's to mend, so nothing is tried again.
    pub(super) async fn log_in(address: &str, email: &str, password: &str) -> anyhow::Result<Self> {
        let url =
            Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(url) = url else {
            bail!("{address} is not the address of a server, such as http://127.0.0.1:8080")
        };
        let client = Client::builder()
            .cookie_store(true)
            .user_agent(concat!("nang/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            // A request may rightly take an hour on a slow link; a dead link shows in what TCP hears.
            .tcp_keepalive(DEAD_LINK / 4)
            .tcp_keepalive_interval(DEAD_LINK / 4)
            .tcp_keepalive_retries(3)
            .tcp_user_timeout(DEAD_LINK)
            .build()
            .context("cannot set up HTTP")?;
        let mut server = Self {
            client,
            address: url.as_str().trim_end_matches('/').to_owned(),
            email: email.to_owned(),
            password: password.to_owned(),
            token: String::new(),
        };
        match server.renew().await {
            Ok(()) => Ok(server),
            Err(Trouble::Link(error)) => Err(error).with_context(|| format!("cannot reach {address}")),
            Err(Trouble::Answer { detail, .. }) => bail!("{address} does not let {email} in: {detail}"),
        }
    }

    /// The server's address, without a slash at its end.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// An address on this server from what a `Location` header says.
    pub(super) fn resolve(&self, location: &str) -> anyhow::Result<String> {
        let base =
            Url::parse(&format!("{}/api/admin/uploads", self.address)).context("the server's address")?;
        let url = base.join(location).ok().filter(|url| url.origin() == base.origin());
        Ok(url.context("the server sends the upload elsewhere")?.into())
    }

    /// Sends what `build` makes, and once more if the login ran out meanwhile. Only success is an `Ok`.
    pub(super) async fn send(
        &mut self,
        build: impl Fn(&Client) -> RequestBuilder,
    ) -> Result<Response, Trouble> {
        let answer = attempt(build(&self.client).bearer_auth(&self.token)).await;
        if matches!(&answer, Err(Trouble::Answer { status, .. }) if status.as_u16() == 401) {
            self.renew().await?;
            return attempt(build(&self.client).bearer_auth(&self.token)).await;
        }
        answer
    }

    pub(super) async fn get(&mut self, path: &str) -> Result<Value, Trouble> {
        let url = format!("{}{path}", self.address);
        json_of(self.send(|client| client.get(&url).timeout(ANSWER)).await?).await
    }

    pub(super) async fn post(&mut self, path: &str, body: &Value) -> Result<Value, Trouble> {
        let url = format!("{}{path}", self.address);
        json_of(self.send(|client| client.post(&url).json(body).timeout(ANSWER)).await?).await
    }

    /// Changes `path` if its version is still the one given.
    pub(super) async fn patch(
        &mut self,
        path: &str,
        version: &Value,
        body: &Value,
    ) -> Result<Value, Trouble> {
        let url = format!("{}{path}", self.address);
        let if_match = format!("\"{version}\"");
        json_of(
            self.send(|client| client.patch(&url).header("if-match", &if_match).json(body).timeout(ANSWER))
                .await?,
        )
        .await
    }

    /// A new access token: by the refresh cookie if there is one, else by the password.
    async fn renew(&mut self) -> Result<(), Trouble> {
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

    async fn authenticate(&self, way: &str, body: &Value) -> Result<String, Trouble> {
        let answer =
            attempt(self.client.post(format!("{}/api/auth/{way}", self.address)).json(body).timeout(ANSWER))
                .await?;
        let status = answer.status();
        match json_of(answer).await?["access_token"].as_str() {
            Some(token) => Ok(token.to_owned()),
            None => Err(Trouble::Answer { status, detail: "this is not a Nang server".to_owned() }),
        }
    }
}

async fn attempt(request: RequestBuilder) -> Result<Response, Trouble> {
    let answer = request.send().await.map_err(Trouble::Link)?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let problem = answer.json::<Value>().await.unwrap_or_default();
    // An answer to HEAD has no body, and a proxy's has no problem+json.
    let errors =
        problem["errors"].as_array().into_iter().flatten().filter_map(|error| error["detail"].as_str());
    let said =
        [problem["detail"].as_str(), problem["title"].as_str()].into_iter().flatten().take(1).chain(errors);
    let mut detail = said.collect::<Vec<_>>().join(" ");
    if detail.is_empty() {
        detail = format!("the server answers {status}");
    }
    Err(Trouble::Answer { status, detail })
}

async fn json_of(answer: Response) -> Result<Value, Trouble> {
    answer.json().await.map_err(Trouble::Link)
}
