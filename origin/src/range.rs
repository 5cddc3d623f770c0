//! Byte ranges (RFC 9110 §14): what part of an object a `Range` header selects.
//!
//! Pure functions. A header that is not one well-formed byte range (another unit, several ranges, a syntax error) selects the
//! whole object, as §14.2 allows: no player requests several ranges at once, and serving them invites abuse (§17.15).

use std::ops::Range;

/// The part of an object that a request selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// The whole object: status 200.
    Whole,
    /// These bytes, never empty and always within the object: status 206.
    Part(Range<u64>),
    /// A well-formed range that begins past the end: status 416.
    Unsatisfiable,
}

/// Resolves the value of a `Range` header against an object of `size_bytes`.
pub(crate) fn select(header: &[u8], size_bytes: u64) -> Selection {
    parse(header).map_or(Selection::Whole, |spec| spec.resolve(size_bytes))
}

/// One `range-spec` (RFC 9110 §14.1.1). Numbers greater than `u64::MAX` become `u64::MAX`, which has the same meaning.
enum Spec {
    /// `first-` or `first-last`
    From { first: u64, last: u64 },
    /// `-length`
    Suffix { length: u64 },
}

impl Spec {
    fn resolve(&self, size_bytes: u64) -> Selection {
        match *self {
            // An empty object has no byte that `Content-Range` could name.
            Self::Suffix { length: 1.. } if size_bytes == 0 => Selection::Whole,
            Self::Suffix { length: 0 } => Selection::Unsatisfiable,
            Self::Suffix { length } => Selection::Part(size_bytes.saturating_sub(length)..size_bytes),
            Self::From { first, .. } if first >= size_bytes => Selection::Unsatisfiable,
            Self::From { first, last } => Selection::Part(first..last.saturating_add(1).min(size_bytes)),
        }
    }
}

fn parse(header: &[u8]) -> Option<Spec> {
    let text = std::str::from_utf8(header).ok()?;
    let (unit, set) = text.split_once('=')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = set.trim_matches([' ', '\t']).split_once('-')?;
    match (first, last) {
        ("", length) => Some(Spec::Suffix { length: number(length)? }),
        (first, "") => Some(Spec::From { first: number(first)?, last: u64::MAX }),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            // §14.1.1: a last position before the first makes the whole set invalid.
            (first <= last).then_some(Spec::From { first, last })
        }
    }
}

fn number(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Selection::{self, Part, Unsatisfiable, Whole};
    use super::select;

    #[test]
    fn ranges_select_the_specified_parts() {
        let huge = "99999999999999999999999";
        let table: &[(&str, u64, Selection)] = &[
            ("bytes=0-499", 1000, Part(0..500)),
            ("bytes=500-999", 1000, Part(500..1000)),
            ("bytes=999-999", 1000, Part(999..1000)),
            ("bytes=0-0", 1000, Part(0..1)),
            ("BYTES=0-0", 1000, Part(0..1)),
            ("bytes= 0-0\t", 1000, Part(0..1)),
            ("bytes=007-008", 1000, Part(7..9)),
            // Open, suffix and clamped.
            ("bytes=500-", 1000, Part(500..1000)),
            ("bytes=0-", 1000, Part(0..1000)),
            ("bytes=-1", 1000, Part(999..1000)),
            ("bytes=-1000", 1000, Part(0..1000)),
            ("bytes=-1001", 1000, Part(0..1000)),
            ("bytes=900-1000000", 1000, Part(900..1000)),
            (&format!("bytes=5-{huge}"), 1000, Part(5..1000)),
            (&format!("bytes=-{huge}"), 1000, Part(0..1000)),
            ("bytes=0-18446744073709551615", u64::MAX, Part(0..u64::MAX)),
            // No byte of the object.
            ("bytes=1000-", 1000, Unsatisfiable),
            ("bytes=1000-2000", 1000, Unsatisfiable),
            (&format!("bytes={huge}-"), 1000, Unsatisfiable),
            ("bytes=-0", 1000, Unsatisfiable),
            ("bytes=0-", 0, Unsatisfiable),
            ("bytes=-5", 0, Whole),
            // Not one byte range: the header is ignored.
            ("bytes=0-1,5-6", 1000, Whole),
            ("bytes=,0-1", 1000, Whole),
            ("bytes=5-4", 1000, Whole),
            ("bytes=-", 1000, Whole),
            ("bytes=", 1000, Whole),
            ("bytes", 1000, Whole),
            ("bytes=a-b", 1000, Whole),
            ("bytes=+1-2", 1000, Whole),
            ("bytes=1--2", 1000, Whole),
            ("bytes=--2", 1000, Whole),
            ("bytes=0 - 1", 1000, Whole),
            ("bytes =0-1", 1000, Whole),
            ("seconds=0-1", 1000, Whole),
            ("", 1000, Whole),
        ];
        for (header, size_bytes, expected) in table {
            assert_eq!(select(header.as_bytes(), *size_bytes), *expected, "{header:?} of {size_bytes}");
        }
        assert_eq!(select(b"bytes=\xff-1", 1000), Whole);
    }

    proptest! {
        #[test]
        fn a_part_is_never_empty_and_always_within_the_object(header: Vec<u8>, size_bytes: u64) {
            if let Part(range) = select(&header, size_bytes) {
                prop_assert!(range.start < range.end && range.end <= size_bytes);
            }
        }

        #[test]
        fn small_ranges_stay_within_the_object(set in "[0-9]{0,3}-[0-9]{0,3}", size_bytes in 0_u64..1000) {
            if let Part(range) = select(format!("bytes={set}").as_bytes(), size_bytes) {
                prop_assert!(range.start < range.end && range.end <= size_bytes);
            }
        }

        #[test]
        fn a_closed_range_within_the_object_is_taken_literally(first in 0_u64..5000, length in 1_u64..5000, rest in 0_u64..5000) {
            let header = format!("bytes={first}-{}", first + length - 1);
            prop_assert_eq!(select(header.as_bytes(), first + length + rest), Part(first..first + length));
        }

        #[test]
        fn a_suffix_ends_at_the_end(length in 1_u64.., size_bytes in 1_u64..) {
            let header = format!("bytes=-{length}");
            let first = size_bytes - length.min(size_bytes);
            prop_assert_eq!(select(header.as_bytes(), size_bytes), Part(first..size_bytes));
        }
    }
}
