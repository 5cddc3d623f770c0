//! Credentials of accounts, and the limits on attempts to use them. Independent of routes and of the state of the server.

pub(crate) mod access_token;
pub(crate) mod email;
pub(crate) mod oidc;
pub(crate) mod secret_token;
pub(crate) mod throttle;
