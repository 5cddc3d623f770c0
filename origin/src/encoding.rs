//! Which encoding of an object a client gets (RFC 9110 §12.5.3).
//!
//! Gzip shrinks a film's playlist to about a tenth. A viewer on a slow connection waits for the playlist before the first frame,
//! so text is offered gzipped. The gzipped form is a separate representation: it has its own strong entity tag, ranges count its
//! own bytes, and every response with text has `Vary: Accept-Encoding`, whether it is gzipped or not.

use domain::key::Key;

/// The form in which an object is stored in memory and sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Encoding {
    /// The bytes as stored.
    Identity,
    /// RFC 1952.
    Gzip,
}

/// Whether an object is text that is worth compressing. Media is compressed already.
pub(crate) fn is_compressible(key: &Key) -> bool {
    [".m3u8", ".json", ".vtt"].iter().any(|extension| key.as_str().ends_with(extension))
}

/// Whether the client accepts gzip, according to the values of its `Accept-Encoding` lines.
pub(crate) fn accepts_gzip<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> bool {
    let mut wildcard = false;
    for line in values {
        for member in String::from_utf8_lossy(line).split(',') {
            let mut parts = member.split(';').map(str::trim);
            let coding = parts.next().unwrap_or_default();
            let refused = parts.any(is_zero_weight);
            if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
                return !refused;
            }
            wildcard |= coding == "*" && !refused;
        }
    }
    wildcard
}

/// Whether a parameter is `q=0`, `q=0.0` … (§12.4.2).
fn is_zero_weight(parameter: &str) -> bool {
    let weight = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="));
    weight.is_some_and(|weight| {
        weight.starts_with('0') && weight.bytes().all(|byte| matches!(byte, b'0' | b'.'))
    })
}

#[cfg(test)]
mod tests {
    use domain::key::Key;

    use super::{accepts_gzip, is_compressible};

    #[test]
    fn gzip_is_sent_to_clients_that_accept_it() {
        for (header, expected) in [
            ("gzip", true),
            ("GZIP", true),
            ("x-gzip", true),
            ("br, gzip;q=0.5", true),
            ("deflate, gzip, br, zstd", true),
            ("*", true),
            ("gzip;q=0, *", false),
            ("*, gzip; q=0.000", false),
            ("gzip;q=0.001", true),
            ("*;q=0", false),
            ("identity", false),
            ("br", false),
            ("gzipped", false),
            ("", false),
        ] {
            assert_eq!(accepts_gzip([header.as_bytes()]), expected, "{header:?}");
        }
        assert!(!accepts_gzip([]));
        assert!(accepts_gzip([b"br".as_slice(), b"gzip"]));
    }

    #[test]
    fn only_text_is_compressed() {
        for (key, expected) in [
            ("films/f/b/main.m3u8", true),
            ("films/f/b/manifest.json", true),
            ("films/f/b/s/00001.vtt", true),
            ("films/f/b/v1080/00001.m4s", false),
            ("films/f/b/v1080/init.mp4", false),
            ("films/f/b/poster.jpg", false),
        ] {
            assert_eq!(is_compressible(&Key::parse(key).unwrap()), expected, "{key}");
        }
    }
}
