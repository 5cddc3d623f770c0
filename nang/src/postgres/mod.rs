//! The private PostgreSQL of `nang up`: a cluster in the data folder, of the distribution's own PostgreSQL.
//!
//! It is made on first start, listens on a socket in its folder and nowhere else, starts and stops with Nang, and is started
//! again if it dies meanwhile. What a `kill -9` of either leaves behind is put right at the next start.
//!
//! ```text
//! <data>/postgres.lock             held by the one nang that may use this data folder
//! <data>/postgres.log              what the server says
//! <data>/postgres/                 mode 0700, of the user PostgreSQL runs as
//! <data>/postgres/cluster/         PGDATA
//! <data>/postgres/.s.PGSQL.5432    the socket
//! ```
//!
//! There is no password. The folder of the socket lets in only the account that PostgreSQL runs as and root, and PostgreSQL accepts
//! only the account that Nang runs as ([`access`]).
//!
//! However Nang ends, short of `kill -9`, the server ends before it ([`postmaster`]).

mod access;
mod account;
mod cluster;
mod distribution;
mod leftover;
mod lock;
mod postmaster;
mod server;
#[cfg(test)]
mod tests;

use std::{fmt::Write, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use tokio::{sync::oneshot, task::JoinHandle};

use self::{
    account::Account,
    cluster::Cluster,
    distribution::Distribution,
    lock::Lock,
    postmaster::{Postmaster, StopOnDrop},
    server::Server,
};

pub(crate) use postmaster::stop_all_at_once;

/// A fast shutdown writes all that is in memory: on a slow disk that takes a while.
pub(crate) const STOP_FAST: Duration = Duration::from_mins(1);

/// `sun_path` holds 108 bytes with the final zero (unix(7)).
const LONGEST_SOCKET_PATH: usize = 107;

/// A running private cluster. Dropped without [`PrivatePostgres::stop`] it is stopped at once and recovers at its next start.
pub(crate) struct PrivatePostgres {
    url: String,
    stop: oneshot::Sender<Duration>,
    keeper: JoinHandle<anyhow::Result<()>>,
    _stop_on_drop: StopOnDrop,
    /// Fields are dropped in order: the lock is released when the server has ended.
    _lock: Lock,
}

impl PrivatePostgres {
    /// Starts the cluster in `data`, an absolute path, making it first if need be. Returns when the database `nang` can be
    /// connected to.
    pub(crate) async fn start(data: &Path) -> anyhow::Result<Self> {
        let folder = data.join("postgres");
        let url = url_of(&folder)?;
        let lock = Lock::take(data).await?;
        let account = Account::choose(&folder)?;
        let made_by = cluster::version(&folder)?;
        let distribution = Distribution::find(made_by)?;
        account.prepare(&folder)?;
        let cluster = Cluster::open(&folder, &distribution, &account).await?;
        access::write(&cluster.path, account)?;
        let postmaster = Postmaster::new(cluster.path.clone());
        let stop_on_drop = StopOnDrop(Arc::clone(&postmaster));
        let server = Server {
            distribution,
            account,
            cluster,
            folder,
            data: data.to_owned(),
            url: url.clone(),
            postmaster,
        };
        let child = server.start().await?;
        let (stop, stopped) = oneshot::channel();
        let keeper = tokio::spawn(server.keep(child, stopped));
        Ok(Self { url, stop, keeper, _stop_on_drop: stop_on_drop, _lock: lock })
    }

    /// Where to connect to.
    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Stops the server and waits until it has written everything, [`STOP_FAST`] at most. It closes the connections that are open.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.stop_within(STOP_FAST).await
    }

    /// As [`PrivatePostgres::stop`]. A server that needs longer is stopped at once, and recovers at its next start.
    pub(crate) async fn stop_within(self, fast: Duration) -> anyhow::Result<()> {
        // The keeper ends by itself only by a panic, which the join then shows.
        let _ = self.stop.send(fast);
        self.keeper.await.context("the keeper of PostgreSQL failed")?
    }
}

/// The connection URL for the socket in `folder`. Port and TLS are named, lest PGPORT or PGSSLMODE in the environment change them.
fn url_of(folder: &Path) -> anyhow::Result<String> {
    let socket = folder.join(".s.PGSQL.5432");
    let length = socket.as_os_str().len();
    ensure!(
        length <= LONGEST_SOCKET_PATH,
        "the data folder's path is too long: PostgreSQL's socket in it, {}, would have {length} bytes, and the system allows \
         {LONGEST_SOCKET_PATH}; choose a shorter one with --data",
        socket.display()
    );
    let folder =
        folder.to_str().context("the data folder's path is not UTF-8; choose another one with --data")?;
    let mut host = String::new();
    for byte in folder.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.') {
            host.push(char::from(byte));
        } else {
            let _ = write!(host, "%{byte:02X}");
        }
    }
    Ok(format!("postgres:///nang?host={host}&port=5432&user=nang&sslmode=disable"))
}
