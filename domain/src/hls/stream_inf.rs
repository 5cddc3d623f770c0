//! `#EXT-X-STREAM-INF` (RFC 8216 §4.3.4.2).

use super::{QuotedString, SubtitleMedia};
use crate::ratio::Ratio;

/// One variant: a video rendition, with an audio group if the film has audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamInf {
    /// URI of the video rendition's playlist, relative to the multivariant playlist.
    pub uri: String,
    /// Largest sum of peak bitrates of any playable combination (Apple HLS authoring 9.13).
    pub bandwidth_bps: u64,
    /// Largest sum of average bitrates of any playable combination.
    pub average_bandwidth_bps: u64,
    /// RFC 6381 codecs strings of video and audio, joined by commas.
    pub codecs: QuotedString,
    /// Frame width.
    pub width: u32,
    /// Frame height.
    pub height: u32,
    /// Frames per second; rendered with three decimals.
    pub frame_rate: Ratio,
    /// GROUP-ID of its audio renditions, if the film has audio.
    pub audio: Option<String>,
    /// Whether the film has subtitles.
    pub subtitles: bool,
}

impl std::fmt::Display for StreamInf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS={},RESOLUTION={}x{},FRAME-RATE={}",
            self.bandwidth_bps,
            self.average_bandwidth_bps,
            self.codecs,
            self.width,
            self.height,
            Thousandths(self.frame_rate),
        )?;
        if let Some(group) = &self.audio {
            write!(f, ",AUDIO=\"{group}\"")?;
        }
        if self.subtitles {
            write!(f, ",SUBTITLES=\"{}\"", SubtitleMedia::GROUP)?;
        }
        // Without this attribute, players search for captions in the H.264 stream.
        write!(f, ",CLOSED-CAPTIONS=NONE\n{}", self.uri)
    }
}

/// A positive ratio as a decimal number, rounded to three places.
struct Thousandths(Ratio);

impl std::fmt::Display for Thousandths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (num, den) = (i128::from(self.0.num), i128::from(self.0.den.max(1)));
        let thousandths = (num * 2000 + den) / (2 * den);
        write!(f, "{}.{:03}", thousandths / 1000, thousandths % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ratio, Thousandths};

    #[test]
    fn frame_rates_have_three_decimals() {
        for (num, den, text) in [
            (24_000, 1001, "23.976"),
            (25, 1, "25.000"),
            (30_000, 1001, "29.970"),
            (60_000, 1001, "59.940"),
            (359, 12, "29.917"),
            (25, 2, "12.500"),
        ] {
            assert_eq!(Thousandths(Ratio::new(num, den).unwrap()).to_string(), text);
        }
    }
}
