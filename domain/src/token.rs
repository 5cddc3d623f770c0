//! Playback tokens: the path segment that allows one playback session to read one film until it expires.
//!
//! 38 bytes, base64url without padding (51 characters): version (1, the number 2), key id (1), expiry in Unix seconds (4, big
//! endian), session id (16), HMAC-SHA256 cut to its first 128 bits (16; RFC 2104 §5). The MAC covers the first 22
//! bytes and then the film's id in ASCII (36 characters), so a token is valid for every presentation and build of its film and
//! invalid for any other film. `token_vectors.json` contains test vectors for other implementations.
//!
//! Version 1 was for one build. It is refused as malformed: its tokens last a few hours at most.
//!
//! A token can end before it expires: see [`crate::revocations`].

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::{
    hex,
    id::{FilmId, PlaybackSessionId},
};

/// First byte of a token and of the bytes that its MAC covers. It must never be `n`, with which the bytes that the MAC of a
/// revocations list covers begin.
const VERSION: u8 = 2;
const HEAD_BYTES: usize = 22;
const MAC_BYTES: usize = 16;
/// Shortest key that is accepted: the output size of SHA-256 (RFC 2104 §3).
pub const MIN_KEY_BYTES: usize = 32;

/// A signing key and its id in tokens.
#[derive(Clone)]
pub struct TokenKey {
    /// Written into each token.
    pub id: u8,
    secret: Vec<u8>,
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenKey {{ id: {} }}", self.id)
    }
}

impl TokenKey {
    /// Returns the HMAC-SHA256 of the parts, joined.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// Why playback keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The key is shorter than [`MIN_KEY_BYTES`], or all its bytes are equal.
    #[error("playback key {0} is weak: it must be at least 32 random bytes")]
    Weak(u8),
    /// A line is not `<id> <hexadecimal digits>`.
    #[error("line {0} of the playback keys is not '<id 0-255> <at least 64 hexadecimal digits>'")]
    Syntax(usize),
    /// There is no key, more than two keys, or two keys with the same id.
    #[error("there must be one playback key, or two with different ids during a rotation")]
    Count,
}

/// The active keys: one, or two during a rotation. The first key signs; all keys verify.
#[derive(Clone, Debug)]
pub struct KeyRing(Vec<TokenKey>);

/// Why a token is refused. For logs and metrics only; the viewer's response does not contain the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The token is not 51 characters of base64url, or its version is unknown.
    #[error("malformed")]
    Malformed,
    /// The key that signed the token is not active.
    #[error("unknown key")]
    UnknownKey,
    /// The MAC does not match: the token is forged or was issued for another film.
    #[error("MAC does not match")]
    Mac,
    /// The token has expired.
    #[error("expired")]
    Expired,
}

/// The contents of a valid token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The playback session that the token was issued for.
    pub session: PlaybackSessionId,
    /// Expiry: the first second at which the token is invalid, Unix time.
    pub expires_at: u32,
}

impl Grant {
    /// When the playback session was created, in Unix milliseconds: the time in its id. `None` if the id is not a UUID of
    /// version 7. Nang issues no such id, and every take-down of the film must refuse it.
    pub fn issued_at_ms(&self) -> Option<u64> {
        created_at_ms(self.session)
    }
}

/// Returns the time in a session's id, in Unix milliseconds (RFC 9562 §5.7).
pub(crate) fn created_at_ms(session: PlaybackSessionId) -> Option<u64> {
    let id = session.0;
    let is_version_7 = id.get_version_num() == 7 && id.get_variant() == uuid::Variant::RFC4122;
    // The time is the first 48 of the 128 bits.
    is_version_7.then(|| id.as_u64_pair().0 >> 16)
}

impl KeyRing {
    /// Parses keys from text: one `<id> <hexadecimal digits>` per line, the signing key first. Empty lines and lines that
    /// start with `#` are ignored.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut keys: Vec<TokenKey> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let syntax = KeyError::Syntax(index + 1);
            let (id, digits) = line.split_once(char::is_whitespace).ok_or_else(|| syntax.clone())?;
            let id: u8 = id.parse().map_err(|_| syntax.clone())?;
            let secret = hex::decode(digits.trim()).ok_or(syntax)?;
            if secret.len() < MIN_KEY_BYTES || secret.iter().all(|byte| *byte == secret[0]) {
                return Err(KeyError::Weak(id));
            }
            if keys.iter().any(|key| key.id == id) {
                return Err(KeyError::Count);
            }
            keys.push(TokenKey { id, secret });
        }
        if (1..=2).contains(&keys.len()) { Ok(Self(keys)) } else { Err(KeyError::Count) }
    }

    /// Issues a token that allows `session` to read the film until `expires_at` (Unix seconds).
    pub fn sign(&self, film: FilmId, session: PlaybackSessionId, expires_at: u32) -> String {
        let key = self.signing_key();
        let mut bytes = Vec::with_capacity(HEAD_BYTES + MAC_BYTES);
        bytes.push(VERSION);
        bytes.push(key.id);
        bytes.extend(expires_at.to_be_bytes());
        bytes.extend(session.0.as_bytes());
        let mac = mac(key, &bytes, film);
        bytes.extend(mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Verifies `token` for the film at time `now` (Unix seconds). The MAC is compared in constant time and before the
    /// expiry, so that the result gives an attacker no information about a forged token.
    pub fn verify(&self, token: &str, film: FilmId, now: u64) -> Result<Grant, TokenError> {
        let mut bytes = [0_u8; HEAD_BYTES + MAC_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(token, &mut bytes).map_err(|_| TokenError::Malformed)?;
        if length != bytes.len() || bytes[0] != VERSION {
            return Err(TokenError::Malformed);
        }
        let (head, given) = bytes.split_at(HEAD_BYTES);
        let key = self.key(head[1]).ok_or(TokenError::UnknownKey)?;
        if !bool::from(mac(key, head, film).ct_eq(given)) {
            return Err(TokenError::Mac);
        }
        let expires_at = u32::from_be_bytes([head[2], head[3], head[4], head[5]]);
        if now >= u64::from(expires_at) {
            return Err(TokenError::Expired);
        }
        let mut session = [0; 16];
        session.copy_from_slice(&head[6..HEAD_BYTES]);
        Ok(Grant { session: PlaybackSessionId(Uuid::from_bytes(session)), expires_at })
    }
    /// The key that signs.
    pub(crate) fn signing_key(&self) -> &TokenKey {
        &self.0[0]
    }

    /// The active key with this id.
    pub(crate) fn key(&self, id: u8) -> Option<&TokenKey> {
        self.0.iter().find(|key| key.id == id)
    }
}

fn mac(key: &TokenKey, head: &[u8], film: FilmId) -> [u8; MAC_BYTES] {
    let full = key.mac(&[head, film.to_string().as_bytes()]);
    let mut cut = [0; MAC_BYTES];
    cut.copy_from_slice(&full[..MAC_BYTES]);
    cut
}
