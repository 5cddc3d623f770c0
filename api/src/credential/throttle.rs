//! Limits how often a client may guess: a burst of attempts, then one per period. Attempts are counted before the password is
//! verified and also for unknown accounts, so the response reveals nothing. Logging in, registering, and changing and resetting a
//! password count.
//!
//! An attempt on an account from an address (IPv6: the first 64 bits) is allowed if all rules that apply to it have attempts left:
//!
//! 1. **Account from address**: 10, then one every 30 s. One client cannot use up the account's attempts from other addresses.
//! 2. **Address**: 40, then one every 5 s, for all accounts together.
//! 3. **Account**: 100, then one every 5 s, from all addresses together. This limits guessing one password from many addresses.
//!
//! An account is *known* at an address where it logged in or refreshed a session before; only rule 1 applies to it there. Mobile
//! networks in Laos share one IPv4 address among thousands of people: strangers behind it can use up rule 2, and attackers anywhere
//! rule 3, without locking out the accounts that are known at the address. A successful attempt at an address where the account was
//! not known gets back what it took under rules 2 and 3, so many people who log in from one address do not slow each other down.
//!
//! One weakness remains: an attacker at an address where an account is known can use up the account's own attempts there. The user
//! then has to wait, or log in from another address; active sessions are not affected.
//!
//! The counts are in memory and bounded: a restart clears them, and a flood of invented names cannot fill the memory. Known addresses
//! are read from the database once, at the first attempt.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use time::{Duration, OffsetDateTime};
use tokio::sync::OnceCell;

/// Rule 1.
const ACCOUNT_FROM_ADDRESS: Allowance = Allowance { burst: 10, every: Duration::seconds(30) };
/// Rule 2.
const ADDRESS: Allowance = Allowance { burst: 40, every: Duration::seconds(5) };
/// Rule 3.
const ACCOUNT: Allowance = Allowance { burst: 100, every: Duration::seconds(5) };
/// E-mails to one account, which any client can request: 3 at once, then one every 20 minutes.
const EMAILS: Allowance = Allowance { burst: 3, every: Duration::minutes(20) };
/// Films started by clients that are not logged in, per address: 500 at once, then one per second. A whole mobile network may share
/// one address.
const PLAYBACK_SESSIONS: Allowance = Allowance { burst: 500, every: Duration::SECOND };
/// Maximum number of keys in a bucket: of accounts, of addresses, and so on.
const CAPACITY: usize = 10_000;
/// Maximum number of pairs of an account and an address where it is known; they take about 10 MB.
pub(crate) const MAX_KNOWN: u32 = 50_000;

/// A burst of attempts, then one per period.
#[derive(Clone, Copy)]
struct Allowance {
    burst: i32,
    every: Duration,
}

/// Counts attempts.
pub(crate) struct Throttle {
    accounts_from_addresses: Mutex<Bucket<(String, IpAddr)>>,
    addresses: Mutex<Bucket<IpAddr>>,
    accounts: Mutex<Bucket<String>>,
    emails: Mutex<Bucket<String>>,
    playback_sessions: Mutex<Bucket<IpAddr>>,
    /// The addresses at which accounts are known, and the time of the last proof.
    known: Mutex<HashMap<(String, IpAddr), OffsetDateTime>>,
    known_is_read: OnceCell<()>,
}

/// An attempt on an account that was allowed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    email: String,
    address: IpAddr,
    /// Whether only rule 1 was applied.
    known: bool,
}

/// An address at which an account is known: the account's e-mail address in lower case, the client's address, and the
/// time of the last proof.
pub(crate) type KnownPlace = (String, IpAddr, OffsetDateTime);

/// Seconds until the next attempt is allowed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RetryAfter(pub(crate) u64);

impl Throttle {
    /// Creates a throttle without counted attempts.
    pub(crate) fn new() -> Self {
        Self {
            accounts_from_addresses: Mutex::new(Bucket::new(ACCOUNT_FROM_ADDRESS)),
            addresses: Mutex::new(Bucket::new(ADDRESS)),
            accounts: Mutex::new(Bucket::new(ACCOUNT)),
            emails: Mutex::new(Bucket::new(EMAILS)),
            playback_sessions: Mutex::new(Bucket::new(PLAYBACK_SESSIONS)),
            known: Mutex::default(),
            known_is_read: OnceCell::new(),
        }
    }

