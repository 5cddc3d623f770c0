//! The API as its clients meet it: the real router over a real database.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, unreachable_pub)]

mod admin_films;
mod authorisation;
mod clock;
mod document;
mod events;
mod films;
mod heartbeats;
mod jobs;
mod log;
mod own_lists;
mod pipeline;
mod problems;
mod recommendations;
mod server;
mod sessions;
mod stream;
mod test_app;
