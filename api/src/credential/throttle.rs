//! Limits how often a client may guess: a burst of attempts, then one in each period, counted before the password is looked at
//! and for unknown accounts too, so that the answer tells nothing. Logging in, registering, changing and resetting a password count.
//!
//! An attempt on an account from an address (IPv6: the first 64 bits) is allowed if all that apply to it have something left:
//!
//! 1. **Account from address**: 10, then one every 30 s. One client cannot use up what the account has elsewhere.
//! 2. **Address**: 40, then one every 5 s, whatever accounts it tries.
//! 3. **Account**: 100, then one every 5 s, from whatever addresses. Guessing one password from many addresses stays limited.
//!
//! Where an account logged in or was refreshed from before, it is *known*, and only rule 1 applies to it there. Mobile networks in
//! Laos share one IPv4 address among thousands of people: strangers behind it may use up rule 2, and attackers anywhere rule 3,
//! without locking out the accounts that are known at the address. A login that succeeds where the account was not known gets back
//! what it took under rules 2 and 3, so an address that many people log in from is not slowed down by them.
//!
//! What remains: an attacker at an address where an account is known can use up that account's own allowance there. The owner then
//! has to wait, or log in from another address; sessions that are active are not affected.
//!
//! Kept in memory and bounded: a restart clears the counts, and a flood of made-up names cannot fill the memory. Known addresses are
//! read from the database once, at the first attempt.

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
/// E-mails to one account, which any client can ask for: 3 at once, then one every 20 minutes.
const MAILS: Allowance = Allowance { burst: 3, every: Duration::minutes(20) };
/// Films begun without a login from one address, behind which a whole mobile network may be: 500 at once, then one each second.
const PLAYBACK_SESSIONS: Allowance = Allowance { burst: 500, every: Duration::SECOND };
/// Most accounts, and most addresses, that are counted.
const CAPACITY: usize = 10_000;
/// Most pairs of an account and an address where it is known: some 10 MB.
pub(crate) const MAX_KNOWN: u32 = 50_000;

/// A burst, then one in each period.
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
    mails: Mutex<Bucket<String>>,
    playback_sessions: Mutex<Bucket<IpAddr>>,
    /// Where accounts are known, and when they last proved it.
    known: Mutex<HashMap<(String, IpAddr), OffsetDateTime>>,
    known_is_read: OnceCell<()>,
}

/// An attempt on an account that was allowed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    email: String,
    address: IpAddr,
    /// Whether it was counted under rule 1 alone.
    known: bool,
}

/// A place where an account is known: its e-mail address in lower case, the client's address, and when it was last there.
pub(crate) type KnownPlace = (String, IpAddr, OffsetDateTime);

/// Seconds until the next attempt is allowed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TryAgainIn(pub(crate) u64);

impl Throttle {
    /// With nothing counted yet.
    pub(crate) fn new() -> Self {
        Self {
            accounts_from_addresses: Mutex::new(Bucket::new(ACCOUNT_FROM_ADDRESS)),
            addresses: Mutex::new(Bucket::new(ADDRESS)),
            accounts: Mutex::new(Bucket::new(ACCOUNT)),
            mails: Mutex::new(Bucket::new(MAILS)),
            playback_sessions: Mutex::new(Bucket::new(PLAYBACK_SESSIONS)),
            known: Mutex::default(),
            known_is_read: OnceCell::new(),
        }
    }

