//! The tables beside the queue: one file or folder for each.
//!
//! Files here do not call each other, except for what every edit writes too: the audit log, addresses and the words of search. A
//! change of several tables is a transaction of `workflow` or `catalogue`.

pub mod audit;
pub mod build;
pub mod category;
pub mod film;
pub mod film_file;
pub mod genre;
pub mod heartbeat;
pub mod identity;
pub mod image;
pub mod invitation;
pub mod account_session;
pub mod password_reset;
pub mod person;
pub mod playback_context;
pub mod playback_right;
pub mod playback_session;
pub mod recommendation;
pub mod rendition;
pub mod resume_point;
pub mod search;
pub mod slug;
pub mod storage;
pub mod user;

pub mod watch_history;
pub mod watchlist;
