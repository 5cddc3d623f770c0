//! Password hashing with Argon2id on blocking threads, with a limit on concurrent hashes.
//!
//! A hash takes tens of milliseconds of a core and 19 MiB of memory, so many login attempts at the same time must queue.

use std::sync::{Arc, LazyLock};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use crate::blocking::{all_cores_but_one, run_bounded};

/// Minimum length of a new password, in characters.
pub const MIN_CHARS: usize = 10;

/// Maximum length of a password, in bytes.
pub const MAX_BYTES: usize = 256;

/// Checks a new password. Returns the reason if it is not acceptable.
pub fn check_new(password: &str) -> Result<(), String> {
    if password.chars().count() < MIN_CHARS || password.len() > MAX_BYTES {
        return Err(format!("must have at least {MIN_CHARS} characters and at most {MAX_BYTES} bytes"));
    }
    if password.contains('\0') {
        return Err("must not contain the character NUL".to_owned());
    }
    let first = password.chars().next();
    if password.chars().all(|char| Some(char) == first) {
        return Err("must not consist of one repeated character".to_owned());
    }
    Ok(())
}

/// Limits concurrent hashes.
static PERMITS: LazyLock<Arc<Semaphore>> = LazyLock::new(all_cores_but_one);

/// A hash that no password matches, with the parameters of real hashes. It is verified when the account is unknown, so that the
/// response takes the same time.
const UNMATCHABLE_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bmFuZy9ub2JvZHkvc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password could not be hashed or verified. A wrong password is not an error.
#[derive(Debug, thiserror::Error)]
#[error("cannot hash a password: {0}")]
pub struct PasswordError(String);

/// Hashes a password with a new salt and returns a PHC string.
pub async fn hash(password: String) -> Result<String, PasswordError> {
    run_on_blocking_thread(move || {
        let hash = Argon2::default().hash_password(password.as_bytes());
        hash.map(|hash| hash.to_string()).map_err(|error| PasswordError(error.to_string()))
    })
    .await
}

/// Whether `password` matches `hash`. Pass `None` for an unknown account: it takes the same time and returns false.
pub(crate) async fn verify(password: String, hash: Option<String>) -> Result<bool, PasswordError> {
    run_on_blocking_thread(move || {
        let parsed = PasswordHash::new(hash.as_deref().unwrap_or(UNMATCHABLE_HASH))
            .map_err(|error| PasswordError(format!("the stored hash is malformed: {error}")))?;
        let matches = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
        Ok(matches && hash.is_some())
    })
    .await
}

async fn run_on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
) -> Result<T, PasswordError> {
    run_bounded(&PERMITS, work).await.map_err(|error| PasswordError(error.to_string()))?
}

#[cfg(test)]
mod tests {
    use super::{PasswordHash, UNMATCHABLE_HASH, check_new, hash, verify};

    #[test]
    fn a_new_password_must_be_acceptable() {
        for good in ["0123456789", "ດອກຈຳປາ ດອກ", &"ກຂ".repeat(42)] {
            assert_eq!(check_new(good), Ok(()), "{good}");
        }
        for bad in ["", "012345678", "aaaaaaaaaaaa", "0123456789\0", &"ab".repeat(129), &"ກຂ".repeat(43)]
        {
            assert!(check_new(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let stored = hash("ຊ້າງສີຂາວ 3 ໂຕ".to_owned()).await.unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify("ຊ້າງສີຂາວ 3 ໂຕ".to_owned(), Some(stored.clone())).await.unwrap());
        assert!(!verify("ຊ້າງສີຂາວ 3 ໂຕ ".to_owned(), Some(stored)).await.unwrap());
        assert!(!verify(String::new(), None).await.unwrap());
        assert!(verify("x".to_owned(), Some("malformed".to_owned())).await.is_err());
    }

    #[tokio::test]
    async fn an_unknown_account_takes_as_long_as_a_known_one() {
        let real = hash("x".to_owned()).await.unwrap();
        let real = PasswordHash::new(&real).unwrap();
        let dummy = PasswordHash::new(UNMATCHABLE_HASH).unwrap();
        assert_eq!((real.algorithm, real.version), (dummy.algorithm, dummy.version));
        assert_eq!(real.params.to_string(), dummy.params.to_string());
        assert_eq!(real.hash.unwrap().as_bytes().len(), dummy.hash.unwrap().as_bytes().len());
        assert_eq!(real.salt.unwrap().len(), dummy.salt.unwrap().len());
    }
}
