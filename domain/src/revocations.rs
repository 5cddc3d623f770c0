//! The revocations list: which playback tokens no longer hold although they have not expired.
//!
//! The API process stores it at [`Key::revocations`](crate::key::Key::revocations) and overwrites it; every origin reads it. It
//! names playback sessions (ended, taken over, or of a disabled account), and films whose sessions created before a given time
//! no longer hold (unpublished, outside their window, deleted).
//!
//! Two lines of ASCII, each with a line feed at its end:
//!
//! ```text
//! nang-revocations 1 7 0c5e…
//! {"made_at":1800000000,"films":[{"film":"0193…","before_ms":1800000000000}],"sessions":["0193…"]}
//! ```
//!
//! The first line is the name, the version, the id of the key in decimal, and the HMAC-SHA256 as 64 lower-case hexadecimal
//! digits, separated by one space. The MAC covers the first line up to the key's id, a line feed, and the second line with its
//! line feed. These bytes begin with `n`, and those that a token's MAC covers begin with the token's version, so neither MAC is
//! valid as the other.
//!
//! The second line is JSON with exactly these members. `made_at` is in Unix seconds, `before_ms` in Unix milliseconds. A writer
//! writes no spaces, the members in this order, and both lists in ascending order of their ids without duplicates; so equal
//! lists are equal bytes. A reader accepts any order. `revocations_vectors.json` contains test vectors.
//!
//! Rules for the writer:
//! - It overwrites the list within 5 s of a change, and at least every 20 s if nothing changes. A list that is older than
//!   [`MAX_AGE_SECONDS`] tells readers that the writer has stopped.
//! - A list must not be older than the list that it replaces: readers ignore it.
//! - An entry may be dropped only when every token that it refuses has expired.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use subtle::ConstantTimeEq;

use crate::{
    hex,
    id::{FilmId, PlaybackSessionId},
    token::{self, Grant, KeyRing},
};

const NAME: &str = "nang-revocations";
const VERSION: &str = "1";

/// Maximum number of sessions in a list.
pub const MAX_SESSIONS: usize = 200_000;
/// Maximum size of a list.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Age from which a list shows that its writer has stopped.
pub const MAX_AGE_SECONDS: u64 = 60;

/// A `before_ms` that refuses every session: ids have 48 bits for the time.
pub const EVERY_SESSION_MS: u64 = 1 << 48;

/// Upper limits of the sizes of a list without entries, of a film's entry and of a session's entry, with commas.
const FRAME_BYTES: usize = 256;
const FILM_BYTES: usize = r#"{"film":"","before_ms":},"#.len() + 36 + 15;
const SESSION_BYTES: usize = r#""","#.len() + 36;

/// A revocations list. The writer fills and signs one; a reader gets one from [`Self::verify`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revocations {
    made_at: u64,
    films: BTreeMap<FilmId, u64>,
    sessions: BTreeSet<PlaybackSessionId>,
}

/// A signed list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Signed {
    /// The bytes to store.
    pub bytes: Vec<u8>,
    /// Number of films that did not fit. Their tokens hold again, so the writer must report it.
    pub dropped_films: usize,
    /// Number of sessions that did not fit. Their tokens hold again, so the writer must report it.
    pub dropped_sessions: usize,
}

/// Why a list is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevocationsError {
    /// The list is longer than [`MAX_BYTES`] or has more than [`MAX_SESSIONS`] sessions.
    #[error("it is longer than allowed")]
    TooLong,
    /// The bytes are not a list.
    #[error("it is malformed")]
    Malformed,
    /// The list has a version that this program does not know.
    #[error("its version is unknown")]
    Version,
    /// The key that signed the list is not active.
    #[error("it is signed with a playback key that is not active here")]
    UnknownKey,
    /// The MAC does not match: the list is forged, damaged or truncated.
    #[error("its MAC does not match")]
    Mac,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    made_at: u64,
    films: Vec<FilmEntry>,
    sessions: Vec<PlaybackSessionId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilmEntry {
    film: FilmId,
    before_ms: u64,
}

impl Revocations {
    /// Creates a list without entries, made at this time (Unix seconds).
    pub fn new(made_at: u64) -> Self {
        Self { made_at, ..Self::default() }
    }

    /// Refuses the tokens of the film's sessions that were created before `before_ms` (Unix milliseconds). Of several times for
    /// one film, the latest counts.
    ///
    /// Times in session ids come from the clock that creates the ids, so `before_ms` should come from the same clock.
    pub fn revoke_film(&mut self, film: FilmId, before_ms: u64) {
        let latest = self.films.entry(film).or_default();
        *latest = before_ms.min(EVERY_SESSION_MS).max(*latest);
    }

    /// Refuses the tokens of a session.
    pub fn revoke_session(&mut self, session: PlaybackSessionId) {
        self.sessions.insert(session);
    }

    /// When the list was made, in Unix seconds.
    pub fn made_at(&self) -> u64 {
        self.made_at
    }

