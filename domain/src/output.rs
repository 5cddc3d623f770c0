//! What one encoding job made, as its worker recorded it: names, sizes, hashes and durations, never bytes.

use serde::{Deserialize, Serialize};

use crate::key::RenditionName;

/// Result of one chunk or one sound track: one part of each rendition it encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartOutput {
    /// One entry for each rendition, in the plan's order.
    pub renditions: Vec<RenditionPart>,
    /// The chunk's sheet of the storyboard, where the plan has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<StoredSheet>,
}

/// The segments of one rendition that one job made.
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
    /// Of pictures: bytes from the segment's start to the end of its first picture, which needs no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_picture_bytes: Option<u64>,
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
    /// Size.
    pub size_bytes: u64,
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
}
