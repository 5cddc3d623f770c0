//! The only place of this program that reads the machine's clock.
#![expect(clippy::disallowed_methods, reason = "the clock enters the program here")]

/// Returns the current time.
pub(crate) fn now() -> time::OffsetDateTime {
    std::time::SystemTime::now().into()
}
