//! Ending well: the first signal drains (stop accepting, finish requests, give work back), the second stops hard.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// A token that is cancelled by the first SIGINT or SIGTERM; a second one ends the process at once.
pub(crate) fn on_signal() -> anyhow::Result<CancellationToken> {
    let token = CancellationToken::new();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let cancelled = token.clone();
    tokio::spawn(async move {
        let mut first = true;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if !first {
                warn!("Stopping at once");
                std::process::exit(130);
            }
            first = false;
            info!("Stopping; a second signal stops at once");
            cancelled.cancel();
        }
    });
    Ok(token)
}
