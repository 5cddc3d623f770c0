//! Accepts connections for any HTTP service: HTTP/1.1, many clients on few threads, with limits that no client can
//! exceed, and a shutdown that takes a bounded time.
//!
//! It depends on no other crate of this workspace. TLS is the task of the proxy.

mod accept;
mod client_stream;
mod limits;

pub use accept::serve;
pub use limits::Limits;
