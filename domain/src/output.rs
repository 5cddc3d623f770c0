//! The output of one encoding job as its worker records it: names, sizes, hashes and durations, without the media data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{build_record::Measured, damage::TrackDamage, key::RenditionName};

/// The result of encoding one chunk or one audio track, or of the subtitles: one part of each rendition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartOutput {
    /// One entry for each rendition, in the plan's order.
    pub renditions: Vec<RenditionPart>,
    /// The chunk's storyboard sheet, if the plan has a storyboard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<StoredSheet>,
    /// The text subtitle tracks of the plan, if this is the result of their job.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subtitles: Vec<SubtitlePart>,
    /// What decoding concealed in this part: at most one entry, without one if nothing is damaged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damage: Vec<TrackDamage>,
}

/// One text subtitle track of a master after its job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubtitlePart {
    /// Which rendition of the plan.
    pub rendition: RenditionName,
    /// Its objects; `None` if it was left out.
    pub stored: Option<StoredSubtitle>,
    /// What was changed, or why it was left out, for editors.
    pub details: Vec<String>,
}

/// The objects of a subtitle rendition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSubtitle {
    /// Measurements of its segments.
    pub measured: Measured,
    /// All its objects, by path within the build.
    pub objects: BTreeMap<String, StoredObject>,
}

/// The segments of one rendition that one job encoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenditionPart {
    /// Which rendition.
    pub rendition: RenditionName,
    /// RFC 6381 codecs string, read from the init segment (`avc1.640028`, `mp4a.40.2`).
    pub codecs: String,
    /// The init segment; the same in every part of a rendition.
    pub init: StoredObject,
    /// Media segments in order.
    pub segments: Vec<Segment>,
}

/// One media segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Number in its rendition, from 1.
    pub number: u32,
    /// Duration in the rendition's timescale.
    pub duration_ticks: u64,
    /// In video segments: bytes from the start of the segment to the end of its first frame, an IDR frame.
    #[serde(rename = "first_picture_bytes", default, skip_serializing_if = "Option::is_none")]
    pub first_frame_bytes: Option<u64>,
    /// The stored object.
    pub object: StoredObject,
}

/// One sheet of the storyboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSheet {
    /// Number in the film, from 1.
    pub number: u32,
    /// The stored object.
    pub object: StoredObject,
}

/// Size and hash of a stored object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredObject {
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
}
