//! Catalogue, accounts, playback authorisation and administration over HTTP, all under `/api`.
//!
//! [`router()`] is everything; [`Config`] is all it is told. `router.rs` lists every route. A handler is called
//! `<verb>_<resource>` and lives in its noun's file; its parameters say who may call it and what it reads.

#[macro_use]
mod words;

mod admin;
mod app;
mod auth;
mod blocking;
mod cast;
mod category;
mod credential;
mod film;
mod film_lookup;
mod genre;
mod health;
mod heartbeat;
mod history;
mod http;
pub mod image;
mod mail;
mod metrics;
mod openapi;
mod page;
pub mod password;
mod prose;
mod random;
mod recommendation;
mod resume;
mod router;
mod search;
mod search_match;
mod stream;
mod titles;
mod watchlist;

pub use app::{
    config::{Config, Registration},
    list_cache::LIFETIME as LIST_CACHE_LIFETIME,
};
pub use credential::{
    access_token::{AccessKeys, WeakSecret},
    email::check_email,
    oidc::config::OidcConfig,
};
pub use http::{address::TrustedProxies, body::Patience};
pub use mail::{InvalidMail, MailConfig, finish_letters};
pub use recommendation::count_watching;
pub use router::{openapi_json, router};
