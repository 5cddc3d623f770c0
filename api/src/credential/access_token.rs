//! Access tokens: JSON Web Tokens with a lifetime of minutes, signed with HMAC-SHA256 (RFC 7519, RFC 7515).
//!
//! A token identifies its session and grants no rights itself: the session and its account are read at every request, so logging out,
//! disabling an account and changing a role take effect at once.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::id::{AccountSessionId, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Lifetime of an access token.
pub(crate) const LIFETIME: Duration = Duration::minutes(15);
/// Minimum length of a secret (RFC 7518 §3.2).
const MIN_SECRET_BYTES: usize = 32;
const AUDIENCE: &str = "nang";

/// A secret that is too short or consists of one repeated byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an access token secret must be at least 32 random bytes")]
pub struct WeakSecret;

/// The valid secrets: the first one signs and all verify, so that a secret can be replaced without ending sessions.
#[derive(Clone)]
pub struct AccessKeys(Vec<AccessKey>);

#[derive(Clone)]
struct AccessKey {
    /// Identifies the secret in the header of a token: the start of its hash, which reveals nothing about 256 random bits.
    id: String,
    sign: EncodingKey,
    verify: DecodingKey,
}

impl AccessKeys {
    /// Creates keys from secrets of at least 32 random bytes each. `signing` signs; `others` only verify.
    pub fn new(signing: &[u8], others: &[Vec<u8>]) -> Result<Self, WeakSecret> {
        let secrets = std::iter::once(signing).chain(others.iter().map(Vec::as_slice));
        secrets.map(AccessKey::new).collect::<Result<_, _>>().map(Self)
    }

    /// Returns a token for `user` in `session`, and its expiry.
    pub(crate) fn sign(
        &self,
        user: UserId,
        session: AccountSessionId,
        now: OffsetDateTime,
    ) -> (String, OffsetDateTime) {
        let expires_at = now + LIFETIME;
        let claims = Claims {
            sub: user.0,
            sid: session.0,
            aud: AUDIENCE.to_owned(),
            iat: now.unix_timestamp(),
            exp: expires_at.unix_timestamp(),
        };
        let key = &self.0[0];
        let header = Header { kid: Some(key.id.clone()), ..Header::new(Algorithm::HS256) };
        let token =
            jsonwebtoken::encode(&header, &claims, &key.sign).expect("an HMAC key signs plain claims");
        (token, expires_at.replace_nanosecond(0).expect("0 is a nanosecond"))
    }

    /// Returns the session and the expiry of a token; `None` if the token is invalid or expired.
    pub(crate) fn verify(
        &self,
        token: &str,
        now: OffsetDateTime,
    ) -> Option<(AccountSessionId, OffsetDateTime)> {
        let id = jsonwebtoken::decode_header(token).ok()?.kid?;
        let key = self.0.iter().find(|key| key.id == id)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "aud"]);
        // The library would use the system clock; the expiry is checked against `now` below.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.verify, &validation).ok()?.claims;
        let expires_at = OffsetDateTime::from_unix_timestamp(claims.exp).ok()?;
        (now < expires_at).then_some((AccountSessionId(claims.sid), expires_at))
    }
}

impl AccessKey {
    fn new(secret: &[u8]) -> Result<Self, WeakSecret> {
        if secret.len() < MIN_SECRET_BYTES || secret.iter().all(|byte| *byte == secret[0]) {
            return Err(WeakSecret);
        }
        let hash = Sha256::digest(secret);
        Ok(Self {
            id: URL_SAFE_NO_PAD.encode(&hash[..6]),
            sign: EncodingKey::from_secret(secret),
            verify: DecodingKey::from_secret(secret),
        })
    }
}

impl std::fmt::Debug for AccessKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

/// The claims (RFC 7519 §4.1).
#[derive(Serialize, Deserialize)]
struct Claims {
    sub: Uuid,
    /// The session; the name is from OIDC Front-Channel Logout §3.
    sid: Uuid,
    aud: String,
    iat: i64,
    exp: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: [u8; 32] = *b"0123456789abcdef0123456789abcdef";
    const USER: UserId = UserId(Uuid::from_u128(7));
    const SESSION: AccountSessionId = AccountSessionId(Uuid::from_u128(9));
    const NEW: [u8; 32] = *b"fedcba9876543210fedcba9876543210";

    #[test]
    fn a_token_is_valid_for_its_lifetime_and_only_with_its_secret() {
        let keys = AccessKeys::new(&OLD, &[]).unwrap();
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        let (token, expires_at) = keys.sign(USER, SESSION, now);
        assert_eq!(keys.verify(&token, now), Some((SESSION, expires_at)));
        assert_eq!(expires_at, now + LIFETIME);
        assert_eq!(keys.verify(&token, expires_at - Duration::SECOND), Some((SESSION, expires_at)));
        assert_eq!(keys.verify(&token, expires_at), None);
        assert_eq!(AccessKeys::new(&NEW, &[]).unwrap().verify(&token, now), None);
    }

    #[test]
    fn a_replaced_secret_verifies_but_does_not_sign() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let (token, _) = AccessKeys::new(&OLD, &[]).unwrap().sign(USER, SESSION, now);
        let rotated = AccessKeys::new(&NEW, &[OLD.to_vec()]).unwrap();
        assert!(rotated.verify(&token, now).is_some());
        let (token, _) = rotated.sign(USER, SESSION, now);
        assert!(AccessKeys::new(&OLD, &[]).unwrap().verify(&token, now).is_none());
    }

    #[test]
    fn forged_tokens_are_refused() {
        let (keys, now) = (AccessKeys::new(&OLD, &[]).unwrap(), OffsetDateTime::UNIX_EPOCH);
        let (token, _) = keys.sign(USER, SESSION, now);
        let parts: Vec<_> = token.split('.').collect();
        // {"alg":"none","kid":…} without a signature, another payload, no key id.
        let kid = &keys.0[0].id;
        let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
        let none = encode(format!(r#"{{"alg":"none","kid":"{kid}"}}"#));
        let other = encode(
            r#"{"sub":"00000000-0000-0000-0000-000000000008","sid":"00000000-0000-0000-0000-000000000009","aud":"nang","iat":0,"exp":900}"#
                .to_owned(),
        );
        let no_kid = encode(r#"{"alg":"HS256"}"#.to_owned());
        for forged in [
            format!("{none}.{}.", parts[1]),
            format!("{none}.{}.{}", parts[1], parts[2]),
            format!("{}.{other}.{}", parts[0], parts[2]),
            format!("{no_kid}.{}.{}", parts[1], parts[2]),
            format!("{}.{}.", parts[0], parts[1]),
            "rubbish".to_owned(),
            String::new(),
        ] {
            assert_eq!(keys.verify(&forged, now), None, "{forged}");
        }
    }

    #[test]
    fn weak_secrets_are_refused() {
        assert!(AccessKeys::new(b"short", &[]).is_err());
        assert!(AccessKeys::new(&[7; 64], &[]).is_err());
        assert!(AccessKeys::new(&OLD, &[vec![]]).is_err());
    }
}
