//! `#EXT-X-I-FRAME-STREAM-INF` (RFC 8216 §4.3.4.3).

use super::QuotedString;
use crate::key::{BuildObject, RenditionName};

/// The pictures of one video rendition for players that seek.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IFrameStreamInf {
    /// Folder of the rendition; its I-frame playlist is the URI.
    pub rendition: RenditionName,
    /// Highest bitrate, each picture lasting until the next.
    pub bandwidth_bps: u64,
    /// The same on average.
    pub average_bandwidth_bps: u64,
    /// RFC 6381 codecs of the pictures.
    pub codecs: QuotedString,
    /// Picture width.
    pub width: u32,
    /// Picture height.
    pub height: u32,
}

impl std::fmt::Display for IFrameStreamInf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS={},RESOLUTION={}x{},URI=\"{}\"",
            self.bandwidth_bps,
            self.average_bandwidth_bps,
            self.codecs,
            self.width,
            self.height,
            BuildObject::IFramePlaylist(&self.rendition),
        )
    }
}
