//! `#EXT-X-MEDIA` of a subtitle rendition (RFC 8216 §4.3.4.1).

use super::{QuotedString, yes_or_no};

/// One subtitle rendition of the only subtitle group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent attribute of the tag")]
pub struct SubtitleMedia {
    /// URI of its playlist, relative to the multivariant playlist.
    pub uri: String,
    /// Text in the viewer's menu; unique in the group.
    pub name: QuotedString,
    /// BCP 47 language; `und` if unknown.
    pub language: Option<QuotedString>,
    /// Whether players show it until the viewer chooses; true for at most one rendition.
    pub default: bool,
    /// Whether players may choose it because its language suits the viewer. Players require it of default renditions.
    pub autoselect: bool,
    /// Whether players show it even if the viewer has turned subtitles off.
    pub forced: bool,
    /// Whether it describes speakers and sounds, for the deaf and hard of hearing.
    pub hard_of_hearing: bool,
}

impl SubtitleMedia {
    /// GROUP-ID of all subtitle renditions.
    pub const GROUP: &'static str = "subtitles";
}

impl std::fmt::Display for SubtitleMedia {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let undetermined = QuotedString::new("und");
        write!(
            f,
            "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"{}\",NAME={},LANGUAGE={},DEFAULT={},AUTOSELECT={},FORCED={}",
            Self::GROUP,
            self.name,
            self.language.as_ref().unwrap_or(&undetermined),
            yes_or_no(self.default),
            yes_or_no(self.autoselect),
            yes_or_no(self.forced),
        )?;
        if self.hard_of_hearing {
            // Apple HLS authoring 4.7: both, for subtitles that replace the sound.
            f.write_str(
                ",CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound\"",
            )?;
        }
        write!(f, ",URI=\"{}\"", self.uri)
    }
}
