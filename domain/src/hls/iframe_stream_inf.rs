//! `#EXT-X-I-FRAME-STREAM-INF` (RFC 8216 §4.3.4.3).

use super::QuotedString;

/// The I-frame playlist of one video rendition, for seeking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IFrameStreamInf {
    /// URI of the I-frame playlist, relative to the multivariant playlist.
    pub uri: String,
    /// Peak bitrate if each I-frame is shown until the next.
    pub bandwidth_bps: u64,
    /// Average bitrate under the same condition.
    pub average_bandwidth_bps: u64,
    /// RFC 6381 codecs string of the video.
    pub codecs: QuotedString,
    /// Frame width.
    pub width: u32,
    /// Frame height.
    pub height: u32,
}

impl std::fmt::Display for IFrameStreamInf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS={},RESOLUTION={}x{},URI=\"{}\"",
            self.bandwidth_bps, self.average_bandwidth_bps, self.codecs, self.width, self.height, self.uri,
        )
    }
}
