//! The e-mail addresses of accounts.

/// Maximum length of an address (RFC 5321 §4.5.3.1, as corrected).
const MAX_EMAIL_BYTES: usize = 254;

/// Checks that `email` can be the address of an account. Returns the reason if it cannot.
pub fn check_email(email: &str) -> Result<(), String> {
    match garde::rules::email::parse_email(email) {
        Ok(()) if email.len() <= MAX_EMAIL_BYTES => Ok(()),
        Ok(()) => Err(format!("is longer than {MAX_EMAIL_BYTES} characters")),
        Err(why) => Err(format!("is not an e-mail address: {why}")),
    }
}
