//! Listening, saying so, and serving until told to stop.

use std::{io::Write, net::SocketAddr, time::Duration};

use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long open requests may take after a first signal.
const DRAIN: Duration = Duration::from_secs(10);

/// A listening socket, or what to do about not getting one.
pub(super) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; choose another address with --listen or NANG_LISTEN")
    })
}

/// The one line on standard output that says where this server is.
pub(super) fn announce(listener: &TcpListener) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready http://{}", listener.local_addr()?)?;
    out.flush()?;
    Ok(())
}

/// Serves until `shutdown`, then lets open requests end.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let drained = async {
        shutdown.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        result = server.into_future() => result.context("the HTTP server failed"),
        () = drained => Ok(()),
    }
}
