//! Renditions of builds: qualities of the video, audio and subtitles.

use serde::Serialize;
use utoipa::ToSchema;

/// Medium of a rendition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RenditionKind {
    /// Video.
    Video,
    /// Audio.
    Audio,
    /// Subtitles.
    Subtitle,
}

/// One quality of the video, one audio track or one subtitle track. Measured values are null until the build is published.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Rendition {
    /// Folder of the rendition within the build (`v1080`, `a1`).
    pub(crate) name: String,
    /// Video, audio or subtitles.
    pub(crate) kind: RenditionKind,
    /// Frame width in pixels; null for audio and subtitles.
    #[schema(required)]
    pub(crate) width: Option<u32>,
    /// Frame height in pixels; null for audio and subtitles.
    #[schema(required)]
    pub(crate) height: Option<u32>,
    /// BCP 47 language of audio and subtitles; null for video, and if the master does not say.
    #[schema(required)]
    pub(crate) language: Option<String>,
    /// Label of the audio or subtitle track in the player's menu; null for video.
    #[schema(required)]
    pub(crate) label: Option<String>,
    /// Loudness and gain; null for video and subtitles, and if the loudness was not measured.
    #[schema(required)]
    pub(crate) level: Option<Level>,
    /// RFC 6381 codecs string; null until the build is published.
    #[schema(required)]
    pub(crate) codecs: Option<String>,
    /// Average bit rate in bits per second; null until the build is published.
    #[schema(required)]
    pub(crate) average_bps: Option<u64>,
    /// Highest bit rate of a segment in bits per second; null until the build is published.
    #[schema(required)]
    pub(crate) peak_bps: Option<u64>,
    /// Size of all segments in bytes; null until the build is published.
    #[schema(required)]
    pub(crate) size_bytes: Option<u64>,
}

/// Loudness of the audio before the gain (EBU R 128), and the gain.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Level {
    /// Integrated loudness in LUFS; null if the track is silent.
    #[schema(required)]
    integrated_lufs: Option<f64>,
    /// Loudness range in LU.
    range_lu: f64,
    /// Maximum true peak in dBTP; null if every sample is zero.
    #[schema(required)]
    true_peak_dbtp: Option<f64>,
    /// Gain of all samples in decibels.
    gain_db: f64,
    /// Whether the gain is lower than the target loudness asks for, so that the true peak stays below its ceiling.
    is_limited: bool,
}

convert_enum!(db::rendition::RenditionKind => RenditionKind { Video, Audio, Subtitle });

impl From<domain::plan::Level> for Level {
    fn from(level: domain::plan::Level) -> Self {
        Self {
            integrated_lufs: level.loudness.integrated_lufs,
            range_lu: level.loudness.range_lu,
            true_peak_dbtp: level.loudness.true_peak_dbtp,
            gain_db: level.gain_db,
            is_limited: level.is_limited,
        }
    }
}

impl From<db::rendition::Rendition> for Rendition {
    fn from(rendition: db::rendition::Rendition) -> Self {
        Self {
            name: rendition.name,
            kind: rendition.kind.into(),
            width: rendition.width,
            height: rendition.height,
            language: rendition.language,
            label: rendition.label,
            level: rendition.level.map(Level::from),
            codecs: rendition.codecs,
            average_bps: rendition.average_bps,
            peak_bps: rendition.peak_bps,
            size_bytes: rendition.size_bytes,
        }
    }
}
