//! A packing list: sizes and hashes of the assets of a delivery (SMPTE ST 429-8 and Interop).

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD_PAD_INDIFFERENT};
use roxmltree::Node;

use super::{AssetId, DocumentError, MAX_ASSETS, MAX_DOCUMENT_BYTES, xml};

/// What a packing list says about an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedAsset {
    /// SHA-1 hash of the file (ST 429-8:2007 §6.3). Interop allows an asset without one.
    pub sha1: Option<[u8; 20]>,
    /// Size of the file, in bytes (ST 429-8:2007 §6.4).
    pub size_bytes: u64,
    /// The media type: `application/mxf`, `text/xml`, in Interop `text/xml;asdcpKind=CPL`.
    pub media_type: String,
    /// Name of the file where the package was made.
    pub original_file_name: Option<String>,
}

impl PackedAsset {
    /// Whether the asset can be a composition playlist. SMPTE has one type for all XML documents, Interop names the kind.
    pub fn may_be_composition(&self) -> bool {
        let media_type: String =
            self.media_type.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        let (essence, parameters) = media_type.split_once(';').unwrap_or((&media_type, ""));
        let is_xml = matches!(essence, "text/xml" | "application/xml");
        is_xml && parameters.strip_prefix("asdcpkind=").is_none_or(|kind| kind == "cpl")
    }
}

/// A packing list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackingList {
    /// Its id.
    pub id: AssetId,
    /// Its assets by id.
    pub assets: BTreeMap<AssetId, PackedAsset>,
}

impl PackingList {
    /// Reads the bytes of a packing list.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        let text = xml::decode(bytes, MAX_DOCUMENT_BYTES)?;
        let document = xml::parse(&text)?;
        let root = xml::root(&document, "PackingList")?;
        let mut list = Self { id: xml::required_id(root, "Id")?, assets: BTreeMap::new() };
        let assets = xml::required(root, "AssetList")?;
        for node in xml::elements(assets).filter(|node| xml::name(*node) == "Asset") {
            if list.assets.len() == MAX_ASSETS {
                return Err(DocumentError::TooManyAssets);
            }
            let id = xml::required_id(node, "Id")?;
            let asset = asset(node)?;
            if list.assets.get(&id).is_some_and(|known| *known != asset) {
                return Err(DocumentError::Contradiction { line: xml::line(node), id });
            }
            list.assets.insert(id, asset);
        }
        Ok(list)
    }
}

fn asset(node: Node<'_, '_>) -> Result<PackedAsset, DocumentError> {
    let size = xml::required(node, "Size")?;
    Ok(PackedAsset {
        sha1: xml::optional(node, "Hash", "a SHA-1 hash in Base64", hash)?,
        size_bytes: xml::parsed(size, "Size", "a number of bytes", |text| text.parse().ok())?,
        media_type: xml::child_text(node, "Type").unwrap_or_default(),
        original_file_name: xml::child_text(node, "OriginalFileName"),
    })
}

/// Reads the 20 bytes of a hash. Line breaks within Base64 are allowed (XML Schema, base64Binary).
fn hash(text: &str) -> Option<[u8; 20]> {
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD_PAD_INDIFFERENT.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::{PackedAsset, PackingList, hash};
    use crate::dcp::DocumentError;

    #[test]
    fn hashes_have_20_bytes() {
        let empty = hash("2jmj7l5rSw0yVb/vlWAYkK/YBwk=").unwrap();
        assert_eq!(crate::hex::encode(&empty), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(hash("2jmj7l5rSw0yVb/v\n lWAYkK/YBwk"), Some(empty));
        for text in ["", "AAAA", "2jmj7l5rSw0yVb/vlWAYkK/YBwk!", "2jmj7l5rSw0yVb/vlWAYkK/YBwkAAAA="] {
            assert_eq!(hash(text), None, "{text}");
        }
    }

    #[test]
    fn compositions_are_found_by_type() {
        let asset = |media_type: &str| PackedAsset {
            sha1: None,
            size_bytes: 1,
            media_type: media_type.to_owned(),
            original_file_name: None,
        };
        for (media_type, expected) in [
            ("text/xml", true),
            ("text/xml;asdcpKind=CPL", true),
            ("text/xml; asdcpKind=CPL", true),
            ("application/xml", true),
            ("text/xml;asdcpKind=Subtitle", false),
            ("text/xml;asdcpKind=PKL", false),
            ("application/mxf", false),
            ("application/x-smpte-mxf;asdcpKind=Sound", false),
            ("image/png", false),
            ("", false),
        ] {
            assert_eq!(asset(media_type).may_be_composition(), expected, "{media_type}");
        }
    }

    #[test]
    fn a_wrong_size_is_named_with_its_line() {
        let text = "<PackingList>\n<Id>urn:uuid:00000000-0000-4000-8000-000000000001</Id><AssetList><Asset>\n<Id>urn:uuid:00000000-0000-4000-8000-000000000002</Id>\n<Size>-1</Size></Asset></AssetList></PackingList>";
        let refused = PackingList::parse(text.as_bytes()).unwrap_err();
        assert!(matches!(refused, DocumentError::Invalid { line: 4, element: "Size", .. }), "{refused}");
    }
}
