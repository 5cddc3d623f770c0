//! The text subtitles of a plan.

use serde::{Deserialize, Serialize};

use crate::{key::RenditionName, presentation::Role, subtitle::EmbeddedFormat};

/// A text subtitle track of the master.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubtitleTrack {
    /// Folder of the rendition (`s1`).
    pub name: RenditionName,
    /// Index of the stream in the container.
    pub stream_index: u32,
    /// Format of its text.
    pub format: EmbeddedFormat,
    /// BCP 47 language, if the master states it.
    pub language: Option<String>,
    /// Text in the viewer's menu.
    pub label: String,
    /// Whether players show it until the viewer chooses a track.
    pub default: bool,
    /// Whether it translates signs and foreign speech only.
    pub forced: bool,
    /// What it is for.
    pub role: Role,
}
