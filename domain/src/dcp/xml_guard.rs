//! Limits that are checked before XML is parsed, because the parser compares each attribute with those before it, and copies the
//! namespaces of the outer element for each element that declares another.

use super::{DocumentError, MAX_ATTRIBUTES, MAX_NAMESPACES, MAX_NODES};

/// Checks a document's text. It counts too much rather than too little: an equals sign or the word `xmlns` in a comment or text counts
/// as well.
pub(super) fn check(text: &str) -> Result<(), DocumentError> {
    if text.match_indices("xmlns").nth(MAX_NAMESPACES).is_some() {
        return Err(DocumentError::TooManyNamespaces);
    }
    // A `<` is not allowed in the value of an attribute, so each element's attributes are before the next one.
    let mut all = 0;
    for tag in text.split('<').skip(1) {
        if tag.starts_with(['!', '?', '/']) {
            continue;
        }
        let attributes = tag.bytes().filter(|byte| *byte == b'=').count();
        if attributes > MAX_ATTRIBUTES {
            return Err(DocumentError::TooManyAttributes);
        }
        all += attributes;
    }
    if all > MAX_NODES as usize {
        return Err(DocumentError::TooManyNodes);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::dcp::{DocumentError, MAX_ATTRIBUTES, MAX_NAMESPACES};

    #[test]
    fn attributes_and_namespaces_are_limited() {
        let attributes = |count| format!("<a {}/>", "b=\">\" ".repeat(count));
        assert_eq!(check(&attributes(MAX_ATTRIBUTES)), Ok(()));
        assert_eq!(check(&attributes(MAX_ATTRIBUTES + 1)), Err(DocumentError::TooManyAttributes));
        let namespaces = |count| "<a xmlns:b=\"c\">".repeat(count);
        assert_eq!(check(&namespaces(MAX_NAMESPACES)), Ok(()));
        assert_eq!(check(&namespaces(MAX_NAMESPACES + 1)), Err(DocumentError::TooManyNamespaces));
        let comment = format!("<a><!-- {} --></a>", "=".repeat(10_000));
        assert_eq!(check(&comment), Ok(()));
    }
}
