//! The system's clock, which a test may put forward. `#[sqlx::test]` gives each test a thread of its own.

use std::cell::Cell;

use time::{Duration, OffsetDateTime};

thread_local! {
    static AHEAD: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc() + AHEAD.get()
}

pub fn advance(by: Duration) {
    AHEAD.set(AHEAD.get() + by);
}
