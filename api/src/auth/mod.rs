//! Accounts prove who they are: a password once, then short access tokens and a rotating refresh cookie.

pub(crate) mod account;
pub(crate) mod client;
pub(crate) mod forgotten;
pub(crate) mod identity;
pub(crate) mod login;
pub(crate) mod oidc;
pub(crate) mod password_change;
pub(crate) mod refresh_cookie;
pub(crate) mod registration;
pub(crate) mod same_site;
pub(crate) mod session;
