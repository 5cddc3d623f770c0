//! The client of the identity provider (OIDC Core 1.0): requests to the provider and checks of its responses.

pub(crate) mod config;
pub(crate) mod flow;
mod http;
pub(crate) mod provider;
