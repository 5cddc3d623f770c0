//! Bytes as lower-case hexadecimal digits: the form in which hashes and keys are written.

use std::fmt::Write;

/// Encodes each byte as two lower-case digits.
pub fn encode(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Decodes an even number of digits, upper or lower case; returns `None` for any other text.
pub fn decode(digits: &str) -> Option<Vec<u8>> {
    // `from_str_radix` alone would accept a sign.
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn decode_reverses_encode_and_rejects_other_texts() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&bytes)), Some(bytes.clone()));
        assert_eq!(decode(&encode(&bytes).to_uppercase()), Some(bytes));
        for text in ["0", "0g", "+1", "é", " 1"] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }
}
