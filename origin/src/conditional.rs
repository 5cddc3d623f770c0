//! Preconditions (RFC 9110 §13): whether a client already has the object that it requests.
//!
//! Pure functions. Only entity tags are supported: an object never changes under its name, so there is no `Last-Modified`, and a
//! condition on a date is ignored (in `If-Range`, it never holds). All tags of the origin are strong.

/// `If-Match` (§13.1.1): whether one of the listed tags is `etag` by strong comparison, or `*` is given.
pub(crate) fn any_matches<'a>(values: impl IntoIterator<Item = &'a [u8]>, etag: &str) -> bool {
    tags(values).any(|tag| matches!(tag, Tag::Any) || tag == Tag::Strong(etag.as_bytes()))
}

/// `If-None-Match` (§13.1.2): whether one of the listed tags is `etag` by weak comparison, or `*` is given. The status
/// is then 304.
pub(crate) fn is_known<'a>(values: impl IntoIterator<Item = &'a [u8]>, etag: &str) -> bool {
    tags(values).any(|tag| match tag {
        Tag::Any => true,
        Tag::Strong(text) | Tag::Weak(text) => text == etag.as_bytes(),
    })
}

/// `If-Range` (§13.1.5): whether a range may be served, by strong comparison. A date never holds.
pub(crate) fn range_holds(value: &[u8], etag: &str) -> bool {
    value.trim_ascii() == etag.as_bytes()
}

/// One member of a list of entity tags. The text includes its quotes.
#[derive(PartialEq)]
enum Tag<'a> {
    Any,
    Strong(&'a [u8]),
    Weak(&'a [u8]),
}

/// Returns all members of all lines of the header. A line is read up to its first syntax error.
fn tags<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> impl Iterator<Item = Tag<'a>> {
    values.into_iter().flat_map(|line| Tags { rest: line })
}

struct Tags<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Tags<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        while let [b' ' | b'\t' | b',', rest @ ..] = self.rest {
            self.rest = rest;
        }
        if let [b'*', rest @ ..] = self.rest {
            self.rest = rest;
            return Some(Tag::Any);
        }
        let (weak, quoted) = match self.rest.strip_prefix(b"W/") {
            Some(quoted) => (true, quoted),
            None => (false, self.rest),
        };
        let length = match quoted {
            // A quote cannot be escaped within a tag (§8.8.3).
            [b'"', inner @ ..] => inner.iter().position(|byte| *byte == b'"')? + 2,
            _ => return None,
        };
        let (text, rest) = quoted.split_at(length);
        self.rest = rest;
        Some(if weak { Tag::Weak(text) } else { Tag::Strong(text) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{any_matches, is_known, range_holds};

    const ETAG: &str = "\"b/v1080/00001.m4s\"";

    #[test]
    fn tags_compare_as_specified() {
        // header, If-None-Match known, If-Match matches, If-Range holds
        let table = [
            ("\"b/v1080/00001.m4s\"", true, true, true),
            (" \"b/v1080/00001.m4s\" ", true, true, true),
            ("W/\"b/v1080/00001.m4s\"", true, false, false),
            ("*", true, true, false),
            ("\"a\", \"b/v1080/00001.m4s\"", true, true, false),
            ("\"a\",W/\"b/v1080/00001.m4s\"", true, false, false),
            (",, \"a,b\" ,\t\"b/v1080/00001.m4s\"", true, true, false),
            ("\"a\"", false, false, false),
            ("\"\"", false, false, false),
            ("b/v1080/00001.m4s", false, false, false),
            ("w/\"b/v1080/00001.m4s\"", false, false, false),
            ("\"b/v1080/00001.m4s", false, false, false),
            ("\"b/v1080/00001.m4s+gzip\"", false, false, false),
            ("broken, \"b/v1080/00001.m4s\"", false, false, false),
            ("Sat, 29 Oct 1994 19:43:31 GMT", false, false, false),
            ("", false, false, false),
        ];
        for (header, known, matches, holds) in table {
            assert_eq!(is_known([header.as_bytes()], ETAG), known, "If-None-Match: {header}");
            assert_eq!(any_matches([header.as_bytes()], ETAG), matches, "If-Match: {header}");
            assert_eq!(range_holds(header.as_bytes(), ETAG), holds, "If-Range: {header}");
        }
    }

    #[test]
    fn a_list_may_span_header_lines() {
        assert!(is_known([b"\"a\"".as_slice(), ETAG.as_bytes()], ETAG));
        assert!(is_known([b"broken".as_slice(), ETAG.as_bytes()], ETAG));
        assert!(!is_known([b"\"a\"".as_slice(), b"\"c\""], ETAG));
        assert!(!is_known([], ETAG));
    }

    proptest! {
        #[test]
        fn every_header_is_parsed_and_a_strong_match_is_also_a_weak_one(header: Vec<u8>) {
            let matches = any_matches([header.as_slice()], ETAG);
            prop_assert!(!matches || is_known([header.as_slice()], ETAG));
        }

        #[test]
        fn a_tag_is_found_at_any_position(before in "(\"[a-z,*]{0,8}\"[ ,]{1,3}){0,4}", after in "(,W/\"[a-z]{0,4}\"){0,3}") {
            let header = format!("{before}{ETAG}{after}");
            prop_assert!(is_known([header.as_bytes()], ETAG));
            prop_assert!(any_matches([header.as_bytes()], ETAG));
        }
    }
}
