//! Reads XML documents within limits, and finds elements by their names without namespaces.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use roxmltree::{Document, Error, Node, ParsingOptions};

use super::{AssetId, DocumentError, MAX_DEPTH, MAX_NODES, xml_guard};
use crate::ratio::Ratio;

/// Characters of a text that an error quotes.
const QUOTED_CHARS: usize = 64;
/// Numerator and denominator of a rate or an aspect ratio are at most this.
const MAX_RATIO_PART: i64 = 1_000_000;

/// The text of a document. XML without a byte order mark is UTF-8 here: Interop and SMPTE allow no other encoding.
pub(crate) fn decode(bytes: &[u8], max: usize) -> Result<Cow<'_, str>, DocumentError> {
    if bytes.len() > max {
        return Err(DocumentError::TooLarge { bytes: bytes.len(), max });
    }
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((UTF_8, 0));
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..]);
    text.ok_or(DocumentError::NotUnicode)
}

/// Parses a document. Document type declarations are refused, so there are no entities to expand.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, DocumentError> {
    xml_guard::check(text)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| damage(text, &error))?;
    check_depth(document.root_element())?;
    Ok(document)
}

/// The first element of a document, which must have the name `expected`.
pub(crate) fn root<'a, 'i>(
    document: &'a Document<'i>,
    expected: &'static str,
) -> Result<Node<'a, 'i>, DocumentError> {
    let root = document.root_element();
    match name(root) {
        found if found == expected => Ok(root),
        found => Err(DocumentError::OtherKind { found: quoted(found), expected }),
    }
}

fn damage(text: &str, error: &Error) -> DocumentError {
    let position = match error {
        Error::DtdDetected => return DocumentError::DocumentType,
        Error::NodesLimitReached | Error::AttributesLimitReached => return DocumentError::TooManyNodes,
        Error::NamespacesLimitReached => return DocumentError::TooManyNamespaces,
        // The parser has no position for a text that ends too early.
        Error::UnclosedRootNode | Error::UnexpectedEndOfStream | Error::NoRootNode => {
            let line = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
            let column = text.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            return DocumentError::Damaged {
                line: number(line),
                column: number(column),
                detail: "the text ends here, before the end of the document".to_owned(),
            };
        }
        error => error.pos(),
    };
    // Names in the parser's message are from the document and can be long.
    let detail = error.to_string().chars().filter(|c| !c.is_control()).take(3 * QUOTED_CHARS).collect();
    DocumentError::Damaged { line: position.row, column: position.col, detail }
}

/// Checks the depth without recursion.
fn check_depth(root: Node<'_, '_>) -> Result<(), DocumentError> {
    let (mut node, mut depth) = (root, 1);
    loop {
        if depth > MAX_DEPTH {
            return Err(DocumentError::TooDeep);
        }
        if let Some(child) = node.first_element_child() {
            (node, depth) = (child, depth + 1);
            continue;
        }
        loop {
            if node == root {
                return Ok(());
            }
            if let Some(next) = node.next_sibling_element() {
                node = next;
                break;
            }
            let Some(parent) = node.parent_element() else { return Ok(()) };
            (node, depth) = (parent, depth - 1);
        }
    }
}

/// Name of an element without its namespace.
pub(crate) fn name<'i>(node: Node<'_, 'i>) -> &'i str {
    node.tag_name().name()
}

/// The elements directly in an element.
pub(crate) fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

/// The first element of a name directly in an element.
pub(crate) fn child<'a, 'i>(node: Node<'a, 'i>, wanted: &str) -> Option<Node<'a, 'i>> {
    elements(node).find(|element| name(*element) == wanted)
}

/// The first element of a name directly in an element, which must exist.
pub(crate) fn required<'a, 'i>(
    node: Node<'a, 'i>,
    wanted: &'static str,
) -> Result<Node<'a, 'i>, DocumentError> {
    child(node, wanted).ok_or_else(|| DocumentError::Missing {
        line: line(node),
        parent: quoted(name(node)),
        element: wanted,
    })
}

/// The text directly in an element, without comments and without white space around it.
pub(crate) fn text(node: Node<'_, '_>) -> String {
    let texts = node.children().filter(Node::is_text).filter_map(|child| child.text());
    texts.collect::<String>().trim().to_owned()
}

/// The text of the first element of a name, if it is not empty.
pub(crate) fn child_text(node: Node<'_, '_>, wanted: &str) -> Option<String> {
    child(node, wanted).map(text).filter(|text| !text.is_empty())
}

/// The id in the first element of a name, which must exist.
pub(crate) fn required_id(node: Node<'_, '_>, wanted: &'static str) -> Result<AssetId, DocumentError> {
    parsed(required(node, wanted)?, wanted, "an id (urn:uuid:…)", AssetId::parse)
}

/// What `parse` reads in an element's text; an error if that is nothing.
pub(crate) fn parsed<T>(
    node: Node<'_, '_>,
    element: &'static str,
    expected: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, DocumentError> {
    let text = text(node);
    parse(&text).ok_or_else(|| invalid(node, element, &text, expected))
}

/// What `parse` reads in the first element of a name; `None` without it.
pub(crate) fn optional<T>(
    node: Node<'_, '_>,
    element: &'static str,
    expected: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, DocumentError> {
    match child(node, element) {
        Some(found) if !text(found).is_empty() => parsed(found, element, expected, parse).map(Some),
        _ => Ok(None),
    }
}

/// The error of an element whose text does not have its type.
pub(crate) fn invalid(
    node: Node<'_, '_>,
    element: &'static str,
    value: &str,
    expected: &'static str,
) -> DocumentError {
    DocumentError::Invalid { line: line(node), element, value: quoted(value), expected }
}

/// Line of an element, from 1. It counts from the start of the text, so it is for errors and for few elements.
pub(crate) fn line(node: Node<'_, '_>) -> u32 {
    node.document().text_pos_at(node.range().start).row
}

/// The beginning of a text, for errors.
pub(crate) fn quoted(text: &str) -> String {
    text.chars().take(QUOTED_CHARS).collect()
}

/// Reads a rate or an aspect ratio: two positive integers (`24 1`), or an integer or a decimal number, as Interop writes aspect ratios
/// (`1.85`).
pub(crate) fn ratio(text: &str) -> Option<Ratio> {
    let mut words = text.split_ascii_whitespace();
    let (first, second) = (words.next()?, words.next());
    if words.next().is_some() {
        return None;
    }
    let (num, den) = match second {
        Some(second) => (integer(first)?, integer(second)?),
        None => decimal(first)?,
    };
    let valid = |part: i64| (1..=MAX_RATIO_PART).contains(&part);
    let ratio = Ratio::new(num, den)?;
    (valid(ratio.num) && valid(ratio.den)).then_some(ratio)
}

fn integer(text: &str) -> Option<i64> {
    let digits = text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Reads a decimal number as a fraction.
fn decimal(text: &str) -> Option<(i64, i64)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let decimals = u32::try_from(fraction.len()).ok().filter(|decimals| *decimals <= 6)?;
    let scale = 10_i64.pow(decimals);
    let fraction = if fraction.is_empty() { 0 } else { integer(fraction)? };
    Some((integer(whole)?.checked_mul(scale)?.checked_add(fraction)?, scale))
}

/// Reads a duration or a position in edit units. More than `u32::MAX` units are 5 years at 24 frames per second.
pub(crate) fn units(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten().map(u64::from)
}
