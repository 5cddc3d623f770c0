//! A server on a free port of this machine, with a small test service.

#![allow(dead_code, unreachable_pub, reason = "each test program uses its part")]

use std::{convert::Infallible, net::SocketAddr, sync::LazyLock};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use server::Limits;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// A small object, and one that is larger than any socket's buffers.
pub const SEGMENT: &str = "/bytes/0/2000000";
pub const LARGE: &str = "/bytes/0/20000000";
pub const LARGE_BYTES: usize = 20_000_000;

pub struct Server {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(Limits::default()).await
    }

    pub async fn start_with(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            server::serve(listener, |_| service_fn(answer), limits, stopped).await;
        });
        Self { address, stop: Some(stop), running }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Requests the server to stop.
    pub fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits until the server has stopped.
    pub async fn stopped(self) {
        tokio::time::timeout(std::time::Duration::from_secs(30), self.running).await.unwrap().unwrap();
    }
}

/// Serves `/bytes/<first>/<length>`, and `/never`, which never responds. Every other path is not found.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path: Vec<&str> = request.uri().path().split('/').skip(1).collect();
    let body = match path[..] {
        ["bytes", first, length] => first.parse().ok().zip(length.parse().ok()),
        ["never"] => std::future::pending().await,
        _ => None,
    };
    let mut response = Response::default();
    match body {
        Some((first, length)) => *response.body_mut() = Full::new(bytes(first, length)),
        None => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    Ok(response)
}

/// Returns a client that sends requests unchanged.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// Returns `length` bytes from `first`, of a pattern in which no two pieces are equal.
pub fn bytes(first: usize, length: usize) -> Bytes {
    static PATTERN: LazyLock<Bytes> = LazyLock::new(|| {
        let mut pattern = vec![0; LARGE_BYTES];
        for (at, word) in pattern.chunks_exact_mut(8).enumerate() {
            word.copy_from_slice(&(at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        }
        pattern.into()
    });
    PATTERN.slice(first..first + length)
}
