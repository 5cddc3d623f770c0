//! Export and import of the whole catalogue.
//!
//! An export reads one snapshot in batches of films. An import is one transaction: it compares all lines with the catalogue
//! (`plan.rs`) and writes them only if no line has an error (`apply.rs`), in statements for many films each. The films' locks
//! serialize an import with edits of single films.

mod apply;
mod categories;
mod export;
mod import;
mod parts;
mod plan;
mod relations;

pub use export::Export;
pub use import::{Progress, Report, import};
