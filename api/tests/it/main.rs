//! The API as clients see it: the real router over a real database.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, unreachable_pub)]

mod accounts;
mod admin_films;
mod authorisation;
mod catalogue;
mod catalogue_admin;
mod catalogue_file;
mod clock;
mod disk;
mod document;
mod events;
mod films;
mod heartbeats;
mod images;
mod invitations;
mod jobs;
mod lists;
mod log;
mod mail;
mod mail_server;
mod metrics;
mod oidc;
mod own_lists;
mod owned;
mod pipeline;
mod problems;
mod provider;
mod proxy;
mod recommendations;
mod search;
mod server;
mod sessions;
mod stream;
mod test_app;
mod users;
mod work;
