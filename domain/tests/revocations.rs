//! The revocations list: test vectors from an independent implementation, modified lists, and its limits.

#![allow(clippy::unwrap_used)]

use domain::{
    id::{FilmId, PlaybackSessionId},
    revocations::{EVERY_SESSION_MS, MAX_BYTES, MAX_SESSIONS, Revocations, RevocationsError},
    token::{Grant, KeyRing},
};
use proptest::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

#[derive(Deserialize)]
struct Shared {
    keys: Vec<Key>,
    vectors: Vec<Vector>,
    refusals: Vec<Refusal>,
}

#[derive(Deserialize)]
struct Key {
    id: u8,
    secret_hex: String,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    keys: Vec<u8>,
    text: String,
    list: Option<List>,
    #[serde(default)]
    written: bool,
    error: Option<String>,
}

#[derive(Deserialize)]
struct List {
    made_at: u64,
    films: Vec<Film>,
    sessions: Vec<PlaybackSessionId>,
}

#[derive(Deserialize)]
struct Film {
    film: FilmId,
    before_ms: u64,
}

#[derive(Deserialize)]
struct Refusal {
    name: String,
    film: FilmId,
    session: PlaybackSessionId,
    refused: bool,
}

impl List {
    fn revocations(&self) -> Revocations {
        let mut list = Revocations::new(self.made_at);
        // Backwards: the order of the calls must not matter.
        for film in self.films.iter().rev() {
            list.revoke_film(film.film, film.before_ms);
        }
        for session in self.sessions.iter().rev() {
            list.revoke_session(*session);
        }
        list
    }
}

fn grant(session: PlaybackSessionId) -> Grant {
    Grant { session, expires_at: u32::MAX }
}

#[test]
fn the_test_vectors_verify() {
    let shared: Shared = serde_json::from_str(include_str!("../revocations_vectors.json")).unwrap();
    assert!(shared.vectors.len() >= 30);
    for vector in &shared.vectors {
        let line = |id: &u8| {
            let key = shared.keys.iter().find(|key| key.id == *id).unwrap();
            format!("{id} {}\n", key.secret_hex)
        };
        let ring = KeyRing::parse(&vector.keys.iter().map(line).collect::<String>()).unwrap();
        let expected = match (&vector.list, vector.error.as_deref()) {
            (Some(list), None) => Ok(list.revocations()),
            (None, Some("malformed")) => Err(RevocationsError::Malformed),
            (None, Some("version")) => Err(RevocationsError::Version),
            (None, Some("unknown_key")) => Err(RevocationsError::UnknownKey),
            (None, Some("mac")) => Err(RevocationsError::Mac),
            _ => panic!("{}: needs either list or error", vector.name),
        };
        if let (Ok(list), true) = (&expected, vector.written) {
            let signed = list.sign(&ring);
            assert_eq!(String::from_utf8(signed.bytes).unwrap(), vector.text, "{}", vector.name);
            assert_eq!((signed.dropped_films, signed.dropped_sessions), (0, 0));
        }
        assert_eq!(Revocations::verify(&ring, vector.text.as_bytes()), expected, "{}", vector.name);
    }

    let listed = shared.vectors.iter().find(|vector| vector.name == "valid, two films and two sessions");
    let list = listed.unwrap().list.as_ref().unwrap().revocations();
    assert!(shared.refusals.len() >= 8);
    for refusal in shared.refusals {
        assert_eq!(list.refuses(refusal.film, &grant(refusal.session)), refusal.refused, "{}", refusal.name);
    }
}

fn ring() -> KeyRing {
    KeyRing::parse(&format!("7 {}\n8 {}", "0123456789abcdef".repeat(4), "fedcba9876543210".repeat(4)))
        .unwrap()
}

fn film(number: u64) -> FilmId {
    FilmId(Uuid::from_u64_pair(1, number))
}

/// A session that was created at this time.
fn session(created_at_ms: u64) -> PlaybackSessionId {
    PlaybackSessionId(Uuid::from_u64_pair(created_at_ms << 16 | 0x7abc, 0x8def_0011_2233_aabb))
}

#[test]
fn a_list_that_is_too_long_loses_its_oldest_sessions() {
    let mut list = Revocations::new(1_800_000_000);
    let without_time = PlaybackSessionId(Uuid::from_u128(7));
    list.revoke_session(without_time);
    list.revoke_film(film(1), EVERY_SESSION_MS);
    let all = MAX_SESSIONS as u64 + 10;
    for number in 0..all {
        list.revoke_session(session(1_700_000_000_000 + number));
    }
    let signed = list.sign(&ring());
    assert_eq!((signed.dropped_films, signed.dropped_sessions), (0, 11));
    assert!(signed.bytes.len() <= MAX_BYTES);
    let read = Revocations::verify(&ring(), &signed.bytes).unwrap();
    for (number, refused) in [(0, false), (10, false), (11, true), (all - 1, true)] {
        assert_eq!(read.refuses(film(2), &grant(session(1_700_000_000_000 + number))), refused, "{number}");
    }
    assert!(read.refuses(film(2), &grant(without_time)));
    assert!(read.refuses(film(1), &grant(session(1_700_000_000_000))));
    // A list that fits loses nothing.
    assert_eq!(read.sign(&ring()).bytes, signed.bytes);
}

