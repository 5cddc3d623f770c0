//! What a master is, as plain values: the only thing the planner knows of it.

use serde::{Deserialize, Serialize};

use crate::ratio::Ratio;

/// Everything probing found out about a master.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MediaFacts {
    /// libavformat's short name of the container (`mov,mp4,m4a,3gp,3g2,mj2`, `matroska,webm`, …).
    pub container: String,
    /// Size of the file.
    pub size_bytes: u64,
    /// The longest track's duration.
    pub duration_ms: u64,
    /// Moving pictures; attached cover pictures are left out.
    pub video: Vec<VideoFacts>,
    /// Sound tracks in file order.
    pub audio: Vec<AudioFacts>,
    /// Subtitle tracks in file order, by codec and language.
    pub subtitles: Vec<SubtitleFacts>,
}

/// One video track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VideoFacts {
    /// Index of the stream in the container.
    pub stream_index: u32,
    /// libavcodec's name (`h264`, `prores`, …).
    pub codec: String,
    /// Coded width in samples, before rotation.
    pub width: u32,
    /// Coded height in samples, before rotation.
    pub height: u32,
    /// Width of a sample over its height; 1 when the file does not say.
    pub sample_aspect: Ratio,
    /// Clockwise turn to show the picture upright: 0, 90, 180 or 270.
    pub rotation_degrees: u32,
    /// Average frame rate over the whole track.
    pub frame_rate: Ratio,
    /// Frames do not come at even times.
    pub variable_frame_rate: bool,
    /// How lines are stored in time.
    pub field_order: FieldOrder,
    /// libavutil's name (`yuv420p`, `yuv422p10le`, …).
    pub pixel_format: String,
    /// Bits per component.
    pub bit_depth: u32,
    /// Colour description, libavutil's names; `None` where the file does not say.
    pub color: ColorFacts,
    /// Unit of `first_pts`.
    pub time_base: Ratio,
    /// Presentation time of the first picture shown, in `time_base`.
    pub first_pts: i64,
    /// From the first picture to the end of the last.
    pub duration_ms: u64,
    /// Bits per second as declared or computed, if known.
    pub bitrate_bps: Option<u64>,
}

/// Colour as coded in the stream (ISO/IEC 23091-2 names as libavutil writes them).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColorFacts {
    /// `bt709`, `bt2020`, …
    pub primaries: Option<String>,
    /// `bt709`, `smpte2084`, `arib-std-b67`, …
    pub transfer: Option<String>,
    /// `bt709`, `bt2020nc`, …
    pub matrix: Option<String>,
    /// `tv` or `pc`.
    pub range: Option<String>,
}

/// How lines of a picture were taken in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldOrder {
    /// Whole pictures.
    Progressive,
    /// Two fields a picture, the top one first.
    TopFirst,
    /// Two fields a picture, the bottom one first.
    BottomFirst,
}

/// One sound track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AudioFacts {
    /// Index of the stream in the container.
    pub stream_index: u32,
    /// libavcodec's name.
    pub codec: String,
    /// Number of channels.
    pub channels: u32,
    /// libavutil's name of the layout (`stereo`, `5.1(side)`), if known.
    pub channel_layout: Option<String>,
    /// Samples per second.
    pub sample_rate_hz: u32,
    /// The container's language tag, as written there.
    pub language: Option<String>,
    /// The container's title of the track.
    pub title: Option<String>,
    /// When the track begins, relative to the first picture; negative if before it.
    pub start_ms: i64,
    /// Duration of the track.
    pub duration_ms: u64,
    /// Marked as the default track.
    pub default: bool,
}

/// One subtitle track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubtitleFacts {
    /// Index of the stream in the container.
    pub stream_index: u32,
    /// libavcodec's name.
    pub codec: String,
    /// The container's language tag.
    pub language: Option<String>,
}
