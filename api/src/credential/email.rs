//! E-mail addresses that an account may have.

/// Longest address (RFC 5321 §4.5.3.1, as corrected).
const MAX_EMAIL_BYTES: usize = 254;

/// Whether `email` can be an account's address; if not, why.
pub fn check_email(email: &str) -> Result<(), String> {
    match garde::rules::email::parse_email(email) {
        Ok(()) if email.len() <= MAX_EMAIL_BYTES => Ok(()),
        Ok(()) => Err(format!("is longer than {MAX_EMAIL_BYTES} characters")),
        Err(why) => Err(format!("is not an e-mail address: {why}")),
    }
}
