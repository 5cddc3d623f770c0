//! The encoding plan of a master: a pure value that any worker can execute any number of times.
//!
//! It contains everything that can change an output byte (above all x264's thread count), so that two workers with the
//! same plan and master produce the same bytes.

use serde::{Deserialize, Serialize};

use crate::{key::RenditionName, libraries::Libraries, ratio::Ratio, storyboard::Storyboard};

/// By how many frames decode times run ahead of presentation: as far as x264's B-frame pyramid reorders frames. It is the same for
/// every rung, so that a player can change between them.
///
/// So no composition offset is negative and no edit list is needed. Players disagree about both: FFmpeg's demuxer (mpv, Kodi, TVs) and
/// GStreamer show video with negative offsets as many frames late, and VLC and GStreamer ignore edit lists in fragmented files.
pub const DECODE_LEAD_FRAMES: u64 = 2;

/// Samples in an AAC frame (ISO/IEC 14496-3 §4.5.1.1).
pub const AAC_FRAME_SAMPLES: u64 = 1024;

/// The whole plan of one build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Format of this value. Plans of other formats cannot be read.
    pub version: PlanVersion,
    /// Name of the profile that the planner used.
    pub profile: String,
    /// The video track of the master and how it is converted.
    pub video: VideoSource,
    /// Output frames per second.
    pub frame_rate: Ratio,
    /// Output frames in the whole film.
    pub frames: u64,
    /// Ticks per second in the video renditions' media time.
    pub timescale: u32,
    /// Ticks per output frame: `timescale / frame_rate`, exact.
    pub frame_ticks: u32,
    /// Frames per closed GOP (about 2 s).
    pub gop_frames: u32,
    /// Frames per segment, a whole number of GOPs (about 6 s).
    pub segment_frames: u32,
    /// Segments per chunk.
    pub chunk_segments: u32,
    /// Video rungs, best first. Each is scaled from the rung before it.
    pub rungs: Vec<Rung>,
    /// Audio renditions, the default first.
    pub audio: Vec<AudioTrack>,
    /// Thumbnails for the seek bar; `None` in plans from before storyboards existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storyboard: Option<Storyboard>,
    /// Versions of the libraries that must execute the plan, because others would produce other bytes. `None` in plans from
    /// before versions were recorded; any version may execute those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub libraries: Option<Libraries>,
}

/// The master's video track and how it is converted to upright, progressive 4:2:0 frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VideoSource {
    /// Index of the stream in the container.
    pub stream_index: u32,
    /// Unit of the master's timestamps.
    pub time_base: Ratio,
    /// Presentation time of the first frame, in `time_base`: time zero of the film.
    pub first_pts: i64,
    /// Clockwise rotation: 0, 90, 180 or 270.
    pub rotation_degrees: u32,
    /// Whether frames are deinterlaced first.
    pub deinterlace: bool,
}

/// One video rung of the ladder: H.264 by libx264.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// Folder of the rendition (`v1080`).
    pub name: RenditionName,
    /// Frame width in square samples, even.
    pub width: u32,
    /// Frame height in square samples, even.
    pub height: u32,
    /// x264 preset.
    pub preset: String,
    /// x264 profile.
    pub profile: String,
    /// H.264 level as digits (`4.0`).
    pub level: String,
    /// Constant rate factor.
    pub crf: f64,
    /// VBV rate: the maximum bitrate.
    pub max_bitrate_bps: u64,
    /// VBV buffer size.
    pub buffer_bits: u64,
    /// x264 frame threads. Part of the plan, because the number changes the encoded bytes.
    pub threads: u32,
    /// Further x264 options as `name=value:…`, in order.
    pub x264_params: String,
}

/// One audio rendition: AAC-LC stereo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioTrack {
    /// Folder of the rendition (`a1`).
    pub name: RenditionName,
    /// Index of the stream in the container.
    pub stream_index: u32,
    /// BCP 47 language (`lo`, `en`), if the master states it.
    pub language: Option<String>,
    /// Text in the viewer's menu.
    pub label: String,
    /// Output channels.
    pub channels: u32,
    /// Output samples per second; also the timescale of the rendition.
    pub sample_rate_hz: u32,
    /// Target bitrate.
    pub bitrate_bps: u64,
    /// Whether players use it until the viewer chooses a track.
    pub default: bool,
}

/// A chunk of the film, which one job encodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Index in the film, from 0.
    pub index: u32,
    /// First output frame.
    pub first_frame: u64,
    /// Number of output frames.
    pub frames: u64,
    /// Number of its first segment, from 1.
    pub first_segment: u32,
    /// Number of segments.
    pub segments: u32,
}

/// The format of plans that this code reads and writes: 2. The first format had no version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanVersion;

impl PlanVersion {
    const NUMBER: u32 = 2;
}

impl Serialize for PlanVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(Self::NUMBER)
    }
}

