//! Accounts and the catalogue from the command line, without a running server: `nang admin`, and the first admin of `nang up`.

mod catalogue;
mod command;
pub(crate) mod database;
mod first;
#[cfg(test)]
mod tests;

pub(crate) use command::run;
pub(crate) use database::Database;
pub(crate) use first::{FreshAdmin, ensure_admin};
