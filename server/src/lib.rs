//! Accepts connections for any HTTP service: HTTP/1.1, many clients on few threads, with limits that no client can
//! exceed, and an end that takes a bounded time.
//!
//! It knows neither films nor any other crate of this workspace. TLS is the proxy's.

mod accept;
mod client_stream;
mod limits;

pub use accept::serve;
pub use limits::Limits;
