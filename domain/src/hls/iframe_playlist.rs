//! The I-frame playlist: the first frame of each segment, which players show while the viewer seeks
//! (RFC 8216 §4.3.3.6, Apple HLS authoring 6.1).

use super::{
    VERSION,
    extinf::{Extinf, extinf_durations},
};
use crate::key::{BuildObject, RenditionName};

/// `<rendition>/iframes.m3u8`: the first bytes of each segment of the rendition, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IFramePlaylist {
    /// Folder of the rendition.
    pub rendition: RenditionName,
    /// `EXT-X-TARGETDURATION`, as in the media playlists.
    pub target_duration_s: u64,
    /// Ticks per second of the durations.
    pub timescale: u32,
    /// The I-frames, one for each segment.
    pub frames: Vec<IFrame>,
}

/// One I-frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IFrame {
    /// Time until the next I-frame, in ticks.
    pub ticks: u64,
    /// Bytes from the start of the segment to the end of the I-frame. The bytes before it are the headers that a decoder needs.
    pub bytes: u64,
}

impl IFramePlaylist {
    /// Renders the playlist.
    pub fn render(&self) -> String {
        use std::fmt::Write as _;

        let mut text = format!(
            "#EXTM3U\n#EXT-X-VERSION:{VERSION}\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:1\n\
             #EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-I-FRAMES-ONLY\n#EXT-X-MAP:URI=\"{}\"\n",
            self.target_duration_s,
            BuildObject::Init(&self.rendition).file_name(),
        );
        let durations = extinf_durations(self.timescale, self.frames.iter().map(|frame| frame.ticks));
        for ((number, frame), duration_us) in (1..).zip(&self.frames).zip(durations) {
            let segment = BuildObject::Segment(&self.rendition, number).file_name();
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{}\n#EXT-X-BYTERANGE:{}@0\n{segment}", Extinf(duration_us), frame.bytes);
        }
        text.push_str("#EXT-X-ENDLIST\n");
        text
    }
}
