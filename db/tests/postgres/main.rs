//! Every rule of the tables and the queue, on a real Postgres.

#![allow(clippy::unwrap_used, clippy::similar_names, missing_docs)]

mod accounts;
mod cancel;
mod catalogue;
mod catalogue_things;
mod chaos;
mod claim;
mod collect;
mod complete;
mod fail;
mod film_files;
mod films;
mod heartbeats;
mod invitations;
mod lease;
mod locks;
mod account_sessions;
mod old_jobs;
mod reads;
mod recommendations;
mod removal;
mod retry;
mod search;
mod support;
mod playback_sessions;
mod wakeup;
mod watched_film;
mod work;
