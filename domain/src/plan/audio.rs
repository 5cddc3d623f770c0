//! The audio of a plan: tracks, their mixes, and the renditions of each mix.

use serde::{Deserialize, Serialize};

use crate::{key::RenditionName, presentation::Role};

/// One audio track of the source. One job decodes it once and encodes all of its renditions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AudioTrack {
    /// The streams that together are the track: one, or several with the channels of one mix.
    pub streams: Vec<AudioStream>,
    /// BCP 47 language (`lo`, `en`), if the source states it.
    pub language: Option<String>,
    /// Text in the viewer's menu.
    pub label: String,
    /// Whether players use it until the viewer chooses a track.
    pub default: bool,
    /// What the track is for.
    #[serde(default, skip_serializing_if = "Role::is_main")]
    pub role: Role,
    /// Output samples per second; also the timescale of its renditions.
    pub sample_rate_hz: u32,
    /// Stereo first, then surround if the source has it.
    pub mixes: Vec<Mix>,
}

/// A stream of the container that has channels of an audio track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioStream {
    /// Index of the stream in the container.
    pub stream_index: u32,
    /// Number of its channels.
    pub channels: u32,
}

/// The track mixed to a number of channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mix {
    /// Output channels: 2, or 6 for 5.1.
    pub channels: u32,
    /// For each output channel the weight of each input channel: those of all streams, in order.
    pub weights: Vec<Vec<f32>>,
    /// Loudness and gain; `None` if the loudness was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Its renditions, the best first; the first of the track's first mix has the track's own name.
    pub renditions: Vec<AudioEncode>,
}

/// One audio rendition: AAC-LC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioEncode {
    /// Folder of the rendition (`a1`, `a1-low`, `a1-surround`).
    pub name: RenditionName,
    /// Target bitrate.
    pub bitrate_bps: u64,
    /// Highest frequency that is encoded; `None`: the encoder derives it from the bitrate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cutoff_hz: Option<u32>,
}

/// Loudness of a whole track (EBU R 128; ITU-R BS.1770-4).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loudness {
    /// Integrated loudness, in LUFS; `None` if the track is silent throughout (never above the absolute gate of −70 LUFS).
    pub integrated_lufs: Option<f64>,
    /// Loudness range (EBU Tech 3342), in LU.
    pub range_lu: f64,
    /// Maximum true peak of all channels, in dBTP; `None` if every sample is zero.
    pub true_peak_dbtp: Option<f64>,
}

/// Loudness and static gain of a mix.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// Loudness before the gain.
    #[serde(flatten)]
    pub loudness: Loudness,
    /// Gain of all samples, in decibels.
    pub gain_db: f64,
    /// Whether the gain is lower than the target loudness asks for, so that the true peak stays below its ceiling.
    pub is_limited: bool,
}

impl AudioTrack {
    /// Index of its first stream in the container, which stands for the track in messages.
    pub fn stream_index(&self) -> u32 {
        self.streams.first().map_or(0, |stream| stream.stream_index)
    }

    /// Its renditions with their mixes, in order.
    pub fn renditions(&self) -> impl Iterator<Item = (&Mix, &AudioEncode)> {
        self.mixes.iter().flat_map(|mix| mix.renditions.iter().map(move |rendition| (mix, rendition)))
    }

    /// The name of its first rendition, which stands for the track.
    pub fn name(&self) -> Option<&RenditionName> {
        self.renditions().next().map(|(_, rendition)| &rendition.name)
    }
}

impl Mix {
    /// The factor of all samples.
    #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
    pub fn gain_factor(&self) -> f32 {
        self.level.map_or(1.0, |level| 10_f64.powf(level.gain_db / 20.0) as f32)
    }
}
