//! Accepting connections: HTTP/1.1, many on few threads, none of them able to hold a place for nothing.
//!
//! Nothing here knows of films; `nang` serves other roles with it too. TLS is the proxy's.

use std::{future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::sleep,
};
use tracing::{debug, info, warn};

use crate::{Origin, client_stream::ClientStream};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What one server lets its clients have.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at a time; further ones wait in the kernel's queue.
    pub connections: usize,
    /// How long a client may take from the connection's start, or from the last answer's end, to the end of its next
    /// request's head. Also ends idle connections.
    pub head_timeout: Duration,
    /// How long a client may take nothing of an answer that waits for it.
    pub stall_timeout: Duration,
    /// How long running answers may take once the server is told to stop.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 16_384,
            head_timeout: Duration::from_secs(30),
            stall_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(20),
        }
    }
}

/// A request's line and headers; far more than any player sends.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// What waits on a connection is at most this and one piece of a body. Larger is no faster on loopback, and it is
/// what a slow client can hold.
const WRITE_BUFFER_BYTES: usize = 128 * 1024;

impl Limits {
    /// The default limits, with no more connections than a process has descriptors for that may have `most_descriptors` open and needs
    /// `reserve` for other things. Each connection may have an object open as well.
    pub fn within(most_descriptors: u64, reserve: u64) -> Self {
        let limits = Self::default();
        let places = usize::try_from(most_descriptors.saturating_sub(reserve) / 2).unwrap_or(usize::MAX);
        Self { connections: limits.connections.min(places.max(1)), ..limits }
    }
}

/// Serves the origin alone until `shutdown` is ready; then answers what was asked, within the drain limit.
pub async fn serve(
    listener: TcpListener,
    origin: Origin,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    serve_connections(listener, |_| origin.clone(), limits, shutdown).await;
}

/// Serves any HTTP service in the same way; `service` makes it for a connection from this address.
pub async fn serve_connections<S, B>(
    listener: TcpListener,
    service: impl Fn(SocketAddr) -> S,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) where
    S: Service<Request<Incoming>, Response = Response<B>> + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_header_size(MAX_HEAD_BYTES)
        .max_buf_size(WRITE_BUFFER_BYTES);
    let places = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            (stream, peer, place) = accept(&listener, &places) => {
                let io = ClientStream::new(TokioIo::new(stream), limits.stall_timeout);
                let connection = graceful.watch(http.serve_connection(io, service(peer)));
                connections.spawn(async move {
                    // A client that left, stalled or sent nonsense. Not shown in full: the text may quote the client.
                    if let Err(error) = connection.await {
                        debug!(timed_out = error.is_timeout(), malformed = error.is_parse(), "Closed a connection");
                    }
                    drop(place);
                });
            }
        }
    }
    drop(listener);
    info!(connections = connections.len(), "Stopped accepting connections");
    tokio::select! {
        () = graceful.shutdown() => {}
        () = sleep(limits.drain_timeout) => warn!("Some connections did not end in time and are cut"),
    }
    connections.shutdown().await;
}

/// The next connection, once there is a place for it. Safe to cancel.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let place = Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Pieces are large and written whole: waiting to fill a packet would only delay the last one.
                if let Err(error) = stream.set_nodelay(true) {
                    debug!(%error, "Could not set TCP_NODELAY");
                }
                return (stream, peer, place);
            }
            Err(error) if is_client_gone(&error) => {}
            Err(error) => {
                // Descriptors or memory ran out: connections that end give some back.
                warn!(%error, "Could not accept a connection");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn is_client_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use super::Limits;

    #[test]
    fn connections_stay_within_the_descriptors() {
        for (descriptors, reserve, connections) in [
            (1 << 20, 256, 16_384),
            (u64::MAX, 256, 16_384),
            (4096, 256, 1920),
            (1024, 256, 384),
            (256, 256, 1),
            (10, 256, 1),
        ] {
            assert_eq!(Limits::within(descriptors, reserve).connections, connections, "{descriptors}");
        }
    }
}
