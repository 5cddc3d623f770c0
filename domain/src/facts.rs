//! Properties of a master as plain values: all that the planner knows about it.

use serde::{Deserialize, Serialize};

use crate::{
    chapter::Chapter, note::Note, presentation::Role, ratio::Ratio, speaker::Speaker,
    subtitle::EmbeddedFormat,
};

/// The result of probing a master.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MediaFacts {
    /// libavformat's short name of the container (`mov,mp4,m4a,3gp,3g2,mj2`, `matroska,webm`, …).
    pub container: String,
    /// Size of the file, in bytes.
    pub size_bytes: u64,
    /// Duration of the longest track.
    pub duration_ms: u64,
    /// Video tracks in file order, without attached cover images.
    pub video: Vec<VideoFacts>,
    /// Audio tracks in file order.
    pub audio: Vec<AudioFacts>,
    /// Subtitle tracks in file order.
    pub subtitles: Vec<SubtitleFacts>,
    /// All other streams in file order. Empty in facts from before they were recorded.
    #[serde(default)]
    pub other: Vec<OtherFacts>,
    /// Chapters within the film. Empty in facts from before they were recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chapters: Vec<Chapter>,
    /// Corrections of the file's clock, for each stream in file order; empty if its clock runs evenly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clock: Vec<ClockCorrection>,
    /// What probing found wrong in the file and mended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

impl MediaFacts {
    /// The video track that is the film; `None` without video.
    pub fn main_video(&self) -> Option<&VideoFacts> {
        VideoFacts::main_of(&self.video)
    }
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
    /// Sample aspect ratio: width of a sample divided by its height; 1 if the file does not state it.
    pub sample_aspect: Ratio,
    /// Sample aspect ratio that the first frame itself states; 0 if it states none. The container may state another one. `None` in facts
    /// from before it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_aspect: Option<Ratio>,
    /// The part of the frame that is shown, before rotation.
    #[serde(default, skip_serializing_if = "Crop::is_empty")]
    pub crop: Crop,
    /// Clockwise rotation that shows the frames upright: 0, 90, 180 or 270.
    pub rotation_degrees: u32,
    /// Whether the frames are mirrored horizontally before they are rotated.
    #[serde(default)]
    pub mirrored: bool,
    /// Frame rate: the constant one, else that of the most common distance between frames, else the average.
    pub frame_rate: Ratio,
    /// Whether the time between frames varies.
    pub variable_frame_rate: bool,
    /// Whether frames are interlaced, and which field is first.
    pub field_order: FieldOrder,
    /// libavutil's name (`yuv420p`, `yuv422p10le`, …).
    pub pixel_format: String,
    /// Bits per component.
    pub bit_depth: u32,
    /// Colour description, with libavutil's names; `None` where the file does not state it.
    pub color: ColorFacts,
    /// Unit of `first_pts`.
    pub time_base: Ratio,
    /// Presentation time of the first frame that is shown, in `time_base`.
    pub first_pts: i64,
    /// Time from the start of the first frame to the end of the last.
    pub duration_ms: u64,
    /// Bits per second, declared or computed, if known.
    pub bitrate_bps: Option<u64>,
    /// Whether every sampled frame is the same image: a poster, not a film.
    #[serde(default)]
    pub still: bool,
    /// How bright the content is, of video with PQ; `None` for other video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub light: Option<LightFacts>,
    /// Dolby Vision's configuration record, if the file has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dolby_vision: Option<DolbyVision>,
    /// Numbers of the programmes that contain the track; empty in containers without programmes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programmes: Vec<u32>,
}

impl VideoFacts {
    /// The track of these that is the film: the largest of those that move, and the first of several with the same size.
    pub fn main_of(tracks: &[Self]) -> Option<&Self> {
        let area = |track: &Self| u64::from(track.width) * u64::from(track.height);
        tracks.iter().rev().max_by_key(|track| (!track.still, area(track)))
    }
}

/// A correction of a stream's timestamps. Files that were joined without new timestamps, and recordings of a disturbed broadcast, have a
/// clock that jumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockCorrection {
    /// Index of the stream.
    pub stream_index: u32,
    /// Offset in the file of the first packet to which it applies, in bytes. It applies until the stream's next correction.
    pub from_byte: u64,
    /// What is added to timestamps, in the stream's time base.
    pub add_ticks: i64,
}

