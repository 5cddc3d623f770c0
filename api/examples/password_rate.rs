//! Hashes of passwords a second, as many at once as logging in allows: what bounds it.
//!
//!     cargo run --release -p api --example password_rate

#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::time::{Duration, Instant};

const LENGTH: Duration = Duration::from_secs(5);
/// More than are let in at once.
const WAITING: usize = 8;

#[tokio::main]
async fn main() {
    let begun = Instant::now();
    let workers: Vec<_> = (0..WAITING)
        .map(|_| {
            tokio::spawn(async move {
                let mut hashes = 0_u32;
                while begun.elapsed() < LENGTH {
                    api::password::hash("made up to be measured".to_owned()).await.expect("it can be hashed");
                    hashes += 1;
                }
                hashes
            })
        })
        .collect();
    let mut hashes = 0;
    for worker in workers {
        hashes += worker.await.expect("no worker panics");
    }
    println!("{:.1}", f64::from(hashes) / begun.elapsed().as_secs_f64());
}
