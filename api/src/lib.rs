//! Catalogue, accounts, playback authorisation and administration over HTTP, all under `/api`.
//!
//! [`router()`] is everything; [`Config`] is all it is told. `router.rs` lists every route. A handler is called
//! `<verb>_<resource>` and lives in its noun's file; its parameters say who may call it and what it reads.

#[macro_use]
mod words;

mod admin;
mod app;
mod auth;
mod config;
mod film;
mod film_lookup;
mod health;
mod heartbeat;
mod history;
mod http;
mod openapi;
mod page;
pub mod password;
mod random;
mod recommendation;
mod resume;
mod router;
mod stream;
mod titles;
mod watchlist;

pub use auth::access_token::{AccessKeys, WeakSecret};
pub use config::Config;
pub use openapi::openapi_json;
pub use recommendation::count_watching;
pub use router::router;