    /// Whether the list refuses a token for `film` that is otherwise valid. A session whose id contains no time counts as created
    /// before every time.
    pub fn refuses(&self, film: FilmId, grant: &Grant) -> bool {
        self.sessions.contains(&grant.session)
            || self.films.get(&film).is_some_and(|before_ms| {
                grant.issued_at_ms().is_none_or(|issued_at_ms| issued_at_ms < *before_ms)
            })
    }

    /// Signs the list with the ring's signing key.
    ///
    /// If it exceeds [`MAX_BYTES`] or [`MAX_SESSIONS`], sessions are dropped before films, and of each the oldest first: their
    /// tokens expire soonest. Sessions are not combined into an entry for their whole film, because that would stop viewers whose
    /// tokens must hold, and a client that begins and ends many sessions could cause it.
    pub fn sign(&self, keys: &KeyRing) -> Signed {
        let space_bytes = MAX_BYTES - FRAME_BYTES;
        let films: Vec<_> = self.films.iter().map(|(film, before_ms)| (*film, *before_ms)).collect();
        let films = newest(films, space_bytes / FILM_BYTES, |(_, before_ms)| *before_ms);
        let max_sessions = (space_bytes - films.len() * FILM_BYTES) / SESSION_BYTES;
        let sessions = newest(
            self.sessions.iter().copied().collect(),
            max_sessions.min(MAX_SESSIONS),
            // An id without a time is kept: nothing says that its token expires soon.
            |session| token::created_at_ms(*session).unwrap_or(u64::MAX),
        );
        let (dropped_films, dropped_sessions) =
            (self.films.len() - films.len(), self.sessions.len() - sessions.len());

        let body = self.body(&films, &sessions);
        let key = keys.signing_key();
        let head = format!("{NAME} {VERSION} {}", key.id);
        let mac = hex::encode(&key.mac(&[head.as_bytes(), b"\n", body.as_bytes()]));
        Signed { bytes: format!("{head} {mac}\n{body}").into_bytes(), dropped_films, dropped_sessions }
    }

    /// The second line. Ids and numbers need no escaping in JSON.
    fn body(&self, films: &[(FilmId, u64)], sessions: &[PlaybackSessionId]) -> String {
        let film =
            |(film, before_ms): &(FilmId, u64)| format!(r#"{{"film":"{film}","before_ms":{before_ms}}}"#);
        let films: Vec<_> = films.iter().map(film).collect();
        let sessions: Vec<_> = sessions.iter().map(|session| format!(r#""{session}""#)).collect();
        format!(
            "{{\"made_at\":{},\"films\":[{}],\"sessions\":[{}]}}\n",
            self.made_at,
            films.join(","),
            sessions.join(",")
        )
    }

    /// Verifies a list. The MAC is compared in constant time, and nothing of the second line is parsed before.
    pub fn verify(keys: &KeyRing, bytes: &[u8]) -> Result<Self, RevocationsError> {
        if bytes.len() > MAX_BYTES {
            return Err(RevocationsError::TooLong);
        }
        let end = bytes.iter().position(|byte| *byte == b'\n').ok_or(RevocationsError::Malformed)?;
        let (line, rest) = bytes.split_at(end);
        let line = std::str::from_utf8(line).map_err(|_| RevocationsError::Malformed)?;
        let (head, mac) = line.rsplit_once(' ').ok_or(RevocationsError::Malformed)?;
        let (version, key) = head
            .strip_prefix(NAME)
            .and_then(|head| head.strip_prefix(' '))
            .and_then(|head| head.split_once(' '))
            .ok_or(RevocationsError::Malformed)?;
        if version != VERSION {
            return Err(RevocationsError::Version);
        }
        let key: u8 = key.parse().map_err(|_| RevocationsError::Malformed)?;
        let key = keys.key(key).ok_or(RevocationsError::UnknownKey)?;
        let expected = hex::encode(&key.mac(&[head.as_bytes(), rest]));
        if !bool::from(expected.as_bytes().ct_eq(mac.as_bytes())) {
            return Err(RevocationsError::Mac);
        }
        let body: Body = serde_json::from_slice(rest).map_err(|_| RevocationsError::Malformed)?;
        if body.sessions.len() > MAX_SESSIONS {
            return Err(RevocationsError::TooLong);
        }
        let mut list = Self { sessions: body.sessions.into_iter().collect(), ..Self::new(body.made_at) };
        for entry in body.films {
            list.revoke_film(entry.film, entry.before_ms);
        }
        Ok(list)
    }
}

/// Returns the `max` entries with the latest times, in their order.
fn newest<T: Ord>(mut entries: Vec<T>, max: usize, time: impl Fn(&T) -> u64) -> Vec<T> {
    if let Some(excess) = entries.len().checked_sub(max) {
        entries.sort_by_key(&time);
        entries.drain(..excess);
        entries.sort_unstable();
    }
    entries
}
