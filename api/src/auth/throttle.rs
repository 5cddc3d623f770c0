//! Slows down guessing: a few attempts at once, then one every so often, for each account from each address, and more for
//! each address and each account as a whole. Whatever takes a password or a secret link counts: logging in, registering,
//! changing and resetting a password.
//!
//! Nobody locks an account's owner out: one address alone never uses up what the account has as a whole, and an address
//! from which its owner logged in is not slowed down by what others do.
//!
//! In memory and bounded: a restart forgives everybody, and a flood of made-up names cannot fill the memory. Attempts
//! are counted before the password is looked at, for unknown accounts too, so that the answer tells nothing.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use time::{Duration, OffsetDateTime};

/// Attempts on one account from one address: 10 at once, then one every 30 s.
const ACCOUNT_FROM_ADDRESS: Allowance = Allowance { burst: 10, every: Duration::seconds(30) };
/// Attempts on one account from wherever, against guessing from many places: 100 at once, then one every 5 s.
const ACCOUNT: Allowance = Allowance { burst: 100, every: Duration::seconds(5) };
/// Attempts from one address, behind which a whole office may sit: 40 at once, then one every 5 s.
const ADDRESS: Allowance = Allowance { burst: 40, every: Duration::seconds(5) };
/// Letters to one account, which anybody can ask for: 3 at once, then one every 20 minutes.
const LETTERS: Allowance = Allowance { burst: 3, every: Duration::minutes(20) };
/// Films begun without a login from one address, behind which a whole mobile network may sit: 500 at once, then one each second.
const VIEWINGS: Allowance = Allowance { burst: 500, every: Duration::SECOND };
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
    accounts_from_addresses: Mutex<Bucket<(String, IpAddr)>>,
    accounts: Mutex<Bucket<String>>,
    addresses: Mutex<Bucket<IpAddr>>,
    letters: Mutex<Bucket<String>>,
    viewings: Mutex<Bucket<IpAddr>>,
    /// Where owners of accounts logged in from, and when last.
    known: Mutex<HashMap<(String, IpAddr), OffsetDateTime>>,
}

/// Seconds until the next attempt is welcome.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TryAgainIn(pub(crate) u64);

impl Throttle {
    /// With nothing counted yet.
    pub(crate) fn new() -> Self {
        Self {
            accounts_from_addresses: Mutex::new(Bucket::new(ACCOUNT_FROM_ADDRESS)),
            accounts: Mutex::new(Bucket::new(ACCOUNT)),
            addresses: Mutex::new(Bucket::new(ADDRESS)),
            letters: Mutex::new(Bucket::new(LETTERS)),
            viewings: Mutex::new(Bucket::new(VIEWINGS)),
            known: Mutex::default(),
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
        let from_here = (email.to_owned(), address);
        lock(&self.accounts_from_addresses).take(from_here.clone(), now)?;
        if lock(&self.known).contains_key(&from_here) {
            return Ok(());
        }
        // Last, so that what is refused above does not count.
        lock(&self.accounts).take(email.to_owned(), now)
    }

    /// Counts an attempt from `address` on what is no account.
    pub(crate) fn attempt_from(&self, address: IpAddr, now: OffsetDateTime) -> Result<(), TryAgainIn> {
        lock(&self.addresses).take(address, now)
    }

    /// Counts a film that somebody at `address` begins without a login.
    pub(crate) fn begin_viewing(&self, address: IpAddr, now: OffsetDateTime) -> Result<(), TryAgainIn> {
        lock(&self.viewings).take(address, now)
    }

    /// Counts a letter to `email` (lower case) that somebody at `address` asks for.
    pub(crate) fn ask_for_mail(
        &self,
        email: &str,
        address: IpAddr,
        now: OffsetDateTime,
    ) -> Result<(), TryAgainIn> {
        self.attempt_from(address, now)?;
        lock(&self.letters).take(email.to_owned(), now)
    }

    /// Forgives failed attempts on the account from this address, and knows it from now on: the owner has logged in.
    pub(crate) fn succeeded(&self, email: &str, address: IpAddr, now: OffsetDateTime) {
        let from_here = (email.to_owned(), address);
        lock(&self.accounts_from_addresses).full_at.remove(&from_here);
        let mut known = lock(&self.known);
        known.insert(from_here, now);
        if known.len() > CAPACITY {
            keep_later_half(&mut known);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep_later_half<K>(moments: &mut HashMap<K, OffsetDateTime>) {
    let mut sorted: Vec<_> = moments.values().copied().collect();
    let middle = sorted.len() / 2;
    let (_, median, _) = sorted.select_nth_unstable(middle);
    moments.retain(|_, moment| *moment > *median);
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
            keep_later_half(&mut self.full_at);
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
    fn guessing_an_account_from_an_address_is_slowed_down_and_recovers() {
        let throttle = Throttle::new();
        let now = OffsetDateTime::UNIX_EPOCH;
        for _ in 0..10 {
            assert_eq!(throttle.attempt("a@b.la", address(1), now), Ok(()));
        }
        assert_eq!(throttle.attempt("a@b.la", address(1), now), Err(TryAgainIn(30)));
        assert_eq!(throttle.attempt("other@b.la", address(1), now), Ok(()));
        let later = now + Duration::seconds(29);
        assert_eq!(throttle.attempt("a@b.la", address(1), later), Err(TryAgainIn(1)));
        assert_eq!(throttle.attempt("a@b.la", address(1), now + Duration::seconds(30)), Ok(()));
        throttle.succeeded("a@b.la", address(1), now);
        assert_eq!(throttle.attempt("a@b.la", address(1), now + Duration::seconds(30)), Ok(()));
    }

    #[test]
    fn one_address_locks_nobody_out_however_long_it_tries() {
        let throttle = Throttle::new();
        let mut now = OffsetDateTime::UNIX_EPOCH;
        let mut allowed = 0;
        for _ in 0..3600 {
            allowed += i32::from(throttle.attempt("a@b.la", address(1), now).is_ok());
            now += Duration::SECOND;
        }
        assert!((100..=130).contains(&allowed), "10 and one every 30 s, not {allowed}");
        assert_eq!(throttle.attempt("a@b.la", address(2), now), Ok(()));
    }

    #[test]
    fn guessing_from_many_addresses_is_slowed_down_but_not_where_the_owner_has_logged_in() {
        let throttle = Throttle::new();
        let now = OffsetDateTime::UNIX_EPOCH;
        throttle.succeeded("a@b.la", address(200), now);
        for attempt in 0..100 {
            assert_eq!(throttle.attempt("a@b.la", address(attempt), now), Ok(()));
        }
        assert_eq!(throttle.attempt("a@b.la", address(100), now), Err(TryAgainIn(5)));
        assert_eq!(throttle.attempt("a@b.la", address(200), now), Ok(()));
        assert_eq!(throttle.attempt("other@b.la", address(100), now), Ok(()));
    }

    #[test]
    fn addresses_of_owners_do_not_fill_the_memory() {
        let throttle = Throttle::new();
        let mut now = OffsetDateTime::UNIX_EPOCH;
        for owner in 0..2 * CAPACITY {
            throttle.succeeded(&format!("{owner}@b.la"), address(1), now);
            now += Duration::SECOND;
        }
        let known = lock(&throttle.known);
        assert!(known.len() <= CAPACITY);
        assert!(known.contains_key(&(format!("{}@b.la", 2 * CAPACITY - 1), address(1))));
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
        let mut bucket = Bucket::new(ACCOUNT_FROM_ADDRESS);
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
