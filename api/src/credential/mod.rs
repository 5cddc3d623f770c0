//! What an account proves itself with, and how often a client may try. Knows no route and no state of the server.

pub(crate) mod access_token;
pub(crate) mod email;
pub(crate) mod oidc;
pub(crate) mod secret_token;
pub(crate) mod throttle;
