//! Packages that tests write: a builder of documents in both flavours.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use domain::dcp::{AssetId, AssetMap, Document, Film, Package, PackageError, PackingList};
use uuid::Uuid;

/// The flavour of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    Interop,
    Smpte,
}

/// The element of a video track.
pub(crate) const VIDEO: &str = "MainPicture";
/// The element of a video track for both eyes.
pub(crate) const STEREOSCOPIC_VIDEO: &str = "MainStereoscopicPicture";

/// An id that is easy to recognise.
pub(crate) fn id(number: u64) -> AssetId {
    AssetId(Uuid::from_u64_pair(0x0000_0000_0000_4000, 0x8000_0000_0000_0000 | number))
}

/// A track of a reel.
#[derive(Clone, Debug)]
pub(crate) struct TrackXml {
    pub(crate) element: &'static str,
    pub(crate) id: AssetId,
    pub(crate) edit_rate: &'static str,
    pub(crate) intrinsic: u64,
    /// Further elements of the track.
    pub(crate) more: String,
}

impl TrackXml {
    pub(crate) fn new(element: &'static str, number: u64, intrinsic: u64) -> Self {
        Self { element, id: id(number), edit_rate: "24 1", intrinsic, more: String::new() }
    }

    pub(crate) fn with(mut self, element: &str, text: impl fmt::Display) -> Self {
        write!(self.more, "<{element}>{text}</{element}>").unwrap();
        self
    }
}

/// A composition with its reels.
pub(crate) fn composition(flavour: Flavour, number: u64, kind: &str, reels: &[Vec<TrackXml>]) -> String {
    let namespace = match flavour {
        Flavour::Interop => "http://www.digicine.com/PROTO-ASDCP-CPL-20040511#",
        Flavour::Smpte => "http://www.smpte-ra.org/schemas/429-7/2006/CPL",
    };
    let mut list = String::new();
    for (at, tracks) in reels.iter().enumerate() {
        let mut assets = String::new();
        for TrackXml { element, id, edit_rate, intrinsic, more } in tracks {
            writeln!(
                assets,
                "<{element}><Id>urn:uuid:{id}</Id><EditRate>{edit_rate}</EditRate><IntrinsicDuration>{intrinsic}</IntrinsicDuration>{more}</{element}>"
            )
            .unwrap();
        }
        writeln!(
            list,
            "<Reel><Id>urn:uuid:{}</Id><AssetList>\n{assets}</AssetList></Reel>",
            id(900 + at as u64)
        )
        .unwrap();
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>
<CompositionPlaylist xmlns=\"{namespace}\">
<Id>urn:uuid:{}</Id><AnnotationText>Test {number}</AnnotationText>
<IssueDate>2024-05-01T10:00:00+07:00</IssueDate>
<ContentTitleText>TEST-{number}_FTR_F_LO-XX_51_2K</ContentTitleText><ContentKind>{kind}</ContentKind>
<RatingList/>
<ReelList>
{list}</ReelList>
</CompositionPlaylist>\n",
        id(number)
    )
}

/// A package on its way: files, and which of them the documents name.
#[derive(Clone, Debug)]
pub(crate) struct PackageXml {
    pub(crate) flavour: Flavour,
    /// Id, path, size and media type of each asset.
    pub(crate) assets: Vec<(AssetId, String, u64, &'static str)>,
    /// Text of each composition by its path.
    pub(crate) compositions: BTreeMap<String, String>,
}

impl PackageXml {
    pub(crate) fn new(flavour: Flavour) -> Self {
        Self { flavour, assets: Vec::new(), compositions: BTreeMap::new() }
    }

    pub(crate) fn media(mut self, number: u64, path: &str, size: u64) -> Self {
        self.assets.push((id(number), path.to_owned(), size, "application/mxf"));
        self
    }

    pub(crate) fn composition(mut self, number: u64, kind: &str, reels: &[Vec<TrackXml>]) -> Self {
        let text = composition(self.flavour, number, kind, reels);
        let media_type = match self.flavour {
            Flavour::Interop => "text/xml;asdcpKind=CPL",
            Flavour::Smpte => "text/xml",
        };
        let path = format!("cpl_{number}.xml");
        self.assets.push((id(number), path.clone(), text.len() as u64, media_type));
        self.compositions.insert(path, text);
        self
    }

