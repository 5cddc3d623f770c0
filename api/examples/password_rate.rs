//! Measures password hashes per second with the concurrency of logging in; this rate limits logging in.
//!
//!     cargo run --release -p api --example password_rate

#![allow(clippy::print_stdout, reason = "an example prints its result")]

use std::time::{Duration, Instant};

/// Duration of the measurement.
const DURATION: Duration = Duration::from_secs(5);
/// Number of tasks; more than the number of hashes that run at the same time.
const TASKS: usize = 8;

#[tokio::main]
async fn main() {
    let start = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            tokio::spawn(async move {
                let mut hashes = 0_u32;
                while start.elapsed() < DURATION {
                    api::password::hash("a password to measure".to_owned())
                        .await
                        .expect("hashing does not fail");
                    hashes += 1;
                }
                hashes
            })
        })
        .collect();
    let mut hashes = 0;
    for task in tasks {
        hashes += task.await.expect("no task panics");
    }
    println!("{:.1}", f64::from(hashes) / start.elapsed().as_secs_f64());
}
