//! The media playlist: the segments of one rendition of a complete film.

use super::{
    VERSION,
    extinf::{Extinf, extinf_durations},
};
use crate::key::{BuildObject, RenditionName};

/// `<rendition>/index.m3u8`: all segments of a rendition, in order, numbered from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaPlaylist {
    /// Folder of the rendition.
    pub rendition: RenditionName,
    /// `EXT-X-TARGETDURATION`; the same in all playlists of a film (Apple HLS authoring 8.2).
    pub target_duration_s: u64,
    /// Ticks per second of the durations.
    pub timescale: u32,
    /// Duration of each segment, in ticks.
    pub segment_ticks: Vec<u64>,
    /// What the segments contain.
    pub segments: SegmentKind,
}

/// What the segments of a media playlist contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentKind {
    /// Fragmented MP4 with an init section (RFC 8216 §3.3).
    Mp4,
    /// WebVTT (RFC 8216 §3.5).
    WebVtt,
}

/// The smallest `EXT-X-TARGETDURATION` for a segment: its duration rounded to the nearest second (RFC 8216 §4.3.3.1).
pub fn target_duration_s(ticks: u64, timescale: u32) -> u64 {
    let scale = u128::from(timescale.max(1));
    u64::try_from((u128::from(ticks) * 2 + scale) / (2 * scale)).unwrap_or(u64::MAX)
}

impl MediaPlaylist {
    /// Renders the playlist.
    pub fn render(&self) -> String {
        use std::fmt::Write as _;

        let mut text = format!(
            "#EXTM3U\n#EXT-X-VERSION:{VERSION}\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:1\n\
             #EXT-X-PLAYLIST-TYPE:VOD\n",
            self.target_duration_s,
        );
        // Writing to a String cannot fail.
        if self.segments == SegmentKind::Mp4 {
            let init = BuildObject::Init(&self.rendition).file_name();
            let _ = writeln!(text, "#EXT-X-MAP:URI=\"{init}\"");
        }
        let durations = extinf_durations(self.timescale, self.segment_ticks.iter().copied());
        for (number, duration_us) in (1..).zip(durations) {
            let segment = match self.segments {
                SegmentKind::Mp4 => BuildObject::Segment(&self.rendition, number),
                SegmentKind::WebVtt => BuildObject::SubtitleSegment(&self.rendition, number),
            }
            .file_name();
            let _ = writeln!(text, "{}\n{segment}", Extinf(duration_us));
        }
        text.push_str("#EXT-X-ENDLIST\n");
        text
    }
}