    /// Reads the known addresses of accounts once: the first call calls `read`, and so does the next call after a failure.
    pub(crate) async fn read_known<E>(
        &self,
        read: impl AsyncFnOnce() -> Result<Vec<KnownPlace>, E>,
    ) -> Result<(), E> {
        let read_all = async || {
            for (email, address, moment) in read().await? {
                self.remember(email, address, moment);
            }
            Ok(())
        };
        self.known_is_read.get_or_try_init(read_all).await?;
        Ok(())
    }

    /// Counts an attempt on `email` (lower case) from `address`.
    pub(crate) fn attempt(
        &self,
        email: &str,
        address: IpAddr,
        now: OffsetDateTime,
    ) -> Result<Attempt, RetryAfter> {
        let from_here = (email.to_owned(), address);
        let known = lock(&self.known).contains_key(&from_here);
        if !known {
            self.attempt_from(address, now)?;
        }
        lock(&self.accounts_from_addresses).take(from_here, now)?;
        if !known {
            // Counted last, so that attempts refused above do not count.
            lock(&self.accounts).take(email.to_owned(), now)?;
        }
        Ok(Attempt { email: email.to_owned(), address, known })
    }

    /// Records that an attempt succeeded: clears the failed attempts on the account from the address, and makes the account known
    /// there.
    pub(crate) fn record_success(&self, attempt: Attempt, now: OffsetDateTime) {
        let Attempt { email, address, known } = attempt;
        // Only what this attempt took: logging in repeatedly must not earn attempts on other accounts.
        if !known {
            lock(&self.addresses).give_back(&address);
            lock(&self.accounts).give_back(&email);
        }
        lock(&self.accounts_from_addresses).full_at.remove(&(email.clone(), address));
        self.remember(email, address, now);
    }

    /// Makes the account known at this address.
    pub(crate) fn remember(&self, email: String, address: IpAddr, moment: OffsetDateTime) {
        let mut known = lock(&self.known);
        let last = known.entry((email, address)).or_insert(moment);
        *last = moment.max(*last);
        if known.len() > MAX_KNOWN as usize {
            keep_later_half(&mut known);
        }
    }

    /// Counts an attempt from `address` that concerns no particular account, for example with a link.
    pub(crate) fn attempt_from(&self, address: IpAddr, now: OffsetDateTime) -> Result<(), RetryAfter> {
        lock(&self.addresses).take(address, now)
    }

    /// Counts a film that a client at `address` starts without being logged in.
    pub(crate) fn begin_playback(&self, address: IpAddr, now: OffsetDateTime) -> Result<(), RetryAfter> {
        lock(&self.playback_sessions).take(address, now)
    }

