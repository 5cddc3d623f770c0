//! Catalogue, accounts, playback authorisation and administration over HTTP, all under `/api`.
//!
//! [`router()`] builds the API from a [`Config`]. `router.rs` lists every route. A handler is named `<verb>_<resource>` and is in the
//! resource's file; its parameters show which callers it admits and what it reads.

#[macro_use]
mod convert_enum;

mod account_data;
mod admin;
mod app;
mod auth;
mod blocking;
mod cast;
mod category;
mod chapter;
mod credential;
mod failure_reason;
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
mod preview;
mod random;
mod recommendation;
mod resume;
mod router;
mod search;
mod search_match;
mod stream;
mod text_by_language;
mod titles;
mod watchlist;

pub use app::{
    config::{Config, Registration, Setting},
    list_cache::LIFETIME as LIST_CACHE_LIFETIME,
    storage_probe::storage_fault,
};
pub use credential::{
    access_token::{AccessKeys, WeakSecret},
    email::check_email,
    oidc::config::OidcConfig,
    secret_token::secret_token_hash,
};
pub use http::{address::TrustedProxies, body::ClientTimeouts};
pub use mail::{InvalidMail, MailConfig, finish_emails};
pub use recommendation::update_watch_counts;
pub use router::{openapi_json, router};
pub use stream::revocation::write_revocations;
