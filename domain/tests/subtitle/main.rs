//! Subtitles: a corpus of files with what becomes of each, properties of all texts, and corrections.

#![allow(clippy::unwrap_used)]

mod corpus;
mod edit;
mod embedded;
mod limits;
mod planned;
mod properties;
mod retime;
mod segment;
