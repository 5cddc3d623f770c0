//! Tests of Digital Cinema Packages with documents that were written for them.
#![allow(clippy::unwrap_used)]

mod documents;
mod limits;
mod package;
mod properties;
mod refusals;
mod subtitle;
