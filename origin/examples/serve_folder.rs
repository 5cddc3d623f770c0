//! A server that has only an origin over a folder, for benchmarks:
//! `serve_folder STORAGE_FOLDER KEYS_FILE ADDRESS CACHE_MIB`.

use std::{env, error::Error, fs};

use domain::token::KeyRing;
use origin::{AllowedOrigins, Config, Origin, TakeDown};
use storage::Storage;
use tokio::net::TcpListener;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, keys, address, cache_mib] = arguments.as_slice() else {
        return Err("usage: serve_folder STORAGE_FOLDER KEYS_FILE ADDRESS CACHE_MIB".into());
    };
    let origin = Origin::new(Config {
        storage: Storage::local(folder)?,
        keys: KeyRing::parse(&fs::read_to_string(keys)?)?,
        cache_bytes: cache_mib.parse::<u64>()? * 1024 * 1024,
        allowed_origins: AllowedOrigins::Any,
        take_down: TakeDown::default(),
        clock: unix_seconds,
        disk_cache: None,
    })?;
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    origin.read_revocations().await;
    let following = origin.clone();
    tokio::spawn(async move { following.follow_revocations(std::future::pending()).await });
    let listener = TcpListener::bind(address).await?;
    server::serve(listener, |_| origin.clone(), server::Limits::default(), interrupted).await;
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "this program receives no clock from a caller")]
fn unix_seconds() -> u64 {
    std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}