/// Samples at the edges of a coded frame that are not shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crop {
    /// At the left.
    pub left: u32,
    /// At the right.
    pub right: u32,
    /// At the top.
    pub top: u32,
    /// At the bottom.
    pub bottom: u32,
}

impl Crop {
    /// Whether the whole frame is shown.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Brightness of HDR content, in cd/m². Each is absent if the file does not state it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LightFacts {
    /// Maximum content light level (CTA-861.3 Annex P).
    pub max_cll_nits: Option<u32>,
    /// Peak of the mastering display (SMPTE ST 2086).
    pub mastering_nits: Option<u32>,
    /// Brightest luma of the sampled frames.
    pub sampled_nits: Option<u32>,
}

/// Dolby Vision's configuration record (Dolby Vision Streams Within the ISO Base Media File Format, section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DolbyVision {
    /// Profile.
    pub profile: u32,
    /// What the base layer is for players without Dolby Vision: 0 unusable, 1 HDR10, 2 SDR, 4 HLG, 6 Ultra HD Blu-ray's HDR10.
    pub compatibility: u32,
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

/// Whether the lines of a frame were recorded at once or as two fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldOrder {
    /// Whole frames.
    Progressive,
    /// Two fields per frame, the top field first.
    TopFirst,
    /// Two fields per frame, the bottom field first.
    BottomFirst,
}

/// One audio track.
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
    /// The container's language tag, unchanged.
    pub language: Option<String>,
    /// The track's title in the container.
    pub title: Option<String>,
    /// Start of the track relative to the first video frame; negative if the track starts before it.
    pub start_ms: i64,
    /// Duration of the track.
    pub duration_ms: u64,
    /// Whether the file marks it as the default track.
    pub default: bool,
    /// The speaker of each channel; empty if the file does not name them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub speakers: Vec<Speaker>,
    /// What the file says that the track is for.
    #[serde(default)]
    pub role: Role,
    /// Numbers of the programmes that contain the track; empty in containers without programmes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programmes: Vec<u32>,
}

/// One subtitle track. Facts from before the last five fields were recorded have their defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubtitleFacts {
    /// Index of the stream in the container.
    pub stream_index: u32,
    /// libavcodec's name.
    pub codec: String,
    /// The container's language tag.
    pub language: Option<String>,
    /// The track's title in the container.
    #[serde(default)]
    pub title: Option<String>,
    /// Whether the codec stores text or images.
    #[serde(default)]
    pub coding: SubtitleCoding,
    /// Whether the file marks it as the default track.
    #[serde(default)]
    pub default: bool,
    /// Whether the file marks it as forced: it translates signs and foreign speech only.
    #[serde(default)]
    pub forced: bool,
    /// What the file says that the track is for.
    #[serde(default)]
    pub role: Role,
}

impl SubtitleFacts {
    /// The format of its text; `None` if Nang cannot read it.
    pub fn format(&self) -> Option<EmbeddedFormat> {
        EmbeddedFormat::of_codec(&self.codec)
    }
}

/// How the codec of a subtitle track stores its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubtitleCoding {
    /// As text.
    Text,
    /// As images.
    Bitmap,
    /// libavcodec does not know it, or it was not recorded.
    #[default]
    Unknown,
}

/// A stream that is not a video, audio or subtitle track that Nang can decode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherFacts {
    /// Index of the stream in the container.
    pub stream_index: u32,
    /// What it contains.
    pub kind: OtherKind,
    /// libavcodec's name; `none` if it has none.
    pub codec: String,
    /// The container's language tag.
    pub language: Option<String>,
    /// The stream's title, or the file name of an attachment.
    pub title: Option<String>,
}

/// What a stream that Nang does not use contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherKind {
    /// A cover image, or the thumbnails of chapters.
    CoverImage,
    /// Video in a codec that Nang cannot decode; the file has other video.
    UndecodableVideo,
    /// Audio in a codec that Nang cannot decode; the file has other audio.
    UndecodableAudio,
    /// Data: timecodes, chapters, subtitles for teletext receivers, data of cameras.
    Data,
    /// A file in the container, usually a font.
    Attachment,
    /// The container does not say.
    Unknown,
}
