//! The accept loop: accepts connections while there are free slots, serves HTTP/1.1 on each, and drains them at shutdown.

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

use crate::{Limits, client_stream::ClientStream};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Maximum size of a request's line and headers, which is far more than any player sends.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// A connection buffers at most this and one piece of a body. A larger buffer is no faster on loopback, and a slow client can
/// occupy all of it.
const WRITE_BUFFER_BYTES: usize = 128 * 1024;

/// Serves until `shutdown` is ready. Then stops accepting connections, finishes the running requests, and closes the connections
/// of those that are still running after the drain timeout. `service` creates the service of a connection from an address.
pub async fn serve<S, B>(
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
    let slots = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            (stream, peer, slot) = accept(&listener, &slots) => {
                let io = ClientStream::new(TokioIo::new(stream), limits.stall_timeout);
                let connection = graceful.watch(http.serve_connection(io, service(peer)));
                connections.spawn(async move {
                    // The client disconnected, stalled or sent malformed data. The error's text may quote it, so it is not logged.
                    if let Err(error) = connection.await {
                        debug!(timed_out = error.is_timeout(), malformed = error.is_parse(), "Closed a connection");
                    }
                    drop(slot);
                });
            }
        }
    }
    drop(listener);
    info!(connections = connections.len(), "Stopped accepting connections");
    tokio::select! {
        () = graceful.shutdown() => {}
        () = sleep(limits.drain_timeout) => warn!(
            seconds = limits.drain_timeout.as_secs(),
            "Some requests did not end within the drain timeout; closing their connections"
        ),
    }
    connections.shutdown().await;
}

/// Returns the next connection, once there is a free slot for it. Cancel-safe.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let slot = Arc::clone(slots).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Pieces are large and written at once: waiting until a packet is full would only delay the last one.
                if let Err(error) = stream.set_nodelay(true) {
                    debug!(%error, "Could not set TCP_NODELAY");
                }
                return (stream, peer, slot);
            }
            Err(error) if is_client_gone(&error) => {}
            Err(error) => {
                // Descriptors or memory ran out. Connections that end free some.
                warn!(%error, "Could not accept a connection; trying again in 100 ms");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn is_client_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
