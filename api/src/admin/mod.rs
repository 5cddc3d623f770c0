//! Endpoints for editors and admins: films with their masters, builds and jobs, the rest of the catalogue, and accounts.

pub(crate) mod audit;
pub(crate) mod build;
pub(crate) mod cast;
pub(crate) mod catalogue;
pub(crate) mod category;
pub(crate) mod damage;
pub(crate) mod event;
pub(crate) mod feed;
pub(crate) mod file;
pub(crate) mod film;
pub(crate) mod film_body;
pub(crate) mod genre;
pub(crate) mod id;
pub(crate) mod image;
pub(crate) mod invitation;
pub(crate) mod job;
pub(crate) mod presentation;
pub(crate) mod profile;
pub(crate) mod rendition;
pub(crate) mod storage;
pub(crate) mod track;
pub(crate) mod unused;
pub(crate) mod upload;
pub(crate) mod user;
pub(crate) mod visibility;
