//! A secret of 256 random bits that Nang issues once, in a cookie or a link. The database stores only its hash.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::random;

/// A secret token.
#[derive(PartialEq, Eq)]
pub(crate) struct SecretToken([u8; 32]);

impl SecretToken {
    /// Returns a new random token.
    pub(crate) fn new() -> Self {
        Self(random::secret())
    }

    /// Parses the text form; `None` if it is not valid.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Returns the text form: 43 characters of base64url.
    pub(crate) fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Returns the SHA-256 hash, which the database stores.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

/// Returns the hash of a token's text form; `None` if the text is not a token.
pub fn secret_token_hash(text: &str) -> Option<[u8; 32]> {
    SecretToken::parse(text).map(|token| token.hash())
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretToken")
    }
}

#[cfg(test)]
mod tests {
    use super::SecretToken;

    #[test]
    fn the_text_form_round_trips_and_other_texts_are_refused() {
        let token = SecretToken::new();
        let text = token.to_text();
        assert_eq!(text.len(), 43);
        assert_eq!(format!("{token:?}"), "SecretToken");
        assert_eq!(SecretToken::parse(&text), Some(token));
        for other in ["", "short", &format!("{text}A"), &text[1..], &"\0".repeat(43)] {
            assert_eq!(SecretToken::parse(other), None, "{other:?}");
        }
    }
}
