//! One track of a reel, as a composition lists it.

use roxmltree::Node;

use super::{AssetId, DocumentError, language_of, xml};
use crate::{language::Language, ratio::Ratio};

/// What a track contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TrackKind {
    /// Video.
    Video,
    /// Video for both eyes (ST 429-10).
    StereoscopicVideo,
    /// Audio.
    Audio,
    /// Subtitles that all viewers see.
    Subtitles,
    /// Captions that viewers turn on (ST 429-12).
    ClosedCaptions,
    /// Names of places in the reel.
    Markers,
}

impl TrackKind {
    /// The kind of an element in a reel's list of assets; `None` for elements that Nang does not know.
    fn of_element(name: &str) -> Option<Self> {
        match name {
            "MainPicture" => Some(Self::Video),
            "MainStereoscopicPicture" => Some(Self::StereoscopicVideo),
            "MainSound" => Some(Self::Audio),
            "MainSubtitle" | "OpenCaption" => Some(Self::Subtitles),
            "MainClosedCaption" | "MainCaption" | "ClosedCaption" | "ClosedSubtitle" => {
                Some(Self::ClosedCaptions)
            }
            "MainMarkers" => Some(Self::Markers),
            _ => None,
        }
    }

    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::StereoscopicVideo => "stereoscopic video",
            Self::Audio => "audio",
            Self::Subtitles => "subtitles",
            Self::ClosedCaptions => "closed captions",
            Self::Markers => "markers",
        }
    }
}

/// A track of a reel. Positions and durations are in edit units, which last `1 / edit_rate` seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// What it contains.
    pub kind: TrackKind,
    /// The asset with its data; of markers, only an id.
    pub id: AssetId,
    /// Edit units per second.
    pub edit_rate: Ratio,
    /// Duration of the whole asset (ST 429-7:2006 §8.1.4).
    pub intrinsic_duration: u64,
    /// First unit that is played (ST 429-7:2006 §8.1.5: 0 if absent).
    pub entry_point: u64,
    /// Number of units that are played (ST 429-7:2006 §8.1.6: from the entry point to the end if absent).
    pub duration: u64,
    /// The key with which the asset is encrypted.
    pub key_id: Option<AssetId>,
    /// Language of the dialogue or of the text.
    pub language: Option<Language>,
    /// Frames per second of video.
    pub frame_rate: Option<Ratio>,
    /// Width of the video divided by its height.
    pub screen_aspect_ratio: Option<Ratio>,
}

impl Track {
    /// Reads an element of a reel's list; `None` for elements that Nang does not know.
    pub(super) fn read(node: Node<'_, '_>) -> Result<Option<Self>, DocumentError> {
        let Some(kind) = TrackKind::of_element(xml::name(node)) else { return Ok(None) };
        match Self::read_kind(node, kind) {
            // Nang does not use markers, so a package is not refused for them.
            Err(_) if kind == TrackKind::Markers => Ok(None),
            track => track.map(Some),
        }
    }

    fn read_kind(node: Node<'_, '_>, kind: TrackKind) -> Result<Self, DocumentError> {
        const RATE: &str = "a rate of two whole numbers, for example 24 1";
        const UNITS: &str = "a whole number of edit units";
        let id = xml::required_id(node, "Id")?;
        let edit_rate = xml::required(node, "EditRate")?;
        let intrinsic = xml::required(node, "IntrinsicDuration")?;
        let intrinsic_duration = xml::parsed(intrinsic, "IntrinsicDuration", UNITS, xml::units)?;
        let entry_point = xml::optional(node, "EntryPoint", UNITS, xml::units)?.unwrap_or(0);
        let duration = xml::optional(node, "Duration", UNITS, xml::units)?;
        Ok(Self {
            kind,
            id,
            edit_rate: xml::parsed(edit_rate, "EditRate", RATE, xml::ratio)?,
            intrinsic_duration,
            entry_point,
            duration: duration.unwrap_or_else(|| intrinsic_duration.saturating_sub(entry_point)),
            key_id: xml::optional(node, "KeyId", "an id (urn:uuid:…)", AssetId::parse)?,
            language: xml::child_text(node, "Language").and_then(|text| language_of(&text)),
            // Not needed to play the film, and Interop has other forms of them.
            frame_rate: xml::child_text(node, "FrameRate").and_then(|text| xml::ratio(&text)),
            screen_aspect_ratio: xml::child_text(node, "ScreenAspectRatio")
                .and_then(|text| xml::ratio(&text)),
        })
    }
}
