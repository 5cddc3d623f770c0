//! The record of a finished build: `build.json`, written last and never changed.
//!
//! It contains no id and no time, so two builds of one source with the same profile and tools have equal records.

mod legacy;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use legacy::{LegacyError, from_legacy};

use crate::{
    chapter::Chapter, damage::TrackDamage, key::RenditionName, output::StoredObject, plan::Level,
    presentation::Role, ratio::Ratio, storyboard::Thumbnails,
};

/// The contents of a build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildRecord {
    /// Format of this file: [`BuildRecord::VERSION`].
    pub version: u32,
    /// SHA-256 of the source (a master, a dub or a subtitle file), 64 lower-case hexadecimal digits.
    pub source_sha256: String,
    /// How the build was made. It has a version of its own and is kept for people and for `nang fsck`; no code of a
    /// presentation reads it, so a build stays usable when the format of plans changes.
    pub plan: serde_json::Value,
    /// Versions of the tools that made it (`nang`, `libavcodec`, `libx264`, …).
    pub tools: BTreeMap<String, String>,
    /// Duration of the media.
    pub duration_ms: u64,
    /// Video renditions, best first.
    pub video: Vec<VideoRendition>,
    /// Audio renditions, in the order of the source's tracks, the default track first.
    pub audio: Vec<AudioRendition>,
    /// Subtitle renditions, in the order of the source's tracks.
    pub subtitles: Vec<SubtitleRendition>,
    /// What editors should know of the subtitle tracks of a master: what was changed in them, and which were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subtitle_notes: Vec<SubtitleNote>,
    /// Thumbnails for the seek bar; `None` if the build has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnails: Option<Thumbnails>,
    /// Chapters of the master.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chapters: Vec<Chapter>,
    /// What decoding concealed: one entry for each damaged track.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damage: Vec<TrackDamage>,
    /// Every object except the record itself, by its path within the build.
    pub objects: BTreeMap<String, StoredObject>,
}

impl BuildRecord {
    /// The format that this code writes. Version 1 is [`from_legacy`]'s.
    pub const VERSION: u32 = 2;

    /// All media renditions: names and measurements.
    pub fn media(&self) -> impl Iterator<Item = (&RenditionName, &str, &Measured)> {
        let video = self.video.iter().map(|one| (&one.name, one.codecs.as_str(), &one.measured));
        let audio = self.audio.iter().map(|one| (&one.name, one.codecs.as_str(), &one.measured));
        let subtitles = self.subtitles.iter().map(|one| (&one.name, "wvtt", &one.measured));
        video.chain(audio).chain(subtitles)
    }
}

/// One video rendition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VideoRendition {
    /// Folder within the build.
    pub name: RenditionName,
    /// RFC 6381 codecs string.
    pub codecs: String,
    /// Frame width.
    pub width: u32,
    /// Frame height.
    pub height: u32,
    /// Frames per second.
    pub frame_rate: Ratio,
    /// Measurements.
    pub measured: Measured,
    /// Bitrates of its I-frame playlist; `None` if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iframes: Option<Bitrates>,
}

/// One audio rendition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AudioRendition {
    /// Folder within the build.
    pub name: RenditionName,
    /// Number of the source's track that it was made from, from 1. Renditions of one track differ in channels or bitrate.
    pub track: u32,
    /// RFC 6381 codecs string.
    pub codecs: String,
    /// Number of channels.
    pub channels: u32,
    /// BCP 47 language, if the source states it.
    pub language: Option<String>,
    /// Text for the viewer's menu, from the source.
    pub label: String,
    /// What the source says that the track is for.
    #[serde(default, skip_serializing_if = "Role::is_main")]
    pub role: Role,
    /// Loudness and gain; `None` if the loudness was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Measurements.
    pub measured: Measured,
}

/// One subtitle rendition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubtitleRendition {
    /// Folder within the build.
    pub name: RenditionName,
    /// BCP 47 language, if the source states it.
    pub language: Option<String>,
    /// Text for the viewer's menu, from the source.
    pub label: String,
    /// Whether the master marks it as the default track. An editor's track is marked in the presentation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub default: bool,
    /// Whether the master marks it as forced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forced: bool,
    /// What the master says that it is for.
    #[serde(default, skip_serializing_if = "Role::is_main")]
    pub role: Role,
    /// Measurements.
    pub measured: Measured,
}

/// What editors should know of one subtitle track of a master.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubtitleNote {
    /// Index of the stream in the master.
    pub stream_index: u32,
    /// Its text for the viewer's menu.
    pub label: String,
    /// Whether it is not part of the build.
    pub is_left_out: bool,
    /// What was changed, or why it was left out, in English.
    pub details: Vec<String>,
}

/// Measurements of one rendition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Bitrates of its media segments.
    #[serde(flatten)]
    pub bitrates: Bitrates,
    /// All media segments and the init segment.
    pub size_bytes: u64,
    /// Number of media segments.
    pub segments: u32,
}

/// Bitrates of media segments, without init segments (RFC 8216 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bitrates {
    /// Average over the whole rendition (RFC 8216 §4.3.4.2).
    pub average_bps: u64,
    /// Highest segment bitrate (RFC 8216 §4.1, peak segment bit rate).
    pub peak_bps: u64,
}
