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
//! There is no password. Who may connect is who can reach the socket, and its folder lets in only the user PostgreSQL runs as
//! (who owns the very files of the database) and root. A password would have to lie in a file of that same user, so it would keep
//! out nobody else.

mod account;
mod cluster;
mod distribution;
mod leftover;
mod lock;
mod server;
#[cfg(test)]
mod tests;

use std::{fmt::Write, path::Path};

use anyhow::{Context, ensure};
use tokio::{sync::oneshot, task::JoinHandle};

use self::{account::Account, cluster::Cluster, distribution::Distribution, lock::Lock, server::Server};

/// `sun_path` holds 108 bytes with the final zero (unix(7)).
const LONGEST_SOCKET_PATH: usize = 107;

/// A running private cluster. Dropped without [`PrivatePostgres::stop`] it runs on, until the next start stops it.
pub(crate) struct PrivatePostgres {
    url: String,
    stop: oneshot::Sender<()>,
    keeper: JoinHandle<anyhow::Result<()>>,
    /// Released when all is over.
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
        let server =
            Server { distribution, account, cluster, folder, data: data.to_owned(), url: url.clone() };
        let child = server.start().await?;
        let (stop, stopped) = oneshot::channel();
        let keeper = tokio::spawn(server.keep(child, stopped));
        Ok(Self { url, stop, keeper, _lock: lock })
    }

    /// Where to connect to.
    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Stops the server and waits until it has written everything. Connections that are still open are closed by it.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        // The keeper ends by itself only by a panic, which the join then shows.
        let _ = self.stop.send(());
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
