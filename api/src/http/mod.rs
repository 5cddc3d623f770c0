//! HTTP functions that all routes share. They depend on no feature and no state of the server.

pub(crate) mod address;
pub(crate) mod body;
pub(crate) mod cache;
pub(crate) mod compression;
pub(crate) mod country;
mod deserialize;
pub(crate) mod error;
pub(crate) mod etag;
pub(crate) mod json;
pub(crate) mod metrics;
pub(crate) mod path;
pub(crate) mod problem;
pub(crate) mod query;
pub(crate) mod redirect;
pub(crate) mod request;
pub(crate) mod responses;
pub(crate) mod text;
