//! A server that only accepts uploads, for tests that kill it. Prints its address and runs until it is killed.
//!
//! `uploads <database url> <storage folder>`
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a test's helper")]

use std::time::Duration;

use db::Db;
use storage::Storage;
use time::OffsetDateTime;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let db = Db::connect(&arguments.next().unwrap(), 4).await.unwrap();
    let config = ingest::Config {
        db,
        storage: Storage::local(arguments.next().unwrap()).unwrap(),
        max_size_bytes: 1 << 40,
        min_free_bytes: 0,
        max_uploads_per_account: ingest::DEFAULT_UPLOADS_PER_ACCOUNT,
        expiry: Duration::from_hours(1),
        clock: OffsetDateTime::now_utc,
        shutdown: tokio_util::sync::CancellationToken::new(),
        adopt_trace: None,
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let router = axum::Router::new().nest("/uploads", ingest::router(config));
    axum::serve(listener, router).await.unwrap();
}
