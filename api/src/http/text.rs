//! What a text in a request must not contain.

/// For garde: something to see, and no control characters. Postgres refuses NUL, and the others have no business in a
/// name or a search.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
pub(crate) fn readable(text: &str, (): &()) -> garde::Result {
    if text.trim().is_empty() {
        return Err(garde::Error::new("must not be blank"));
    }
    if text.chars().any(char::is_control) {
        return Err(garde::Error::new("must not contain control characters"));
    }
    Ok(())
}
