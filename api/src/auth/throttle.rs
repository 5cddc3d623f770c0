//! Slows down guessing: a few attempts at once, then one every so often, for each account and for each address. Whatever
//! takes a password or a secret link counts: logging in, registering, changing and resetting a password.
//!
//! In memory and bounded: a restart forgives everybody, and a flood of made-up names cannot fill the memory. Attempts
//! are counted before the password is looked at, for unknown accounts too, so that the answer tells nothing.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use time::{Duration, OffsetDateTime};

/// Attempts on one account: 10 at once, then one every 30 s.
const ACCOUNT: Allowance = Allowance { burst: 10, every: Duration::seconds(30) };
/// Attempts from one address, behind which a whole office may sit: 40 at once, then one every 5 s.
const ADDRESS: Allowance = Allowance { burst: 40, every: Duration::seconds(5) };
/// Letters to one account, which anybody can ask for: 3 at once, then one every 20 minutes.
const LETTERS: Allowance = Allowance { burst: 3, every: Duration::minutes(20) };
/// Most accounts, and most addresses, remembered.
const CAPACITY: usize = 10_000;

/// So many at once, then one in each period.
#[derive(Clone, Copy)]
struct Allowance {
    burst: i32,
    every: Duration,
}

/// Counts attempts.
pub(crate) struct Throttle {
    accounts: Mutex<Bucket<String>>,
    addresses: Mutex<Bucket<IpAddr>>,
    letters: Mutex<Bucket<String>>,
}

/// Seconds until the next attempt is welcome.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TryAgainIn(pub(crate) u64);

impl Throttle {
    /// With nothing counted yet.
    pub(crate) fn new() -> Self {
        Self {
            accounts: Mutex::new(Bucket::new(ACCOUNT)),
            addresses: Mutex::new(Bucket::new(ADDRESS)),
            letters: Mutex::new(Bucket::new(LETTERS)),
        }
    }

    /// Counts an attempt on `email` (lower case) from `address`.
    pub(crate) fn attempt(
        &self,
        email: &str,
        address: IpAddr,
        now: OffsetDateTime,
    ) -> Result<(), TryAgainIn> {
        self.attempt_from(address, now)?;
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).take(email.to_owned(), now)
    }

    /// Counts an attempt from `address` on what is no account.
    pub(crate) fn attempt_from(&self, address: IpAddr, now: OffsetDateTime) -> Result<(), TryAgainIn> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner).take(address, now)
    }

    /// Counts a letter to `email` (lower case) that somebody at `address` asks for.
    pub(crate) fn ask_for_mail(
        &self,
        email: &str,
        address: IpAddr,
        now: OffsetDateTime,
    ) -> Result<(), TryAgainIn> {
        self.attempt_from(address, now)?;
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).take(email.to_owned(), now)
    }

    /// Forgives the account's failed attempts: its owner has logged in.
    pub(crate) fn succeeded(&self, email: &str) {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).full_at.remove(email);
    }
}

/// The generic cell rate algorithm: for each key, the moment at which its allowance is whole again.
struct Bucket<K> {
    allowance: Allowance,
    full_at: HashMap<K, OffsetDateTime>,
}

impl<K: Hash + Eq + Clone> Bucket<K> {
    fn new(allowance: Allowance) -> Self {
        Self { allowance, full_at: HashMap::new() }
    }

    fn take(&mut self, key: K, now: OffsetDateTime) -> Result<(), TryAgainIn> {
        let Allowance { burst, every } = self.allowance;
        let full_at = self.full_at.get(&key).copied().unwrap_or(now).max(now) + every;
        let wait = full_at - now - every * burst;
        if wait.is_positive() {
            let seconds = wait.whole_milliseconds().unsigned_abs().div_ceil(1000);
            return Err(TryAgainIn(u64::try_from(seconds).unwrap_or(u64::MAX)));
        }
        if self.full_at.len() >= CAPACITY && !self.full_at.contains_key(&key) {
            self.make_room(now);
        }
        self.full_at.insert(key, full_at);
        Ok(())
    }

    /// Forgets those who are whole again, and if nobody is, the half that soonest will be: whoever is being slowed down
    /// most stays remembered.
    fn make_room(&mut self, now: OffsetDateTime) {
        self.full_at.retain(|_, full_at| *full_at > now);
        if self.full_at.len() >= CAPACITY {
            let mut moments: Vec<_> = self.full_at.values().copied().collect();
            let (_, median, _) = moments.select_nth_unstable(CAPACITY / 2);
            let median = *median;
            self.full_at.retain(|_, full_at| *full_at > median);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn an_account_is_slowed_down_and_recovers() {
        let throttle = Throttle::new();
        let now = OffsetDateTime::UNIX_EPOCH;
        for attempt in 0..10 {
            assert_eq!(throttle.attempt("a@b.la", address(attempt), now), Ok(()));
        }
        assert_eq!(throttle.attempt("a@b.la", address(11), now), Err(TryAgainIn(30)));
        assert_eq!(throttle.attempt("other@b.la", address(11), now), Ok(()));
        let later = now + Duration::seconds(29);
        assert_eq!(throttle.attempt("a@b.la", address(11), later), Err(TryAgainIn(1)));
        assert_eq!(throttle.attempt("a@b.la", address(11), now + Duration::seconds(30)), Ok(()));
        throttle.succeeded("a@b.la");
        assert_eq!(throttle.attempt("a@b.la", address(11), now + Duration::seconds(30)), Ok(()));
    }

    #[test]
    fn an_address_is_slowed_down_whatever_accounts_it_tries() {
        let throttle = Throttle::new();
        let now = OffsetDateTime::UNIX_EPOCH;
        for attempt in 0..40 {
            assert_eq!(throttle.attempt(&format!("{attempt}@b.la"), address(1), now), Ok(()));
        }
        assert_eq!(throttle.attempt("more@b.la", address(1), now), Err(TryAgainIn(5)));
        assert_eq!(throttle.attempt("more@b.la", address(2), now), Ok(()));
    }

    #[test]
    fn made_up_names_neither_fill_the_memory_nor_free_the_attacked_account() {
        let mut bucket = Bucket::new(ACCOUNT);
        let now = OffsetDateTime::UNIX_EPOCH;
        for _ in 0..10 {
            assert_eq!(bucket.take("victim".to_owned(), now), Ok(()));
        }
        for attempt in 0..3 * CAPACITY {
            assert_eq!(bucket.take(format!("made up {attempt}"), now), Ok(()));
        }
        assert!(bucket.full_at.len() <= CAPACITY);
        assert!(bucket.take("victim".to_owned(), now).is_err());
    }
}
