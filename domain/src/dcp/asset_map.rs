//! The asset map: which file of the package's folder has which asset (SMPTE ST 429-9 and Interop).

use std::collections::BTreeMap;

use roxmltree::Node;

use super::{AssetId, DocumentError, MAX_ASSETS, MAX_DOCUMENT_BYTES, xml};

/// The file of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedAsset {
    /// Path from the folder of the package, with `/` between its parts. It does not lead out of the folder.
    pub path: String,
    /// Whether it is a packing list.
    pub is_packing_list: bool,
    /// Size of the file in bytes, if the map says it. Packing lists have sizes, too, and are more often right.
    pub length: Option<u64>,
}

/// An asset map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetMap {
    /// The assets by id.
    pub assets: BTreeMap<AssetId, MappedAsset>,
}

impl AssetMap {
    /// Names of the file in the package's folder: of SMPTE, and of Interop.
    pub const FILE_NAMES: [&'static str; 2] = ["ASSETMAP.xml", "ASSETMAP"];

    /// Reads the bytes of an asset map.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        let text = xml::decode(bytes, MAX_DOCUMENT_BYTES)?;
        let document = xml::parse(&text)?;
        let root = xml::root(&document, "AssetMap")?;
        let count = |text: &str| text.parse().ok();
        // A package of one volume has no count in some Interop packages.
        let volumes: Option<u32> = xml::optional(root, "VolumeCount", "a number of volumes", count)?;
        if let Some(volumes) = volumes.filter(|volumes| *volumes != 1) {
            return Err(DocumentError::SeveralVolumes { volumes });
        }
        let mut map = Self::default();
        let list = xml::required(root, "AssetList")?;
        for node in xml::elements(list).filter(|node| xml::name(*node) == "Asset") {
            if map.assets.len() == MAX_ASSETS {
                return Err(DocumentError::TooManyAssets);
            }
            let id = xml::required_id(node, "Id")?;
            let asset = asset(node, id)?;
            if map.assets.get(&id).is_some_and(|known| *known != asset) {
                return Err(DocumentError::Contradiction { line: xml::line(node), id });
            }
            map.assets.insert(id, asset);
        }
        Ok(map)
    }

    /// Paths of the packing lists, in the order of their ids.
    pub fn packing_lists(&self) -> impl Iterator<Item = &str> {
        self.assets.values().filter(|asset| asset.is_packing_list).map(|asset| asset.path.as_str())
    }

    /// The same map, seen from a folder that contains the package's folder as `folder`.
    #[must_use]
    pub fn in_folder(mut self, folder: &str) -> Self {
        let folder = folder.trim_end_matches('/');
        if !folder.is_empty() {
            for asset in self.assets.values_mut() {
                asset.path = format!("{folder}/{}", asset.path);
            }
        }
        self
    }

    /// Adds the assets of another package, for example of the original version to which a version file refers. An asset of both keeps
    /// its first path.
    pub fn join(&mut self, other: Self) {
        for (id, asset) in other.assets {
            self.assets.entry(id).or_insert(asset);
        }
    }
}

fn asset(node: Node<'_, '_>, id: AssetId) -> Result<MappedAsset, DocumentError> {
    // SMPTE writes `true`, Interop an empty element.
    let is_packing_list = xml::child(node, "PackingList")
        .is_some_and(|flag| matches!(xml::text(flag).to_ascii_lowercase().as_str(), "" | "true" | "1"));
    let list = xml::required(node, "ChunkList")?;
    let chunk = xml::required(list, "Chunk")?;
    let number = |element| xml::optional(chunk, element, "a whole number", |text| text.parse::<u64>().ok());
    let (volume, offset, length) = (number("VolumeIndex")?, number("Offset")?, number("Length")?);
    let chunks = xml::elements(list).filter(|node| xml::name(*node) == "Chunk").count();
    if chunks > 1 || volume.is_some_and(|volume| volume > 1) || offset.is_some_and(|offset| offset > 0) {
        return Err(DocumentError::SeveralChunks { line: xml::line(node), id });
    }
    let written = xml::text(xml::required(chunk, "Path")?);
    let path = safe_path(&written).ok_or_else(|| DocumentError::UnsafePath {
        line: xml::line(chunk),
        id,
        path: xml::quoted(&written),
    })?;
    Ok(MappedAsset { path, is_packing_list, length })
}

