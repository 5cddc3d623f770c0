//! The system clock, which a test may advance. `#[sqlx::test]` runs each test on its own thread.

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