    /// Counts an e-mail to `email` (lower case) that a client at `address` requests.
    pub(crate) fn request_email(
        &self,
        email: &str,
        address: IpAddr,
        now: OffsetDateTime,
    ) -> Result<(), RetryAfter> {
        self.attempt_from(address, now)?;
        lock(&self.emails).take(email.to_owned(), now)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the half of the entries with the earlier times.
fn keep_later_half<K>(moments: &mut HashMap<K, OffsetDateTime>) {
    let mut sorted: Vec<_> = moments.values().copied().collect();
    let middle = sorted.len() / 2;
    let (_, median, _) = sorted.select_nth_unstable(middle);
    moments.retain(|_, moment| *moment > *median);
}

/// The generic cell rate algorithm: for each key, the time at which its whole burst is available again.
struct Bucket<K> {
    allowance: Allowance,
    full_at: HashMap<K, OffsetDateTime>,
}

impl<K: Hash + Eq + Clone> Bucket<K> {
    fn new(allowance: Allowance) -> Self {
        Self { allowance, full_at: HashMap::new() }
    }

    fn take(&mut self, key: K, now: OffsetDateTime) -> Result<(), RetryAfter> {
        let Allowance { burst, every } = self.allowance;
        // A time that no attempt can have caused is from before the clock was set back.
        let known = self.full_at.get(&key).filter(|full_at| **full_at - now <= every * burst);
        let full_at = known.copied().unwrap_or(now).max(now) + every;
        let wait = full_at - now - every * burst;
        if wait.is_positive() {
            let seconds = wait.whole_milliseconds().unsigned_abs().div_ceil(1000);
            return Err(RetryAfter(u64::try_from(seconds).unwrap_or(u64::MAX)));
        }
        if self.full_at.len() >= CAPACITY && !self.full_at.contains_key(&key) {
            self.evict(now);
        }
        self.full_at.insert(key, full_at);
        Ok(())
    }

    /// Undoes one `take`.
    fn give_back(&mut self, key: &K) {
        if let Some(full_at) = self.full_at.get_mut(key) {
            *full_at -= self.allowance.every;
        }
    }

    /// Removes the keys whose whole burst is available; if that is not enough, also the half of the keys that will reach this first.
    /// The most limited keys stay counted.
    fn evict(&mut self, now: OffsetDateTime) {
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

    fn attempt(email: &str, address: IpAddr) -> Attempt {
        Attempt { email: email.to_owned(), address, known: true }
    }

    #[test]
    fn guessing_an_account_from_an_address_is_slowed_down_and_recovers() {
        let throttle = Throttle::new();
        let now = OffsetDateTime::UNIX_EPOCH;
        for _ in 0..10 {
            assert!(throttle.attempt("a@b.la", address(1), now).is_ok());
        }
        assert_eq!(throttle.attempt("a@b.la", address(1), now), Err(RetryAfter(30)));
        assert!(throttle.attempt("other@b.la", address(1), now).is_ok());
        let later = now + Duration::seconds(29);
        assert_eq!(throttle.attempt("a@b.la", address(1), later), Err(RetryAfter(1)));
        assert!(throttle.attempt("a@b.la", address(1), now + Duration::seconds(30)).is_ok());
        throttle.record_success(attempt("a@b.la", address(1)), now);
        assert!(throttle.attempt("a@b.la", address(1), now + Duration::seconds(30)).is_ok());
    }

    #[test]
    fn one_address_cannot_lock_an_account_out_elsewhere() {
        let throttle = Throttle::new();
        let mut now = OffsetDateTime::UNIX_EPOCH;
        let mut allowed = 0;
        for _ in 0..3600 {
            allowed += i32::from(throttle.attempt("a@b.la", address(1), now).is_ok());
            now += Duration::SECOND;
        }
        assert!((100..=130).contains(&allowed), "10 and one every 30 s, not {allowed}");
        assert!(throttle.attempt("a@b.la", address(2), now).is_ok());
    }

    #[test]
    fn guessing_from_many_addresses_is_slowed_down_but_not_where_the_owner_has_logged_in() {
        let throttle = Throttle::new();
        let now = OffsetDateTime::UNIX_EPOCH;
        throttle.remember("a@b.la".to_owned(), address(200), now);
        for attempt in 0..100 {
            assert!(throttle.attempt("a@b.la", address(attempt), now).is_ok());
        }
        assert_eq!(throttle.attempt("a@b.la", address(100), now), Err(RetryAfter(5)));
        assert!(throttle.attempt("a@b.la", address(200), now).is_ok());
        assert!(throttle.attempt("other@b.la", address(100), now).is_ok());
    }

    #[test]
    fn addresses_of_owners_do_not_fill_the_memory() {
        let throttle = Throttle::new();
        let mut now = OffsetDateTime::UNIX_EPOCH;
        for owner in 0..2 * MAX_KNOWN {
            throttle.remember(format!("{owner}@b.la"), address(1), now);
            now += Duration::SECOND;
        }
        let known = lock(&throttle.known);
        assert!(known.len() <= MAX_KNOWN as usize);
        assert!(known.contains_key(&(format!("{}@b.la", 2 * MAX_KNOWN - 1), address(1))));
    }

    #[test]
    fn an_address_is_slowed_down_across_all_accounts() {
        let throttle = Throttle::new();
        let now = OffsetDateTime::UNIX_EPOCH;
        for attempt in 0..40 {
            assert!(throttle.attempt(&format!("{attempt}@b.la"), address(1), now).is_ok());
        }
        assert_eq!(throttle.attempt("more@b.la", address(1), now), Err(RetryAfter(5)));
        assert!(throttle.attempt("more@b.la", address(2), now).is_ok());
    }

    #[test]
    fn strangers_behind_an_address_do_not_lock_out_the_accounts_that_are_known_there() {
        let throttle = Throttle::new();
        let now = OffsetDateTime::UNIX_EPOCH;
        throttle.remember("owner@b.la".to_owned(), address(1), now);
        for stranger in 0..40 {
            throttle.attempt(&format!("{stranger}@b.la"), address(1), now).unwrap();
        }
        assert_eq!(throttle.attempt("new@b.la", address(1), now), Err(RetryAfter(5)));
        for _ in 0..10 {
            throttle.attempt("owner@b.la", address(1), now).unwrap();
        }
        assert_eq!(throttle.attempt("owner@b.la", address(1), now), Err(RetryAfter(30)), "its own allowance");
    }

    #[test]
    fn successful_attempts_neither_use_up_nor_increase_the_attempts_of_an_address() {
        let throttle = Throttle::new();
        let now = OffsetDateTime::UNIX_EPOCH;
        for owner in 0..200 {
            let attempt = throttle.attempt(&format!("{owner}@b.la"), address(1), now).unwrap();
            throttle.record_success(attempt, now);
        }
        // Logging in to an own account earns no attempts on other accounts.
        for _ in 0..100 {
            let attempt = throttle.attempt("1@b.la", address(1), now).unwrap();
            throttle.record_success(attempt, now);
        }
        for guess in 0..40 {
            throttle.attempt(&format!("{guess}@other.la"), address(1), now).unwrap();
        }
        assert_eq!(throttle.attempt("more@other.la", address(1), now), Err(RetryAfter(5)));
    }

    #[tokio::test]
    async fn known_addresses_are_read_once_and_again_after_a_failure() {
        let throttle = Throttle::new();
        assert_eq!(
            throttle.read_known(async || Err("the database does not respond")).await,
            Err("the database does not respond")
        );
        let place = ("a@b.la".to_owned(), address(1), OffsetDateTime::UNIX_EPOCH);
        throttle.read_known(async || Ok::<_, ()>(vec![place])).await.unwrap();
        throttle.read_known(async || -> Result<_, ()> { unreachable!("already read") }).await.unwrap();
        assert!(throttle.attempt("a@b.la", address(1), OffsetDateTime::UNIX_EPOCH).unwrap().known);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_no_one_out() {
        let mut bucket = Bucket::new(ACCOUNT_FROM_ADDRESS);
        let now = OffsetDateTime::UNIX_EPOCH + Duration::hours(2);
        for _ in 0..10 {
            assert_eq!(bucket.take("owner", now), Ok(()));
        }
        assert_eq!(bucket.take("owner", now), Err(RetryAfter(30)));
        let earlier = now - Duration::hours(1);
        for _ in 0..10 {
            assert_eq!(bucket.take("owner", earlier), Ok(()));
        }
        assert_eq!(bucket.take("owner", earlier), Err(RetryAfter(30)));
    }

    #[test]
    fn invented_names_neither_fill_the_memory_nor_unblock_the_attacked_account() {
        let mut bucket = Bucket::new(ACCOUNT_FROM_ADDRESS);
        let now = OffsetDateTime::UNIX_EPOCH;
        for _ in 0..10 {
            assert_eq!(bucket.take("victim".to_owned(), now), Ok(()));
        }
        for attempt in 0..3 * CAPACITY {
            assert_eq!(bucket.take(format!("invented {attempt}"), now), Ok(()));
        }
        assert!(bucket.full_at.len() <= CAPACITY);
        assert!(bucket.take("victim".to_owned(), now).is_err());
    }
}
