//! Configuration of the identity provider.

/// An identity provider, and this server's registration with it.
#[derive(Clone)]
pub struct OidcConfig {
    /// Issuer URL, exactly as in the provider's metadata (`https://id.example.la/realms/films`).
    pub issuer: String,
    /// Client id of this server at the provider.
    pub client_id: String,
    /// Client secret of this server; `None` if it authenticates only with PKCE.
    pub client_secret: Option<String>,
    /// Name of the provider that users see.
    pub display_name: String,
}
