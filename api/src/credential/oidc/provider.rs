//! Requests to the identity provider: the URL to which browsers are redirected, and the identity that the provider confirms.
//!
//! The provider's metadata and keys are read again for each flow. Flows are rare, and replaced keys take effect at once.

use std::{error::Error, time::SystemTime};

use db::identity::Claim;
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    TokenResponse,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreJwsSigningAlgorithm, CoreProviderMetadata,
    },
};
use time::OffsetDateTime;

use super::{config::OidcConfig, flow::Flow, http::HttpClient};
use crate::credential::email::check_email;

/// Maximum length of a subject identifier, in characters (OIDC Core §2).
const MAX_SUBJECT_CHARS: usize = 255;
/// Maximum length of a display name, in characters; longer names are cut.
const MAX_NAME_CHARS: usize = 100;

/// Why logging in failed.
#[derive(Debug)]
pub(crate) enum OidcError {
    /// The provider does not respond, or its response is not that of a provider.
    Unreachable(Box<dyn Error + Send + Sync>),
    /// The provider refused, or its response is invalid; the text is for the log.
    Refused(String),
}

/// The configured identity provider.
pub(crate) struct Provider {
    config: OidcConfig,
    redirect_url: String,
}

impl Provider {
    /// Returns a provider that redirects browsers back to `redirect_url`.
    pub(crate) fn new(config: OidcConfig, redirect_url: String) -> Self {
        Self { config, redirect_url }
    }

    /// Returns the name of the provider that users see.
    pub(crate) fn display_name(&self) -> &str {
        &self.config.display_name
    }

    /// Returns the URL at the provider to which the browser is redirected.
    pub(crate) async fn login_url(&self, flow: &Flow) -> Result<String, OidcError> {
        let metadata = self.metadata(&HttpClient::new().map_err(unreachable)?).await?;
        let verifier = PkceCodeVerifier::new(flow.verifier.to_text());
        let (state, nonce) = (CsrfToken::new(flow.state.to_text()), Nonce::new(flow.nonce.to_text()));
        let (url, ..) =
            CoreClient::from_provider_metadata(metadata, ClientId::new(self.config.client_id.clone()), None)
                .set_redirect_uri(self.redirect()?)
                .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, || nonce)
                .add_scope(Scope::new("email".to_owned()))
                .add_scope(Scope::new("profile".to_owned()))
                .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
                .url();
        Ok(url.into())
    }

    /// Exchanges the code for an ID token and returns the identity that the provider confirms.
    pub(crate) async fn claim(
        &self,
        code: String,
        flow: &Flow,
        now: OffsetDateTime,
    ) -> Result<Claim, OidcError> {
        let http_client = HttpClient::new().map_err(unreachable)?;
        let metadata = self.metadata(&http_client).await?;
        let secret = self.config.client_secret.clone().map(ClientSecret::new);
        let id = ClientId::new(self.config.client_id.clone());
        let client =
            CoreClient::from_provider_metadata(metadata, id, secret).set_redirect_uri(self.redirect()?);
        let response = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(unreachable)?
            .set_pkce_verifier(PkceCodeVerifier::new(flow.verifier.to_text()))
            .request_async(&http_client)
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(refusal) => OidcError::Refused(refusal.to_string()),
                error => unreachable(error),
            })?;

        let token = response
            .id_token()
            .ok_or_else(|| OidcError::Refused("the response has no ID token".to_owned()))?;
        // Only asymmetric signatures: with HS256 every holder of the client secret could sign.
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs([
                CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
                CoreJwsSigningAlgorithm::RsaSsaPssSha256,
                CoreJwsSigningAlgorithm::EcdsaP256Sha256,
                CoreJwsSigningAlgorithm::EcdsaP384Sha384,
                CoreJwsSigningAlgorithm::EdDsa,
            ])
            .set_time_fn(move || SystemTime::from(now).into());
        let claims = token.claims(&verifier, &Nonce::new(flow.nonce.to_text())).map_err(refused)?;
        if let Some(expected) = claims.access_token_hash() {
            let algorithm = token.signing_alg().map_err(refused)?;
            let key = token.signing_key(&verifier).map_err(refused)?;
            let hash =
                AccessTokenHash::from_token(response.access_token(), algorithm, key).map_err(refused)?;
            if hash != *expected {
                return Err(OidcError::Refused(
                    "the access token does not belong to the ID token".to_owned(),
                ));
            }
        }
        self.read(claims)
    }

    fn read(&self, claims: &CoreIdTokenClaims) -> Result<Claim, OidcError> {
        let subject = claims.subject().to_string();
        if subject.chars().count() > MAX_SUBJECT_CHARS || subject.chars().any(char::is_control) {
            return Err(OidcError::Refused(
                "the subject is too long or contains control characters".to_owned(),
            ));
        }
        let email =
            claims.email().map(|email| email.to_lowercase()).filter(|email| check_email(email).is_ok());
        let name = claims
            .name()
            .and_then(|names| names.get(None))
            .map(|name| name.as_str().trim())
            .filter(|name| !name.is_empty());
        let name = name.or_else(|| email.as_deref()?.split('@').next()).unwrap_or_default();
        let name: String = name.chars().filter(|char| !char.is_control()).take(MAX_NAME_CHARS).collect();
        Ok(Claim {
            issuer: self.config.issuer.clone(),
            subject,
            // An unverified address proves nothing: any user of the provider could have entered it.
            verified_email: email.filter(|_| claims.email_verified() == Some(true)),
            display_name: name.trim().to_owned(),
        })
    }

    async fn metadata(&self, client: &HttpClient) -> Result<CoreProviderMetadata, OidcError> {
        let issuer = IssuerUrl::new(self.config.issuer.clone()).map_err(unreachable)?;
        CoreProviderMetadata::discover_async(issuer, client).await.map_err(unreachable)
    }

    fn redirect(&self) -> Result<RedirectUrl, OidcError> {
        RedirectUrl::new(self.redirect_url.clone()).map_err(unreachable)
    }
}

fn unreachable(error: impl Error + Send + Sync + 'static) -> OidcError {
    OidcError::Unreachable(Box::new(error))
}

fn refused(error: impl Error) -> OidcError {
    OidcError::Refused(error.to_string())
}
