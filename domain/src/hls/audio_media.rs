//! `#EXT-X-MEDIA` of an audio rendition (RFC 8216 §4.3.4.1).

use super::{QuotedString, yes_or_no};

/// One audio rendition of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioMedia {
    /// GROUP-ID: letters, digits and hyphens.
    pub group: String,
    /// URI of its playlist, relative to the multivariant playlist.
    pub uri: String,
    /// Text in the viewer's menu; unique in the group.
    pub name: QuotedString,
    /// BCP 47 language. The attribute is always written (Apple HLS authoring 8.10); `und` if unknown.
    pub language: Option<QuotedString>,
    /// Whether players use it until the viewer chooses one; true for exactly one rendition of a group.
    pub default: bool,
    /// Whether players may choose it because its language suits the viewer.
    pub autoselect: bool,
    /// Whether a narrator describes what is seen.
    pub describes_video: bool,
    /// Number of channels.
    pub channels: u32,
}

impl std::fmt::Display for AudioMedia {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let undetermined = QuotedString::new("und");
        write!(
            f,
            "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{}\",NAME={},LANGUAGE={},DEFAULT={},AUTOSELECT={}",
            self.group,
            self.name,
            self.language.as_ref().unwrap_or(&undetermined),
            yes_or_no(self.default),
            yes_or_no(self.autoselect),
        )?;
        if self.describes_video {
            f.write_str(",CHARACTERISTICS=\"public.accessibility.describes-video\"")?;
        }
        write!(f, ",CHANNELS=\"{}\",URI=\"{}\"", self.channels, self.uri)
    }
}
