//! What editors and admins do: films, their masters, their builds and the work behind them, and accounts.

pub(crate) mod build;
pub(crate) mod event;
pub(crate) mod feed;
pub(crate) mod file;
pub(crate) mod film;
pub(crate) mod invitation;
pub(crate) mod job;
pub(crate) mod profile;
pub(crate) mod upload;
pub(crate) mod user;
