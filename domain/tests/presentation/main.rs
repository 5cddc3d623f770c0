//! Presentations: the playlist that players read, the first presentation of a build, and builds from before presentations.

#![allow(clippy::unwrap_used)]

mod checks;
mod compose;
#[path = "../film/mod.rs"]
mod film;
mod first;
mod fixtures;
mod legacy;
mod properties;
mod refusals;
