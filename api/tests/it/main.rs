//! The API as its clients meet it: the real router over a real database.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, unreachable_pub)]

mod admin_films;
mod authorisation;
mod catalogue;
mod catalogue_admin;
mod clock;
mod document;
mod events;
mod films;
mod jobs;
mod log;
mod pipeline;
mod problems;
mod server;
mod sessions;
mod stream;
mod test_app;
