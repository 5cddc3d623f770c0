//! Playback tokens: test vectors from an independent implementation, and modified tokens.

#![allow(clippy::unwrap_used)]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    id::{FilmId, PlaybackSessionId},
    token::{Grant, KeyError, KeyRing, TokenError},
};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    keys: Vec<Key>,
    vectors: Vec<Vector>,
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
    token: String,
    film: String,
    now: u64,
    grant: Option<ExpectedGrant>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct ExpectedGrant {
    session: PlaybackSessionId,
    expires_at: u32,
    issued_at_ms: Option<u64>,
}

#[test]
fn the_test_vectors_verify() {
    let shared: Vectors = serde_json::from_str(include_str!("../token_vectors.json")).unwrap();
    assert!(shared.vectors.len() >= 40);
    for vector in shared.vectors {
        let line = |id: &u8| {
            let key = shared.keys.iter().find(|key| key.id == *id).unwrap();
            format!("{id} {}\n", key.secret_hex)
        };
        let ring = KeyRing::parse(&vector.keys.iter().map(line).collect::<String>()).unwrap();
        let film: FilmId = vector.film.parse().unwrap();
        let found = ring.verify(&vector.token, film, vector.now);
        let expected = match (&vector.grant, vector.error.as_deref()) {
            (Some(grant), None) => Ok(Grant { session: grant.session, expires_at: grant.expires_at }),
            (None, Some("malformed")) => Err(TokenError::Malformed),
            (None, Some("unknown_key")) => Err(TokenError::UnknownKey),
            (None, Some("mac")) => Err(TokenError::Mac),
            (None, Some("expired")) => Err(TokenError::Expired),
            _ => panic!("{}: needs either grant or error", vector.name),
        };
        assert_eq!(found, expected, "{}", vector.name);

        // Signing gives the same token, if the ring's first key signed it.
        let signed_by = URL_SAFE_NO_PAD.decode(&vector.token).ok().and_then(|bytes| bytes.get(1).copied());
        if let Ok(grant) = expected
            && signed_by == vector.keys.first().copied()
        {
            assert_eq!(ring.sign(film, grant.session, grant.expires_at), vector.token, "{}", vector.name);
        }
        if let (Ok(grant), Some(listed)) = (found, &vector.grant) {
            assert_eq!(grant.issued_at_ms(), listed.issued_at_ms, "{}", vector.name);
        }
    }
}

const STRONG: &str = "8f1d6a0c2be47395d0a16fe3c85b7492013c9e64fa7d28b5906ce1537ab48fd2";
const OTHER: &str = "00112233445566778899aabbccddeeff102132435465768798a9babbdcddfe0f";

#[test]
fn keys_are_parsed_or_refused_with_a_reason() {
    let short = &STRONG[2..];
    let same = "ab".repeat(32);
    let signed = format!("+8{}", &STRONG[2..]);
    let wide = format!("{}é", &STRONG[2..]);
    for (text, expected) in [
        (format!("1 {STRONG}"), None),
        (format!("# signing\n\n  7\t{STRONG}  \r\n1 {OTHER}\n"), None),
        (format!("1 {}", STRONG.to_uppercase()), None),
        (format!("1 {STRONG}{OTHER}"), None),
        (String::new(), Some(KeyError::Count)),
        ("# nothing\n".to_owned(), Some(KeyError::Count)),
        (format!("1 {STRONG}\n1 {OTHER}"), Some(KeyError::Count)),
        (format!("1 {STRONG}\n2 {OTHER}\n3 {OTHER}"), Some(KeyError::Count)),
        (format!("1 {short}"), Some(KeyError::Weak(1))),
        (format!("1 {STRONG}\n9 {same}"), Some(KeyError::Weak(9))),
        (format!("1 {}", "00".repeat(32)), Some(KeyError::Weak(1))),
        (STRONG.to_owned(), Some(KeyError::Syntax(1))),
        (format!("256 {STRONG}"), Some(KeyError::Syntax(1))),
        (format!("-1 {STRONG}"), Some(KeyError::Syntax(1))),
        (format!("one {STRONG}"), Some(KeyError::Syntax(1))),
        (format!("\n1 {}", &STRONG[1..]), Some(KeyError::Syntax(2))),
        (format!("1 {}zz", &STRONG[2..]), Some(KeyError::Syntax(1))),
        (format!("1 {signed}"), Some(KeyError::Syntax(1))),
        (format!("1 {wide}"), Some(KeyError::Syntax(1))),
        (format!("1 {STRONG} {OTHER}"), Some(KeyError::Syntax(1))),
    ] {
        assert_eq!(KeyRing::parse(&text).err(), expected, "{text:?}");
    }
}

#[test]
fn debug_output_and_errors_do_not_contain_keys() {
    let ring = KeyRing::parse(&format!("1 {STRONG}")).unwrap();
    assert_eq!(format!("{ring:?}"), "KeyRing([TokenKey { id: 1 }])");
    let error = KeyRing::parse(&format!("1 {STRONG}g")).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(&STRONG[..8]));
}

fn ring() -> KeyRing {
    KeyRing::parse(&format!("1 {STRONG}\n2 {OTHER}")).unwrap()
}

fn ids() -> impl Strategy<Value = (FilmId, PlaybackSessionId)> {
    let id = || any::<u128>().prop_map(uuid::Uuid::from_u128);
    (id(), id()).prop_map(|(film, session)| (FilmId(film), PlaybackSessionId(session)))
}

proptest! {
    #[test]
    fn a_token_is_valid_for_its_film_until_it_expires(
        (film, session) in ids(), expires_at in 1_u32.., elapsed in any::<u32>(),
    ) {
        let token = ring().sign(film, session, expires_at);
        prop_assert_eq!(token.len(), 51);
        prop_assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        let before = u64::from(elapsed % expires_at);
        prop_assert_eq!(ring().verify(&token, film, before), Ok(Grant { session, expires_at }));
        let after = u64::from(expires_at) + u64::from(elapsed);
        prop_assert_eq!(ring().verify(&token, film, after), Err(TokenError::Expired));
        prop_assert_eq!(
            ring().verify(&token, FilmId(session.0), before).is_ok(),
            film.0 == session.0,
        );
    }

    #[test]
    fn a_token_with_a_flipped_bit_is_refused((film, session) in ids(), expires_at in any::<u32>()) {
        let bytes = URL_SAFE_NO_PAD.decode(ring().sign(film, session, expires_at)).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut modified = bytes.clone();
            modified[bit / 8] ^= 1 << (bit % 8);
            let found = ring().verify(&URL_SAFE_NO_PAD.encode(modified), film, 0);
            prop_assert!(matches!(found, Err(TokenError::Malformed | TokenError::UnknownKey | TokenError::Mac)));
        }
    }

    #[test]
    fn any_other_text_is_refused(
        (film, session) in ids(), at in 0_usize..51, other in any::<char>(), text in any::<String>(),
    ) {
        let token = ring().sign(film, session, u32::MAX);
        let changed: String = token.char_indices().map(|(i, c)| if i == at { other } else { c }).collect();
        prop_assert_eq!(ring().verify(&changed, film, 0).is_ok(), changed == token);
        prop_assert!(ring().verify(&text, film, 0).is_err());
    }
}
