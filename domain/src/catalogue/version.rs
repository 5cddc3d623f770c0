//! The version of a film at the time of an export, so that an import does not overwrite later edits.

use std::{collections::BTreeSet, fmt, str::FromStr};

use sha2::{Digest, Sha256};

/// Maximum number of edits in a file, more than a film will ever have. A new film starts with the number from the file, so
/// the number must be far below the maximum of its type.
const MAX_EDITS: i64 = 1_000_000_000;

/// A film's number of edits and a fingerprint of its places in categories. Changing a place is an edit of the category, so
/// the film's number does not include it. Written as `3`, or as `3-s1f0c22d8` for a film in categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilmVersion {
    /// Number of edits of the film.
    pub film: i64,
    /// Fingerprint of its places; `None` if the film is in no category.
    pub places: Option<u32>,
}

/// The text is not a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a version from an export, such as 3 or 3-s1f0c22d8")]
pub struct InvalidVersion;

impl FilmVersion {
    /// Computes the fingerprint of places in categories, each with the category's slug. The result is the same on every server.
    pub fn places<'a>(places: impl IntoIterator<Item = (&'a str, i32)>) -> Option<u32> {
        let places: BTreeSet<_> = places.into_iter().collect();
        let mut hash = Sha256::new();
        for (category, place) in &places {
            hash.update(format!("{category} {place}\n"));
        }
        let [a, b, c, d, ..]: [u8; 32] = hash.finalize().into();
        (!places.is_empty()).then_some(u32::from_be_bytes([a, b, c, d]))
    }
}

impl fmt::Display for FilmVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.places {
            None => write!(f, "{}", self.film),
            Some(places) => write!(f, "{}-s{places:08x}", self.film),
        }
    }
}

impl FromStr for FilmVersion {
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
