//! Forgets logins that expired long ago; refresh tokens would pile up for ever.

use std::time::Duration;

use db::{Db, login};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

const EVERY: Duration = Duration::from_hours(1);

/// Forgets now and every hour, until `shutdown`. Several may run at once.
pub(super) async fn forget_expired(db: Db, shutdown: CancellationToken) {
    loop {
        match login::delete_expired(&db).await {
            Ok(0) => {}
            Ok(logins) => info!(logins, "Forgot logins that had expired"),
            Err(error) => error!(%error, "Could not forget expired logins"),
        }
        if shutdown.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return;
        }
    }
}