    /// Reads where accounts are known, once: `read` is called by the first caller, and again after it failed.
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
    ) -> Result<Attempt, TryAgainIn> {
        let from_here = (email.to_owned(), address);
        let known = lock(&self.known).contains_key(&from_here);
        if !known {
            self.attempt_from(address, now)?;
        }
        lock(&self.accounts_from_addresses).take(from_here, now)?;
        if !known {
            // Last, so that what is refused above does not count.
            lock(&self.accounts).take(email.to_owned(), now)?;
        }
        Ok(Attempt { email: email.to_owned(), address, known })
    }

    /// The account's owner has proved who they are: failed attempts there are forgiven, and the account is known there.
    pub(crate) fn succeeded(&self, attempt: Attempt, now: OffsetDateTime) {
        let Attempt { email, address, known } = attempt;
        // Only what was taken: an owner who logs in again and again must not earn attempts on other accounts.
        if !known {
            lock(&self.addresses).give_back(&address);
            lock(&self.accounts).give_back(&email);
        }
        lock(&self.accounts_from_addresses).full_at.remove(&(email.clone(), address));
        self.remember(email, address, now);
    }

    /// The account is known at this address from now on.
    pub(crate) fn remember(&self, email: String, address: IpAddr, moment: OffsetDateTime) {
        let mut known = lock(&self.known);
        let last = known.entry((email, address)).or_insert(moment);
        *last = moment.max(*last);
        if known.len() > MAX_KNOWN as usize {
            keep_later_half(&mut known);
        }
    }

    /// Counts an attempt from `address` on what is no account: a link, say.
    pub(crate) fn attempt_from(&self, address: IpAddr, now: OffsetDateTime) -> Result<(), TryAgainIn> {
        lock(&self.addresses).take(address, now)
    }

    /// Counts a film that a client at `address` begins without a login.
    pub(crate) fn begin_playback(&self, address: IpAddr, now: OffsetDateTime) -> Result<(), TryAgainIn> {
        lock(&self.playback_sessions).take(address, now)
    }

    /// Counts an e-mail to `email` (lower case) that a client at `address` asks for.
    pub(crate) fn ask_for_mail(
        &self,
        email: &str,
        address: IpAddr,
        now: OffsetDateTime,
    ) -> Result<(), TryAgainIn> {
        self.attempt_from(address, now)?;
        lock(&self.mails).take(email.to_owned(), now)
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

    /// Undoes one `take`.
    fn give_back(&mut self, key: &K) {
        if let Some(full_at) = self.full_at.get_mut(key) {
            *full_at -= self.allowance.every;
        }
    }

    /// Forgets keys whose allowance is whole again; if there are none, the half whose allowance soonest will be: those that are
    /// limited most stay counted.
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
        assert_eq!(throttle.attempt("a@b.la", address(1), now), Err(TryAgainIn(30)));
        assert!(throttle.attempt("other@b.la", address(1), now).is_ok());
        let later = now + Duration::seconds(29);
        assert_eq!(throttle.attempt("a@b.la", address(1), later), Err(TryAgainIn(1)));
        assert!(throttle.attempt("a@b.la", address(1), now + Duration::seconds(30)).is_ok());
        throttle.succeeded(attempt("a@b.la", address(1)), now);
        assert!(throttle.attempt("a@b.la", address(1), now + Duration::seconds(30)).is_ok());
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
        assert_eq!(throttle.attempt("a@b.la", address(100), now), Err(TryAgainIn(5)));
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
    fn an_address_is_slowed_down_whatever_accounts_it_tries() {
        let throttle = Throttle::new();
        let now = OffsetDateTime::UNIX_EPOCH;
        for attempt in 0..40 {
            assert!(throttle.attempt(&format!("{attempt}@b.la"), address(1), now).is_ok());
        }
        assert_eq!(throttle.attempt("more@b.la", address(1), now), Err(TryAgainIn(5)));
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
        assert_eq!(throttle.attempt("new@b.la", address(1), now), Err(TryAgainIn(5)));
        for _ in 0..10 {
            throttle.attempt("owner@b.la", address(1), now).unwrap();
        }
        assert_eq!(throttle.attempt("owner@b.la", address(1), now), Err(TryAgainIn(30)), "its own allowance");
    }

    #[test]
    fn logins_that_succeed_do_not_use_up_what_an_address_has_and_earn_nothing() {
        let throttle = Throttle::new();
        let now = OffsetDateTime::UNIX_EPOCH;
        for owner in 0..200 {
            let attempt = throttle.attempt(&format!("{owner}@b.la"), address(1), now).unwrap();
            throttle.succeeded(attempt, now);
        }
        // Whoever has an account of their own gains no attempts on those of others with it.
        for _ in 0..100 {
            let attempt = throttle.attempt("1@b.la", address(1), now).unwrap();
            throttle.succeeded(attempt, now);
        }
        for guess in 0..40 {
            throttle.attempt(&format!("{guess}@other.la"), address(1), now).unwrap();
        }
        assert_eq!(throttle.attempt("more@other.la", address(1), now), Err(TryAgainIn(5)));
    }

    #[tokio::test]
    async fn known_addresses_are_read_once_and_again_after_a_failure() {
        let throttle = Throttle::new();
        assert_eq!(
            throttle.read_known(async || Err("the database is away")).await,
            Err("the database is away")
        );
        let place = ("a@b.la".to_owned(), address(1), OffsetDateTime::UNIX_EPOCH);
        throttle.read_known(async || Ok::<_, ()>(vec![place])).await.unwrap();
        throttle.read_known(async || -> Result<_, ()> { unreachable!("read already") }).await.unwrap();
        assert!(throttle.attempt("a@b.la", address(1), OffsetDateTime::UNIX_EPOCH).unwrap().known);
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
