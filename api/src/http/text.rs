//! Validation of texts in requests.

/// For garde: rejects blank texts and control characters. PostgreSQL rejects NUL, and a name or search has no use for the others.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "signature required by garde")]
pub(crate) fn readable(text: &str, (): &()) -> garde::Result {
    if text.trim().is_empty() {
        return Err(garde::Error::new("must not be blank"));
    }
    if text.chars().any(char::is_control) {
        return Err(garde::Error::new("must not contain control characters"));
    }
    Ok(())
}
