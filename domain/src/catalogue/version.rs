//! What a film was like when it was written out, so that a file overwrites nothing that was edited since.

use std::{collections::BTreeSet, fmt, str::FromStr};

use sha2::{Digest, Sha256};

/// More edits than a film will ever have; a new film takes its count from the file and must have room to count on.
const MAX_EDITS: i64 = 1_000_000_000;

/// A film's count of edits, and a fingerprint of its places on shelves, which are edits of the shelves and not counted
/// with the film. Written `3`, or `3-s1f0c22d8` for a film on shelves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarriedVersion {
    /// Edits of the film.
    pub film: i64,
    /// Of its places; `None` on no shelf.
    pub places: Option<u32>,
}

/// Why a text is not a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a version as an export writes it, such as 3 or 3-s1f0c22d8")]
pub struct InvalidVersion;

impl CarriedVersion {
    /// The fingerprint of these places on the shelves with these slugs, the same on every server.
    pub fn places<'a>(places: impl IntoIterator<Item = (&'a str, i32)>) -> Option<u32> {
        let places: BTreeSet<_> = places.into_iter().collect();
        let mut hash = Sha256::new();
        for (shelf, place) in &places {
            hash.update(format!("{shelf} {place}\n"));
        }
        let [a, b, c, d, ..]: [u8; 32] = hash.finalize().into();
        (!places.is_empty()).then_some(u32::from_be_bytes([a, b, c, d]))
    }
}

impl fmt::Display for CarriedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.places {
            None => write!(f, "{}", self.film),
            Some(places) => write!(f, "{}-s{places:08x}", self.film),
        }
    }
}

impl FromStr for CarriedVersion {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let (film, places) = match text.split_once("-s") {
            Some((film, places)) => (film, Some(places)),
            None => (text, None),
        };
        let film = film.parse().ok().filter(|film| (1..=MAX_EDITS).contains(film)).ok_or(InvalidVersion)?;
        let places = places.map(|places| u32::from_str_radix(places, 16)).transpose();
        Ok(Self { film, places: places.map_err(|_| InvalidVersion)? })
    }
}
