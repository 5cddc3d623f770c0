//! A secret that is handed out once, in a cookie or a link: 256 random bits, of which the database knows the hash alone.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::random;

/// Such a secret.
#[derive(PartialEq, Eq)]
pub(crate) struct SecretToken([u8; 32]);

impl SecretToken {
    /// A new one.
    pub(crate) fn new() -> Self {
        Self(random::secret())
    }

    /// The one that was handed out as this text, if it can be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// As it is handed out: 43 characters of base64url.
    pub(crate) fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the database knows it by.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
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
    fn a_token_survives_being_text_and_other_texts_are_none() {
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
