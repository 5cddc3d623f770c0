//! Which identity provider, and what it knows this server as.

/// An identity provider.
#[derive(Clone)]
pub struct OidcConfig {
    /// Its address, exactly as it calls itself (`https://id.example.la/realms/films`).
    pub issuer: String,
    /// What it knows this server as.
    pub client_id: String,
    /// What this server proves it with; without one, by PKCE alone.
    pub client_secret: Option<String>,
    /// What people know it as.
    pub display_name: String,
}
