//! Documents that were made to cost much memory or time.

use std::{fmt::Write as _, time::Instant};

use domain::dcp::{
    AssetMap, Composition, DocumentError, MAX_DEPTH, MAX_DOCUMENT_BYTES, MAX_NODES, MAX_REELS, PackingList,
};

/// What all readers say about a text, which must be the same.
fn refusal(text: &str) -> DocumentError {
    let error = Composition::parse(text.as_bytes()).unwrap_err();
    assert_eq!(AssetMap::parse(text.as_bytes()).unwrap_err(), error);
    assert_eq!(PackingList::parse(text.as_bytes()).unwrap_err(), error);
    error
}

#[test]
fn large_documents_are_refused() {
    let bytes = MAX_DOCUMENT_BYTES + 1;
    let error = refusal(&" ".repeat(bytes));
    assert_eq!(error, DocumentError::TooLarge { bytes, max: MAX_DOCUMENT_BYTES });
}

#[test]
fn entities_are_refused() {
    let text = "<!DOCTYPE a [<!ENTITY b \"&c;&c;\"><!ENTITY c \"x\">]><a>&b;</a>";
    assert_eq!(refusal(text), DocumentError::DocumentType);
    let text = "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>";
    assert_eq!(refusal(text), DocumentError::DocumentType);
}

#[test]
fn depth_is_limited() {
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert_eq!(refusal(&nested(MAX_DEPTH + 1)), DocumentError::TooDeep);
    let error = Composition::parse(nested(MAX_DEPTH).as_bytes()).unwrap_err();
    assert!(matches!(error, DocumentError::OtherKind { .. }), "{error:?}");
    assert_eq!(refusal(&nested(400_000)), DocumentError::TooDeep);
    let open = "<a>".repeat(900_000);
    assert!(matches!(refusal(&open), DocumentError::Damaged { line: 1, .. }));
}

#[test]
fn nodes_are_limited() {
    let text = format!("<a>{}</a>", "<b/>".repeat(MAX_NODES as usize));
    assert_eq!(refusal(&text), DocumentError::TooManyNodes);
}

#[test]
fn reels_are_limited() {
    let text = |reels: usize| {
        format!(
            "<CompositionPlaylist><Id>urn:uuid:00000000-0000-4000-8000-000000000001</Id><ReelList>{}</ReelList></CompositionPlaylist>",
            "<Reel><AssetList/></Reel>".repeat(reels)
        )
    };
    assert_eq!(Composition::parse(text(MAX_REELS).as_bytes()).unwrap().reels.len(), MAX_REELS);
    assert_eq!(Composition::parse(text(MAX_REELS + 1).as_bytes()), Err(DocumentError::TooManyReels));
}

#[test]
fn crafted_attributes_and_namespaces_cost_little() {
    let start = Instant::now();
    let mut attributes = String::new();
    for number in 0..1_000_000 {
        write!(attributes, "a{number:x}=\"\" ").unwrap();
    }
    let attributes = &attributes[..MAX_DOCUMENT_BYTES - 100];
    assert_eq!(refusal(&format!("<a {attributes}/>")), DocumentError::TooManyAttributes);
    // A `>` in a value does not hide them.
    assert_eq!(refusal(&format!("<a b=\">\" {attributes}/>")), DocumentError::TooManyAttributes);
    let mut outer = String::new();
    for number in 0..10_000 {
        write!(outer, "xmlns:n{number}=\"u{number}\" ").unwrap();
    }
    let inner = "<b xmlns:z=\"z\"/>".repeat(100_000);
    assert_eq!(refusal(&format!("<a {outer}>{inner}</a>")), DocumentError::TooManyNamespaces);
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}
