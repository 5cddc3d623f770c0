//! A composition playlist: the tracks of a film by reels (SMPTE ST 429-7 and Interop).

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use roxmltree::Node;

use super::{
    AssetId, ContentKind, DocumentError, MAX_DOCUMENT_BYTES, MAX_REELS, MAX_TRACKS, Track, TrackKind, xml,
};

/// A composition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composition {
    /// Its id.
    pub id: AssetId,
    /// Its title, usually in the form of the Digital Cinema Naming Convention; empty if the document has none.
    pub title: String,
    /// What it is for.
    pub kind: ContentKind,
    /// When it was made, if the document says it with a time zone.
    pub issue_date: Option<OffsetDateTime>,
    /// Its reels in the order in which they are played.
    pub reels: Vec<Reel>,
    /// Channels of the audio (ST 429-16 `MainSoundConfiguration`, for example `51/L,R,C,LFE,Ls,Rs`), for
    /// [`SoundLabel::Names`](super::SoundLabel::Names).
    pub sound_configuration: Option<String>,
}

/// A reel: tracks that are played at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reel {
    /// Its id.
    pub id: Option<AssetId>,
    /// Its tracks in the order of the document.
    pub tracks: Vec<Track>,
}

impl Reel {
    /// The first track of a kind.
    pub fn track(&self, kind: TrackKind) -> Option<&Track> {
        self.tracks.iter().find(|track| track.kind == kind)
    }

    /// The video track, also if it is stereoscopic.
    pub fn video(&self) -> Option<&Track> {
        self.track(TrackKind::Video).or_else(|| self.track(TrackKind::StereoscopicVideo))
    }
}

impl Composition {
    /// Reads the bytes of a composition playlist.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        let text = xml::decode(bytes, MAX_DOCUMENT_BYTES)?;
        let document = xml::parse(&text)?;
        let root = xml::root(&document, "CompositionPlaylist")?;
        let mut composition = Self {
            id: xml::required_id(root, "Id")?,
            title: xml::child_text(root, "ContentTitleText").unwrap_or_default(),
            kind: ContentKind::parse(&xml::child_text(root, "ContentKind").unwrap_or_default()),
            issue_date: xml::child_text(root, "IssueDate")
                .and_then(|date| OffsetDateTime::parse(&date, &Rfc3339).ok()),
            reels: Vec::new(),
            sound_configuration: None,
        };
        let reels = xml::required(root, "ReelList")?;
        for node in xml::elements(reels).filter(|node| xml::name(*node) == "Reel") {
            if composition.reels.len() == MAX_REELS {
                return Err(DocumentError::TooManyReels);
            }
            composition.add_reel(node)?;
        }
        Ok(composition)
    }

    fn add_reel(&mut self, node: Node<'_, '_>) -> Result<(), DocumentError> {
        let id = xml::child_text(node, "Id").and_then(|id| AssetId::parse(&id));
        let mut reel = Reel { id, tracks: Vec::new() };
        for asset in xml::elements(xml::required(node, "AssetList")?) {
            if xml::name(asset) == "CompositionMetadataAsset" && self.sound_configuration.is_none() {
                self.sound_configuration = xml::child_text(asset, "MainSoundConfiguration");
            }
            if let Some(track) = Track::read(asset)? {
                if reel.tracks.len() == MAX_TRACKS {
                    return Err(DocumentError::TooManyTracks { line: xml::line(asset) });
                }
                reel.tracks.push(track);
            }
        }
        self.reels.push(reel);
        Ok(())
    }

    /// Duration of the video in milliseconds, rounded. Reels without video count nothing.
    pub fn duration_ms(&self) -> u64 {
        let reel =
            |reel: &Reel| reel.video().map_or(0, |video| super::film::ms(video.duration, video.edit_rate));
        self.reels.iter().map(reel).sum()
    }
}
