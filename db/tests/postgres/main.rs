//! Every rule of the tables and the queue, on a real PostgreSQL.

#![allow(clippy::unwrap_used, clippy::similar_names, missing_docs)]

mod account_sessions;
mod accounts;
mod analysis;
mod cancel;
mod catalogue;
mod catalogue_relations;
mod chaos;
mod claim;
mod collect;
mod complete;
mod damage;
mod depth;
mod dubs;
mod fail;
mod film_files;
mod films;
mod heartbeats;
mod invitations;
mod lease;
mod locks;
mod masters_and_builds;
mod old_jobs;
mod playback_sessions;
mod reads;
mod recommendations;
mod removal;
mod retry;
mod search;
mod subtitle_part;
mod support;
mod traces;
mod wakeup;
mod watched_film;
