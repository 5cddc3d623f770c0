//! `#EXT-X-MEDIA` of an audio rendition (RFC 8216 §4.3.4.1).

use super::QuotedString;
use crate::key::{BuildObject, RenditionName};

/// One audio rendition of the group `audio`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioMedia {
    /// Folder of the rendition; its playlist is the URI.
    pub rendition: RenditionName,
    /// Text in the viewer's menu; unique in the group.
    pub name: QuotedString,
    /// BCP 47 language. The attribute is always written (Apple HLS authoring 8.10); `und` if unknown.
    pub language: Option<QuotedString>,
    /// Whether players use it until the viewer chooses one; true for exactly one rendition of the group.
    pub default: bool,
    /// Number of channels.
    pub channels: u32,
}

impl AudioMedia {
    /// GROUP-ID of all audio renditions.
    pub const GROUP: &'static str = "audio";
}

impl std::fmt::Display for AudioMedia {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let undetermined = QuotedString::new("und");
        write!(
            f,
            "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{}\",NAME={},LANGUAGE={},DEFAULT={},AUTOSELECT=YES,CHANNELS=\"{}\",URI=\"{}\"",
            Self::GROUP,
            self.name,
            self.language.as_ref().unwrap_or(&undetermined),
            if self.default { "YES" } else { "NO" },
            self.channels,
            BuildObject::MediaPlaylist(&self.rendition),
        )
    }
}
