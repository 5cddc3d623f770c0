//! Authentication: a password or an identity provider starts a session, which continues with short-lived access tokens and a
//! rotating refresh cookie.

pub(crate) mod account;
pub(crate) mod client;
pub(crate) mod deletion;
pub(crate) mod forgot_password;
pub(crate) mod identity;
pub(crate) mod login;
pub(crate) mod oidc;
pub(crate) mod password_change;
pub(crate) mod preferences;
pub(crate) mod refresh_cookie;
pub(crate) mod registration;
pub(crate) mod same_origin;
pub(crate) mod session;
