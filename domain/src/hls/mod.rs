//! HLS playlists (RFC 8216) as values that can only render rightly: one tag, one type.
//!
//! Own writer, since text in a playlist is partly a stranger's: a track's label comes from the master. Such text passes
//! [`QuotedString`]; every URI is made of names that hold nothing but letters, digits, `-` and `.`. The same value always
//! renders to the same bytes, so an `ETag` lasts.

mod audio_media;
mod extinf;
mod iframe_playlist;
mod iframe_stream_inf;
mod media_playlist;
mod multivariant_playlist;
mod quoted_string;
mod stream_inf;

pub use audio_media::AudioMedia;
pub use extinf::extinf_durations;
pub use iframe_playlist::{IFrame, IFramePlaylist};
pub use iframe_stream_inf::IFrameStreamInf;
pub use media_playlist::{MediaPlaylist, target_duration_s};
pub use multivariant_playlist::MultivariantPlaylist;
pub use quoted_string::QuotedString;
pub use stream_inf::StreamInf;

/// `EXT-X-VERSION` of both kinds of playlist (RFC 8216 §7). 6 would do for EXT-X-MAP; 7 is what validators expect of
/// fragmented MP4 with separate sound.
const VERSION: u32 = 7;
