//! All tables except the queue's: one file or folder for each.
//!
//! Files here do not call each other, except for what most edits also write: the audit log, slugs and the search index. A change of
//! several tables is a transaction of `workflow`, `account` or `catalogue`.

pub mod account_session;
pub mod audit;
pub mod build;
pub mod category;
pub mod desk;
pub mod figure;
pub mod film;
pub mod film_file;
pub mod genre;
pub mod heartbeat;
pub mod identity;
pub mod image;
pub mod invitation;
pub mod password_reset;
pub mod person;
pub mod playback_context;
pub mod playback_right;
pub mod playback_session;
pub mod presentation;
pub mod preview_link;
pub mod recommendation;
pub mod rendition;
pub mod resume_point;
pub mod revoked_playback;
pub mod search;
pub mod sitemap;
pub mod slug;
pub mod storage;
pub mod stored_object;
pub mod track;
pub mod user;
pub mod watch_history;
pub mod watchlist;
pub mod worker_token;