impl<'de> Deserialize<'de> for PlanVersion {
    /// Rejects every other format. Serde reads a missing field as `None`, because this reads an `Option`.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<u32>::deserialize(deserializer)?.unwrap_or(1) {
            Self::NUMBER => Ok(Self),
            other => Err(serde::de::Error::custom(format!(
                "the plan has format {other}, and this version of Nang reads format {}",
                Self::NUMBER
            ))),
        }
    }
}

impl Plan {
    /// Number of chunks.
    #[expect(clippy::cast_possible_truncation, reason = "a film of 2^32 chunks would last 8,000 years")]
    pub fn chunk_count(&self) -> u32 {
        self.frames.div_ceil(self.chunk_frames()) as u32
    }

    /// Number of segments in each rendition, video and audio.
    #[expect(clippy::cast_possible_truncation, reason = "as above")]
    pub fn segment_count(&self) -> u32 {
        self.frames.div_ceil(u64::from(self.segment_frames)) as u32
    }

    /// Returns chunk `index`; `None` past the end of the film.
    #[expect(clippy::cast_possible_truncation, reason = "bounded by segment_count")]
    pub fn chunk(&self, index: u32) -> Option<Chunk> {
        let first_frame = u64::from(index) * self.chunk_frames();
        let frames = self.frames.checked_sub(first_frame)?.min(self.chunk_frames());
        (frames > 0).then(|| Chunk {
            index,
            first_frame,
            frames,
            first_segment: index * self.chunk_segments + 1,
            segments: frames.div_ceil(u64::from(self.segment_frames)) as u32,
        })
    }

    /// Duration of video segment `number` (from 1), in the video timescale; 0 past the end. It is the time until the next segment's
    /// first decode time: the first segment is shorter than its frames by the [decode lead](DECODE_LEAD_FRAMES), the last is longer.
    pub fn segment_ticks(&self, number: u32) -> u64 {
        let end = |segments: u32| {
            let frames = u64::from(segments) * u64::from(self.segment_frames);
            if frames >= self.frames {
                self.frames * u64::from(self.frame_ticks)
            } else {
                self.decode_ticks(frames)
            }
        };
        let number = number.clamp(1, self.segment_count() + 1);
        end(number).saturating_sub(if number == 1 { 0 } else { end(number - 1) })
    }

    /// Decode time of the film's frame `index` in decoding order, in the video timescale. The first frames are squeezed against zero,
    /// so that the first frame is presented at zero as well: 0, F − 2, F − 1, F, 2 F, … for F ticks per frame.
    pub fn decode_ticks(&self, index: u64) -> u64 {
        let frame = u64::from(self.frame_ticks);
        match index.checked_sub(DECODE_LEAD_FRAMES) {
            Some(0) => frame.saturating_sub(1),
            Some(shown) => shown * frame,
            None if index == 0 => 0,
            None => frame.saturating_sub(1 + DECODE_LEAD_FRAMES - index),
        }
    }

    /// Where the segments of an audio rendition end, in AAC frames from its start: each at the first frame boundary at or after the
    /// end of the video segment of the same number, so that both have equally many.
    pub fn audio_segment_ends(&self, sample_rate_hz: u32) -> Vec<u64> {
        let aac_frames_until = |frame: u64| {
            let samples = u128::from(frame) * u128::from(self.frame_ticks) * u128::from(sample_rate_hz);
            let aac_frames =
                samples.div_ceil(u128::from(self.timescale.max(1)) * u128::from(AAC_FRAME_SAMPLES));
            u64::try_from(aac_frames).unwrap_or(u64::MAX)
        };
        let mut ends: Vec<u64> = (1..u64::from(self.segment_count()))
            .map(|segment| aac_frames_until(segment * u64::from(self.segment_frames)))
            .collect();
        // A last segment shorter than an AAC frame still needs one.
        ends.push(aac_frames_until(self.frames).max(ends.last().map_or(1, |end| end + 1)));
        ends
    }

    /// Duration of each segment of an audio rendition, in samples, which are its timescale.
    pub fn audio_segment_ticks(&self, sample_rate_hz: u32) -> Vec<u64> {
        let mut start = 0;
        let ends = self.audio_segment_ends(sample_rate_hz).into_iter();
        ends.map(|end| (end - std::mem::replace(&mut start, end)).saturating_mul(AAC_FRAME_SAMPLES)).collect()
    }

    /// Duration of the film, in milliseconds, rounded.
    pub fn duration_ms(&self) -> u64 {
        self.frame_ms(self.frames)
    }

    /// Start time of output frame `frame`, in milliseconds, rounded.
    pub(crate) fn frame_ms(&self, frame: u64) -> u64 {
        let ticks = frame * u64::from(self.frame_ticks);
        (ticks * 1000 + u64::from(self.timescale) / 2) / u64::from(self.timescale)
    }

    /// Output frames in each chunk except the last.
    pub(crate) fn chunk_frames(&self) -> u64 {
        u64::from(self.segment_frames) * u64::from(self.chunk_segments)
    }
}