#[test]
fn films_are_kept_before_sessions() {
    let mut list = Revocations::new(u64::MAX);
    for number in 0..120_000 {
        list.revoke_film(film(number), EVERY_SESSION_MS - number);
    }
    list.revoke_session(session(1));
    let signed = list.sign(&ring());
    assert!(signed.bytes.len() <= MAX_BYTES);
    assert!((1..10_000).contains(&signed.dropped_films), "{}", signed.dropped_films);
    let read = Revocations::verify(&ring(), &signed.bytes).unwrap();
    let oldest_session = grant(session(1));
    assert!(read.refuses(film(0), &oldest_session));
    assert!(!read.refuses(film(119_999), &oldest_session) || signed.dropped_sessions == 0);

    // Films and sessions that only together are too long.
    let mut list = Revocations::new(u64::MAX);
    (0..50_000).for_each(|number| list.revoke_film(film(number), EVERY_SESSION_MS));
    (0..MAX_SESSIONS as u64).for_each(|number| list.revoke_session(session(number)));
    let signed = list.sign(&ring());
    assert!((MAX_BYTES - 1000..=MAX_BYTES).contains(&signed.bytes.len()), "{}", signed.bytes.len());
    assert_eq!(signed.dropped_films, 0);
    assert!(signed.dropped_sessions > 0);
}

#[test]
fn a_list_above_the_limits_is_refused() {
    let long = vec![b'x'; MAX_BYTES + 1];
    assert_eq!(Revocations::verify(&ring(), &long), Err(RevocationsError::TooLong));
    assert_eq!(Revocations::verify(&ring(), &long[1..]), Err(RevocationsError::Malformed));
}

#[test]
fn the_latest_time_of_a_film_counts() {
    for times in [[5_000, 9_000], [9_000, 5_000]] {
        let mut list = Revocations::new(1);
        for time in times {
            list.revoke_film(film(1), time);
        }
        assert!(list.refuses(film(1), &grant(session(8_999))));
        assert!(!list.refuses(film(1), &grant(session(9_000))));
    }
    let mut list = Revocations::new(1);
    list.revoke_film(film(1), u64::MAX);
    let read = Revocations::verify(&ring(), &list.sign(&ring()).bytes).unwrap();
    assert_eq!(read, list);
    assert!(read.refuses(film(1), &grant(session(EVERY_SESSION_MS - 1))));
}

proptest! {
    #[test]
    fn a_list_reads_back_and_refuses_what_it_names(
        made_at: u64,
        films in proptest::collection::btree_map(0_u64..20, 0..EVERY_SESSION_MS, 0..10),
        sessions in proptest::collection::btree_set(any::<u128>(), 0..20),
        (number, asked) in (0_u64..20, any::<u128>()),
    ) {
        let mut list = Revocations::new(made_at);
        for (number, before_ms) in &films {
            list.revoke_film(film(*number), *before_ms);
        }
        for id in &sessions {
            list.revoke_session(PlaybackSessionId(Uuid::from_u128(*id)));
        }
        let read = Revocations::verify(&ring(), &list.sign(&ring()).bytes).unwrap();
        prop_assert_eq!(&read, &list);
        prop_assert_eq!(read.made_at(), made_at);
        for id in sessions.iter().copied().chain([asked]) {
            let grant = grant(PlaybackSessionId(Uuid::from_u128(id)));
            let by_film = films
                .get(&number)
                .is_some_and(|before_ms| grant.issued_at_ms().is_none_or(|at| at < *before_ms));
            prop_assert_eq!(read.refuses(film(number), &grant), sessions.contains(&id) || by_film);
        }
    }

    #[test]
    fn a_list_with_a_changed_byte_is_refused(at in any::<prop::sample::Index>(), mask in 1_u8..) {
        let mut list = Revocations::new(1_800_000_000);
        list.revoke_film(film(1), 1_700_000_000_000);
        list.revoke_session(session(1_700_000_000_000));
        let mut bytes = list.sign(&ring()).bytes;
        let at = at.index(bytes.len());
        bytes[at] ^= mask;
        prop_assert!(Revocations::verify(&ring(), &bytes).is_err());
        prop_assert!(Revocations::verify(&ring(), &bytes[..at]).is_err());
    }

    #[test]
    fn any_other_bytes_are_refused(bytes: Vec<u8>) {
        prop_assert!(Revocations::verify(&ring(), &bytes).is_err());
    }

    /// A token's MAC is never that of a list, whatever the token contains: the first bytes that they cover differ.
    #[test]
    fn a_token_is_not_a_list_and_a_list_is_not_a_token(id: u128, expires_at: u32) {
        let film = FilmId(Uuid::from_u128(id));
        let token = ring().sign(film, PlaybackSessionId(Uuid::from_u128(id)), expires_at);
        prop_assert!(Revocations::verify(&ring(), token.as_bytes()).is_err());
        let list = Revocations::new(u64::from(expires_at)).sign(&ring()).bytes;
        prop_assert!(ring().verify(std::str::from_utf8(&list).unwrap(), film, 0).is_err());
    }
}
