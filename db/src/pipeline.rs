//! A few connections on which many ask at once: a statement is sent without waiting for the answers to those before it (PostgreSQL
//! documentation, 55.2.4 "Pipelining"), and the server, which then always has the next one at hand, does not go to sleep between two.
//!
//! For lists, which take the server less time than one such sleep does. What may take long does not belong here: those behind it wait.
//! sqlx has one statement at a time on a connection, hence the other driver.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sqlx::{
    ConnectOptions,
    postgres::{PgConnectOptions, PgSslMode},
};
use tokio::{sync::Mutex as AsyncMutex, task::JoinHandle, time::timeout};
use tokio_postgres::{
    Client, Config, Connection, NoTls, Row, Statement,
    config::SslMode,
    types::{ToSql, Type},
};

use super::{ACQUIRE_TIMEOUT as PATIENCE, DbError, Result, tls};

/// Statements kept prepared on a connection; when there are more, all are forgotten.
const MOST_STATEMENTS: usize = 200;

/// Some such connections, each made when it is needed. Cloning is cheap and shares them.
#[derive(Clone)]
pub(crate) struct Pipeline(Arc<Inner>);

struct Inner {
    options: PgConnectOptions,
    lines: Vec<AsyncMutex<Line>>,
    next: AtomicUsize,
}

/// The place of one connection.
enum Line {
    Idle,
    Open(Arc<Open>, JoinHandle<()>),
    Closed,
}

struct Open {
    client: Client,
    statements: Mutex<HashMap<String, Statement>>,
}

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipeline").field("lines", &self.0.lines.len()).finish_non_exhaustive()
    }
}

impl Pipeline {
    /// At most so many connections.
    pub(crate) fn new(options: PgConnectOptions, connections: usize) -> Self {
        let lines = (0..connections).map(|_| AsyncMutex::new(Line::Idle)).collect();
        Self(Arc::new(Inner { options, lines, next: AtomicUsize::new(0) }))
    }

    /// The rows of a statement that changes nothing. Statements that differ in their values alone are planned once, with
    /// these types.
    pub(crate) async fn rows(&self, sql: &str, values: &[(&(dyn ToSql + Sync), Type)]) -> Result<Vec<Row>> {
        let line = &self.0.lines[self.0.next.fetch_add(1, Ordering::Relaxed) % self.0.lines.len()];
        timeout(PATIENCE, self.ask(line, sql, values))
            .await
            .map_err(|_| DbError::Unavailable(sqlx::Error::PoolTimedOut))?
    }

    async fn ask(
        &self,
        line: &AsyncMutex<Line>,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>> {
        loop {
            let (open, is_new) = self.open(line).await?;
            match open.rows(sql, values).await {
                // The server hung up while nobody asked: it may have started again since.
                Err(error) if error.is_closed() && !is_new => {}
                answer => return answer.map_err(DbError::from),
            }
        }
    }

    /// The connection, and whether it was made just now.
    async fn open(&self, line: &AsyncMutex<Line>) -> Result<(Arc<Open>, bool)> {
        let mut line = line.lock().await;
        match &*line {
            Line::Open(open, _) if !open.client.is_closed() => return Ok((Arc::clone(open), false)),
            Line::Closed => return Err(DbError::Unavailable(sqlx::Error::PoolClosed)),
            Line::Open(..) | Line::Idle => {}
        }
        let (client, connection) = connect(&self.0.options).await?;
        let open = Arc::new(Open { client, statements: Mutex::default() });
        *line = Line::Open(Arc::clone(&open), connection);
        Ok((open, true))
    }

    /// Closes all, waiting for what was asked.
    pub(crate) async fn close(&self) {
        for line in &self.0.lines {
            let was = std::mem::replace(&mut *line.lock().await, Line::Closed);
            if let Line::Open(open, connection) = was {
                drop(open);
                // It ends when the last who asks has its answer; that it failed has been said to them.
                let _ = timeout(PATIENCE, connection).await;
            }
        }
    }
}

impl Open {
    async fn rows(
        &self,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let known = self.statements().get(sql).cloned();
        let statement = if let Some(statement) = known {
            statement
        } else {
            let types: Vec<Type> = values.iter().map(|(_, of)| of.clone()).collect();
            let statement = self.client.prepare_typed(sql, &types).await?;
            let mut statements = self.statements();
            if statements.len() == MOST_STATEMENTS {
                statements.clear();
            }
            statements.insert(sql.to_owned(), statement.clone());
            statement
        };
        let values: Vec<_> = values.iter().map(|(value, _)| *value).collect();
        let answer = self.client.query(&statement, &values).await;
        if answer.is_err() {
            // A plan that no longer fits the tables is refused for ever.
            self.statements().remove(sql);
        }
        answer
    }

    fn statements(&self) -> std::sync::MutexGuard<'_, HashMap<String, Statement>> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn connect(options: &PgConnectOptions) -> Result<(Client, JoinHandle<()>)> {
    let unavailable = |error| DbError::Unavailable(sqlx::Error::Configuration(error));
    let config = config(options).map_err(unavailable)?;
    let connected = match tls::connector(options).map_err(unavailable)? {
        None => config.connect(NoTls).await.map(|(client, connection)| (client, keep(connection))),
        Some(connector) => {
            config.connect(connector).await.map(|(client, connection)| (client, keep(connection)))
        }
    };
    connected.map_err(|error| match error.code() {
        // The way to the server, TLS on it, or something there that is no PostgreSQL.
        None => unavailable(error.into()),
        Some(_) => error.into(),
    })
}

/// Carries what is asked and answered, until nobody can ask any more.
fn keep<T>(connection: Connection<tokio_postgres::Socket, T>) -> JoinHandle<()>
where
    T: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(error = %error, "Lost a connection to the database");
        }
    })
}

/// The same server and user as sqlx's.
fn config(options: &PgConnectOptions) -> Result<Config, tls::BoxError> {
    let mut config = Config::new();
    match options.get_socket() {
        Some(folder) => config.host_path(folder),
        // A folder, too, if it begins with a slash.
        None => config.host(options.get_host()),
    };
    // A lost link is found out before those who wait give up one after the other.
    config.tcp_user_timeout(PATIENCE).keepalives_idle(Duration::from_secs(30));
    config.port(options.get_port()).user(options.get_username());
    if let Some(database) = options.get_database() {
        config.dbname(database);
    }
    let mut url = tls::tellable(options).to_url_lossy();
    url.set_query(None);
    if let Some(password) = url.as_str().parse::<Config>()?.get_password() {
        config.password(password);
    }
    if let Some(name) = options.get_application_name() {
        config.application_name(name);
    }
    // What is asked here are small lookups whose plan never depends on their values, and planning takes several times as long.
    let plans = "-c plan_cache_mode=force_generic_plan";
    config.options(options.get_options().map_or_else(|| plans.to_owned(), |own| format!("{own} {plans}")));
    config.ssl_mode(match options.get_ssl_mode() {
        PgSslMode::Disable | PgSslMode::Allow => SslMode::Disable,
        PgSslMode::Prefer => SslMode::Prefer,
        PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull => SslMode::Require,
    });
    Ok(config)
}

#[cfg(test)]
mod tests;
