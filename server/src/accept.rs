//! The accept loop: takes connections while there are places, serves HTTP/1.1 on each, and drains at the end.

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

/// A request's line and headers; far more than any player sends.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// What waits on a connection is at most this and one piece of a body. Larger is no faster on loopback, and it is
/// what a slow client can hold.
const WRITE_BUFFER_BYTES: usize = 128 * 1024;

/// Serves until `shutdown` is ready. Then accepts no more, answers the requests that are running, and cuts what still runs
/// after the drain limit. `service` makes the service of a connection from this address.
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
        () = sleep(limits.drain_timeout) => warn!(
            seconds = limits.drain_timeout.as_secs(),
            "Some requests did not end within the drain limit; cutting their connections"
        ),
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