    pub(crate) fn asset_map(&self) -> String {
        let (namespace, flag) = match self.flavour {
            Flavour::Interop => ("http://www.digicine.com/PROTO-ASDCP-AM-20040311#", "<PackingList/>"),
            Flavour::Smpte => {
                ("http://www.smpte-ra.org/schemas/429-9/2007/AM", "<PackingList>true</PackingList>")
            }
        };
        let chunk = |path: &str, length: u64| {
            format!(
                "<ChunkList><Chunk><Path>{path}</Path><VolumeIndex>1</VolumeIndex><Offset>0</Offset><Length>{length}</Length></Chunk></ChunkList>"
            )
        };
        let mut list =
            format!("<Asset><Id>urn:uuid:{}</Id>{flag}{}</Asset>\n", id(500), chunk("pkl.xml", 1000));
        for (id, path, size, _) in &self.assets {
            writeln!(list, "<Asset><Id>urn:uuid:{id}</Id>{}</Asset>", chunk(path, *size)).unwrap();
        }
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<am:AssetMap xmlns:am=\"{namespace}\" xmlns=\"{namespace}\"><Id>urn:uuid:{}</Id><VolumeCount>1</VolumeCount><AssetList>\n{list}</AssetList></am:AssetMap>",
            id(501)
        )
    }

    pub(crate) fn packing_list(&self) -> String {
        let namespace = match self.flavour {
            Flavour::Interop => "http://www.digicine.com/PROTO-ASDCP-PKL-20040311#",
            Flavour::Smpte => "http://www.smpte-ra.org/schemas/429-8/2007/PKL",
        };
        let mut list = String::new();
        for (id, path, size, media_type) in &self.assets {
            writeln!(
                list,
                "<Asset><Id>urn:uuid:{id}</Id><Hash>2jmj7l5rSw0yVb/vlWAYkK/YBwk=</Hash><Size>{size}</Size><Type>{media_type}</Type><OriginalFileName>{path}</OriginalFileName></Asset>"
            )
            .unwrap();
        }
        format!(
            "<PackingList xmlns=\"{namespace}\"><Id>urn:uuid:{}</Id><AssetList>{list}</AssetList></PackingList>",
            id(500)
        )
    }

    /// Sizes of all files by their paths.
    pub(crate) fn files(&self) -> BTreeMap<String, u64> {
        self.assets.iter().map(|(_, path, size, _)| (path.clone(), *size)).collect()
    }

    /// The package as a caller reads it.
    pub(crate) fn read(&self) -> Result<Package, PackageError> {
        self.read_with(self.files())
    }

    pub(crate) fn read_with(&self, files: BTreeMap<String, u64>) -> Result<Package, PackageError> {
        let map = AssetMap::parse(self.asset_map().as_bytes()).unwrap();
        assert_eq!(map.packing_lists().collect::<Vec<_>>(), ["pkl.xml"]);
        let list = PackingList::parse(self.packing_list().as_bytes()).unwrap();
        let paths = Package::composition_paths(&map, std::slice::from_ref(&list));
        assert_eq!(paths.len(), self.compositions.len());
        let documents: Vec<_> =
            paths.iter().map(|path| Document { path, bytes: self.compositions[path].as_bytes() }).collect();
        Package::read(map, vec![list], &documents, files)
    }

    pub(crate) fn film(&self) -> Result<Film, PackageError> {
        self.read()?.film(None)
    }
}

/// Two reels with entry points, audio and subtitles.
pub(crate) fn two_reels(flavour: Flavour) -> PackageXml {
    let video = |number, intrinsic| {
        TrackXml::new(VIDEO, number, intrinsic)
            .with("EntryPoint", 24)
            .with("Duration", 240)
            .with("FrameRate", "24 1")
            .with("ScreenAspectRatio", if flavour == Flavour::Smpte { "1998 1080" } else { "1.85" })
    };
    let audio = |number, intrinsic| {
        TrackXml::new("MainSound", number, intrinsic)
            .with("EntryPoint", 24)
            .with("Duration", 240)
            .with("Language", "lo")
    };
    let subtitles = |number| TrackXml::new("MainSubtitle", number, 240).with("Language", "en");
    PackageXml::new(flavour)
        .media(11, "video_1.mxf", 1_000_000)
        .media(12, "audio_1.mxf", 2_000)
        .media(13, "text_1.mxf", 300)
        .media(21, "video_2.mxf", 1_100_000)
        .media(22, "audio_2.mxf", 2_100)
        .composition(
            100,
            "feature",
            &[
                vec![video(11, 264), audio(12, 300), subtitles(13)],
                // The duration is absent: it is what follows the entry point.
                vec![
                    TrackXml::new(VIDEO, 21, 130).with("EntryPoint", 10),
                    TrackXml::new("MainSound", 22, 120),
                    TrackXml::new("MainMarkers", 23, 130),
                ],
            ],
        )
}
