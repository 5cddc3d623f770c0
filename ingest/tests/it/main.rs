//! Uploads over a real connection, against a real database and a real folder.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod client;
mod conformance;
mod dubs;
mod faults;
mod finish;
mod lease;
mod limits;
mod site;
mod stalled;
