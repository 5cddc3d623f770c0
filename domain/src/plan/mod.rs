//! The encoding plan of a master or a dub: a pure value that any worker can execute any number of times.
//!
//! It contains everything that can change an output byte (above all x264's thread count), so that two workers with the
//! same plan and source produce the same bytes.

mod audio;
mod subtitle;
mod timeline;
mod version;
mod video;

use serde::{Deserialize, Serialize};

pub use audio::{AudioEncode, AudioStream, AudioTrack, Level, Loudness, Mix};
pub use subtitle::SubtitleTrack;
pub use timeline::{AAC_FRAME_SAMPLES, Chunk, DECODE_LEAD_FRAMES, SourceTime, Timeline};
pub use version::PlanVersion;
pub use video::{Encode, H264, Picture, Shape, Tone, VideoCodec, VideoPlan, VideoSource};

use crate::{chapter::Chapter, facts::ClockCorrection, key::RenditionName, libraries::Libraries, note::Note};

/// The whole plan of one build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Format of this value. Plans of other formats cannot be read.
    pub version: PlanVersion,
    /// Name of the profile that the planner used.
    pub profile: String,
    /// How the film's time is divided into frames, segments and chunks.
    pub timeline: Timeline,
    /// Time zero of the film in the source.
    pub start: SourceTime,
    /// Corrections of the source's timestamps; see [`ClockCorrection`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clock: Vec<ClockCorrection>,
    /// The video; `None` for a dub.
    pub video: Option<VideoPlan>,
    /// Audio tracks, the default first.
    pub audio: Vec<AudioTrack>,
    /// Text subtitle tracks of the master that are taken over, in file order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subtitles: Vec<SubtitleTrack>,
    /// Chapters of the master; none for a dub.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chapters: Vec<Chapter>,
    /// What was guessed or mended in the source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Versions of the libraries that must execute the plan, because others would produce other bytes. `None`: any version may
    /// execute it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub libraries: Option<Libraries>,
}

/// A part of the video that one job encodes: one chunk in all encodes of one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoPart {
    /// The chunk.
    pub chunk: Chunk,
    /// The group; see [`Encode::group`].
    pub group: u32,
}

impl Plan {
    /// Number of [`VideoPart`]s; 0 without video.
    pub fn video_part_count(&self) -> u32 {
        self.video.as_ref().map_or(0, |video| self.timeline.chunk_count().saturating_mul(video.group_count()))
    }

    /// Returns video part `index`: all groups of the first chunk, then all of the next. `None` past the end.
    pub fn video_part(&self, index: u32) -> Option<VideoPart> {
        let groups = self.video.as_ref()?.group_count();
        let chunk = self.timeline.chunk(index.checked_div(groups)?)?;
        Some(VideoPart { chunk, group: index % groups })
    }

    /// The encodes of the video; none without video.
    pub fn encodes(&self) -> &[Encode] {
        self.video.as_ref().map_or(&[], |video| &video.encodes)
    }

    /// The names of all renditions: video, then audio.
    pub fn rendition_names(&self) -> impl Iterator<Item = &RenditionName> {
        let audio = self.audio.iter().flat_map(AudioTrack::renditions);
        self.encodes().iter().map(|encode| &encode.name).chain(audio.map(|(_, rendition)| &rendition.name))
    }
}
