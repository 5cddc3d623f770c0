//! The identity provider (OIDC Core 1.0): how it is reached, and what is checked of its answers.

pub(crate) mod config;
pub(crate) mod flow;
mod http;
pub(crate) mod provider;
