//! Listens, announces the address, and serves until the shutdown.

use std::{io::Write, net::SocketAddr};

use anyhow::Context;
use axum::{Router, extract::ConnectInfo};
use hyper::{Request, body::Incoming, service::service_fn};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::shutdown::DRAIN;

/// Returns a listening socket. The error says how to choose another address.
pub(super) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; choose another address with --listen or NANG_LISTEN")
    })
}

/// Prints the line on standard output that announces the server's address.
pub(super) fn announce(listener: &TcpListener) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready http://{}", listener.local_addr()?)?;
    out.flush()?;
    Ok(())
}

/// Serves until `shutdown`, then waits for open requests. Handlers may extract `ConnectInfo<SocketAddr>`.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: server::Limits,
    shutdown: CancellationToken,
) {
    let limits = server::Limits { drain_timeout: DRAIN, ..limits };
    let service = |peer: SocketAddr| {
        let router = router.clone();
        service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().call(request)
        })
    };
    server::serve(listener, service, limits, shutdown.cancelled_owned()).await;
}
