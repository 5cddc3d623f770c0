//! The whole catalogue, out and in.
//!
//! An export reads one snapshot, some films at a time. An import is one transaction that happens whole or not at all: its
//! lines are compared with what is there (`plan.rs`), and only if nothing is wrong with any of them written (`apply.rs`),
//! in statements for many films each. Edits by single films and an import see each other through the films' locks.

mod apply;
mod export;
mod import;
mod parts;
mod plan;
mod categories;
mod things;

pub use export::Export;
pub use import::{Progress, Report, import};