/// The path of a file within the folder; `None` if it leads out of the folder or is not a path.
///
/// ST 429-9:2014 §7.1 and §A.2: a path is relative to the asset map. Some Interop packages write `file://` before it. `%20` and the like are kept
/// as they are, because most programs write the names of files without encoding them.
fn safe_path(written: &str) -> Option<String> {
    let path = match written.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("file://") => {
            // `file:///film.mxf` means the same file as `file://film.mxf`.
            written[7..].strip_prefix('/').unwrap_or(&written[7..])
        }
        _ => written,
    };
    let parts: Vec<&str> = path.strip_prefix("./").unwrap_or(path).split('/').collect();
    let is_safe = |part: &&str| {
        let drive = part.as_bytes().get(1) == Some(&b':');
        !matches!(*part, "" | "." | "..")
            && !drive
            && !part.contains(['\\', '\0'])
            && !part.contains(char::is_control)
    };
    parts.iter().all(is_safe).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{AssetMap, safe_path};
    use crate::dcp::DocumentError;

    #[test]
    fn paths_stay_within_the_folder() {
        for (written, path) in [
            ("film.mxf", Some("film.mxf")),
            ("./film.mxf", Some("film.mxf")),
            ("reel 1/film.mxf", Some("reel 1/film.mxf")),
            ("file://film.mxf", Some("film.mxf")),
            ("FILE:///video/film.mxf", Some("video/film.mxf")),
            ("ໜັງ.mxf", Some("ໜັງ.mxf")),
            ("film%20one.mxf", Some("film%20one.mxf")),
            ("", None),
            ("/film.mxf", None),
            ("file:////etc/passwd", None),
            ("../film.mxf", None),
            ("a/../../film.mxf", None),
            ("a//film.mxf", None),
            ("a/./film.mxf", None),
            ("a\\film.mxf", None),
            ("C:/film.mxf", None),
            ("a\u{7}.mxf", None),
            ("a/", None),
            ("ຟໄຟໄ", Some("ຟໄຟໄ")),
        ] {
            assert_eq!(safe_path(written).as_deref(), path, "{written}");
        }
    }

    fn map(asset: &str) -> Result<AssetMap, DocumentError> {
        let text = format!(
            "<AssetMap xmlns=\"http://www.smpte-ra.org/schemas/429-9/2007/AM\"><VolumeCount>1</VolumeCount><AssetList>{asset}</AssetList></AssetMap>"
        );
        AssetMap::parse(text.as_bytes())
    }

    const ID: &str = "<Id>urn:uuid:00000000-0000-4000-8000-000000000001</Id>";

    #[test]
    fn divided_files_are_refused() {
        for chunks in [
            "<Chunk><Path>a</Path></Chunk><Chunk><Path>b</Path></Chunk>",
            "<Chunk><Path>a</Path><VolumeIndex>2</VolumeIndex></Chunk>",
            "<Chunk><Path>a</Path><Offset>100</Offset></Chunk>",
        ] {
            let refused = map(&format!("<Asset>{ID}<ChunkList>{chunks}</ChunkList></Asset>"));
            assert!(matches!(refused, Err(DocumentError::SeveralChunks { line: 1, .. })), "{refused:?}");
        }
        let volumes = AssetMap::parse(b"<AssetMap><VolumeCount>2</VolumeCount><AssetList/></AssetMap>");
        assert_eq!(volumes, Err(DocumentError::SeveralVolumes { volumes: 2 }));
    }

    #[test]
    fn an_asset_has_one_path() {
        let asset = |path: &str| {
            format!("<Asset>{ID}<ChunkList><Chunk><Path>{path}</Path></Chunk></ChunkList></Asset>")
        };
        assert_eq!(map(&(asset("a") + &asset("a"))).unwrap().assets.len(), 1);
        let refused = map(&(asset("a") + &asset("b")));
        assert!(matches!(refused, Err(DocumentError::Contradiction { .. })), "{refused:?}");
        let refused = map(&asset("../../etc/passwd"));
        assert!(matches!(refused, Err(DocumentError::UnsafePath { .. })), "{refused:?}");
    }

    #[test]
    fn maps_of_two_folders_are_joined() {
        let first =
            map(&format!("<Asset>{ID}<ChunkList><Chunk><Path>a</Path></Chunk></ChunkList></Asset>")).unwrap();
        let mut joined = first.clone().in_folder("VF/");
        joined.join(first.clone().in_folder("OV"));
        assert_eq!(joined.assets.values().next().unwrap().path, "VF/a");
        assert_eq!(first.clone().in_folder(""), first);
    }
}
