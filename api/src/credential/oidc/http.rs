//! The HTTP client for `openidconnect`: limited in time and response size, and without redirects.

use std::{pin::Pin, time::Duration};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::redirect::Policy;

const TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum size of a response. The largest document of a provider is its key set.
const MAX_RESPONSE_BYTES: usize = 1 << 20;

/// Why a request to the provider failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error(transparent)]
    Request(#[from] reqwest::Error),
    #[error(transparent)]
    Response(#[from] axum::http::Error),
    #[error("the response has more than {MAX_RESPONSE_BYTES} bytes")]
    TooLarge,
}

/// A client that follows no redirects, because a provider could otherwise redirect it to any host in this server's network.
pub(super) struct HttpClient(reqwest::Client);

impl HttpClient {
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        reqwest::Client::builder().redirect(Policy::none()).timeout(TIMEOUT).build().map(Self)
    }
}

impl AsyncHttpClient<'_> for HttpClient {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send>>;

    fn call(&self, request: HttpRequest) -> Self::Future {
        Box::pin(send(self.0.clone(), request))
    }
}

async fn send(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let (parts, body) = request.into_parts();
    let request = client.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
    let mut response = request.send().await?;
    let mut converted = axum::http::Response::builder().status(response.status());
    if let Some(headers) = converted.headers_mut() {
        *headers = std::mem::take(response.headers_mut());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(HttpError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(converted.body(body)?)
}
