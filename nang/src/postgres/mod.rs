//! The private PostgreSQL of `nang up`: a cluster in the data folder, of the distribution's own PostgreSQL.
//!
//! Nang creates the cluster at its first start, starts and stops PostgreSQL together with itself, and restarts it after a crash.
//! PostgreSQL listens only on a socket in its folder. After a `kill -9` of Nang or PostgreSQL, the next start cleans up.
//!
//! ```text
//! <data>/postgres.lock             locked by the nang that uses this data folder
//! <data>/postgres.log              the server's log
//! <data>/postgres/                 mode 0700, owned by the account that PostgreSQL runs as
//! <data>/postgres/cluster/         PGDATA
//! <data>/postgres/.s.PGSQL.5432    the socket
//! ```
//!
//! There is no password. Only root and the account that PostgreSQL runs as can reach the socket, and PostgreSQL accepts only the
//! account that Nang runs as ([`access`]).
//!
//! Unless Nang is killed with `kill -9`, PostgreSQL ends before Nang does ([`postmaster`]).

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

use std::{
    fmt::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

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

pub(crate) use postmaster::stop_all_immediately;

/// Time limit of a fast shutdown, which writes all data in memory to the disk.
pub(crate) const STOP_FAST: Duration = Duration::from_mins(1);

/// Maximum length of a socket's path: `sun_path` has 108 bytes, including the final zero (unix(7)).
const MAX_SOCKET_PATH_BYTES: usize = 107;

/// A running private PostgreSQL. If it is dropped without [`PrivatePostgres::stop`], it shuts down immediately and runs crash recovery
/// at its next start.
pub(crate) struct PrivatePostgres {
    url: String,
    stop: oneshot::Sender<Duration>,
    supervisor: JoinHandle<anyhow::Result<()>>,
    _stop_on_drop: StopOnDrop,
    /// Fields are dropped in order, so the lock is released after the server has ended.
    _lock: Lock,
}

impl PrivatePostgres {
    /// Starts the cluster in `data`, an absolute path, and creates it first if it is absent. Returns when the database `nang` accepts
    /// connections.
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
        let supervisor = tokio::spawn(server.supervise(child, stopped));
        Ok(Self { url, stop, supervisor, _stop_on_drop: stop_on_drop, _lock: lock })
    }

    /// The connection URL.
    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Stops the server, which closes its connections and writes all data in memory to the disk. Waits for that for at most
    /// [`STOP_FAST`].
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.stop_within(STOP_FAST).await
    }

    /// Stops the server as [`PrivatePostgres::stop`] does, with another time limit. After that limit, the server shuts down
    /// immediately and runs crash recovery at its next start.
    pub(crate) async fn stop_within(self, fast: Duration) -> anyhow::Result<()> {
        // The supervisor ends early only by a panic, which the next line returns.
        let _ = self.stop.send(fast);
        self.supervisor.await.context("the task that supervises PostgreSQL failed")?
    }
}

/// Returns the major version of the installed PostgreSQL that the cluster in `data`, or a new one, would use.
pub(crate) fn installed(data: &Path) -> anyhow::Result<u32> {
    Ok(Distribution::find(cluster::version(&data.join("postgres"))?)?.major)
}

/// Returns the path of a program of PostgreSQL's client, of the newest installed version: an older one cannot read a newer server.
pub(crate) fn client_program(name: &str) -> Option<PathBuf> {
    distribution::client_program(name)
}

/// Returns the connection URL for the socket in `folder`. It has a port and a TLS mode, so that PGPORT and PGSSLMODE in the
/// environment have no effect.
fn url_of(folder: &Path) -> anyhow::Result<String> {
    let socket = folder.join(".s.PGSQL.5432");
    let length = socket.as_os_str().len();
    ensure!(
        length <= MAX_SOCKET_PATH_BYTES,
        "the path of the data folder is too long: the path of PostgreSQL's socket in it, {}, has {length} bytes, and the system \
         allows {MAX_SOCKET_PATH_BYTES}; choose a data folder with a shorter path with --data",
        socket.display()
    );
    let folder = folder
        .to_str()
        .context("the path of the data folder is not valid UTF-8; choose another data folder with --data")?;
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
