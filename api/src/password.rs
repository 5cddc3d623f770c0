//! Passwords: Argon2id, off the async threads, a bounded number at once.
//!
//! Every hash costs tens of milliseconds of a core and 19 MiB, so a flood of logins must queue and not be served at once.

use std::sync::{Arc, LazyLock};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use crate::blocking::{all_cores_but_one, run_bounded};

/// Shortest password an account may be given, in characters.
pub const MIN_CHARS: usize = 10;

/// Longest password that is looked at, in bytes.
pub const MAX_BYTES: usize = 256;

/// Whether a new account may have this password; if not, why.
pub fn check_new(password: &str) -> Result<(), String> {
    if password.chars().count() < MIN_CHARS || password.len() > MAX_BYTES {
        return Err(format!("must have at least {MIN_CHARS} characters and at most {MAX_BYTES} bytes"));
    }
    if password.contains('\0') {
        return Err("must not contain the character NUL".to_owned());
    }
    let first = password.chars().next();
    if password.chars().all(|char| Some(char) == first) {
        return Err("must not be one character again and again".to_owned());
    }
    Ok(())
}

/// Hashes at work at once.
static PERMITS: LazyLock<Arc<Semaphore>> = LazyLock::new(all_cores_but_one);

/// A hash that no password matches, with the same parameters as real ones: what is checked when the account is unknown,
/// so that the answer takes as long.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bmFuZy9ub2JvZHkvc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password could not be hashed or checked. A wrong password is not an error.
#[derive(Debug, thiserror::Error)]
#[error("cannot hash a password: {0}")]
pub struct PasswordError(String);

/// Hashes a password into PHC form with a fresh salt.
pub async fn hash(password: String) -> Result<String, PasswordError> {
    off_the_async_threads(move || {
        let hash = Argon2::default().hash_password(password.as_bytes());
        hash.map(|hash| hash.to_string()).map_err(|error| PasswordError(error.to_string()))
    })
    .await
}

/// Whether `password` is the one that `hash` was made of. `None`, for an unknown account, takes as long and is false.
pub(crate) async fn verify(password: String, hash: Option<String>) -> Result<bool, PasswordError> {
    off_the_async_threads(move || {
        let parsed = PasswordHash::new(hash.as_deref().unwrap_or(NOBODY))
            .map_err(|error| PasswordError(format!("a stored hash is damaged: {error}")))?;
        let matches = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
        Ok(matches && hash.is_some())
    })
    .await
}

async fn off_the_async_threads<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
) -> Result<T, PasswordError> {
    run_bounded(&PERMITS, work).await.map_err(|error| PasswordError(error.to_string()))?
}

#[cfg(test)]
mod tests {
    use super::{NOBODY, PasswordHash, check_new, hash, verify};

    #[test]
    fn new_passwords_are_long_enough_and_not_too_long() {
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
        assert!(verify("x".to_owned(), Some("damaged".to_owned())).await.is_err());
    }

    #[tokio::test]
    async fn an_unknown_account_costs_as_much_as_a_known_one() {
        let real = hash("x".to_owned()).await.unwrap();
        let (real, nobody) = (PasswordHash::new(&real).unwrap(), PasswordHash::new(NOBODY).unwrap());
        assert_eq!((real.algorithm, real.version), (nobody.algorithm, nobody.version));
        assert_eq!(real.params.to_string(), nobody.params.to_string());
        assert_eq!(real.hash.unwrap().as_bytes().len(), nobody.hash.unwrap().as_bytes().len());
        assert_eq!(real.salt.unwrap().len(), nobody.salt.unwrap().len());
    }
}
