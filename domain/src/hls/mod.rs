//! HLS playlists (RFC 8216) as values that always render to valid text; each tag has its own type.
//!
//! Nang has its own writer because playlists contain untrusted text: a track's label comes from the master. Such text goes
//! through [`QuotedString`]; URIs contain only letters, digits, `-`, `.` and `/`. The same value always renders to the same
//! bytes, so its `ETag` does not change.

mod audio_media;
mod extinf;
mod iframe_playlist;
mod iframe_stream_inf;
mod media_playlist;
mod multivariant_playlist;
mod quoted_string;
mod stream_inf;
mod subtitle_media;

pub use audio_media::AudioMedia;
pub use extinf::extinf_durations;
pub use iframe_playlist::{IFrame, IFramePlaylist};
pub use iframe_stream_inf::IFrameStreamInf;
pub use media_playlist::{MediaPlaylist, SegmentKind, target_duration_s};
pub use multivariant_playlist::MultivariantPlaylist;
pub use quoted_string::QuotedString;
pub use stream_inf::StreamInf;
pub use subtitle_media::SubtitleMedia;

/// `EXT-X-VERSION` of all playlists (RFC 8216 §7). `EXT-X-MAP` needs only 6; validators expect 7 for fragmented MP4 with
/// separate audio.
const VERSION: u32 = 7;

/// The enumerated strings of attributes such as DEFAULT.
fn yes_or_no(value: bool) -> &'static str {
    if value { "YES" } else { "NO" }
}
