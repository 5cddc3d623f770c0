//! The video of a plan: pictures, which one cascade of scalers makes, and encodes, each of one picture with one codec.

use serde::{Deserialize, Serialize};

use crate::{
    facts::{Crop, FieldOrder},
    key::RenditionName,
    ratio::Ratio,
    storyboard::Storyboard,
    tone::{Input, Transform},
};

/// The video of a plan. All encodes of a [group](Encode::group) share one decoding of the master.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VideoPlan {
    /// The master's video track and how it is converted.
    pub source: VideoSource,
    /// Sizes, largest first; at least one. Each is scaled from the one before it.
    pub pictures: Vec<Picture>,
    /// Renditions, best first.
    pub encodes: Vec<Encode>,
    /// Thumbnails for the seek bar, made from the smallest picture with group 0; `None`: without thumbnails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storyboard: Option<Storyboard>,
}

/// The master's video track and how it is converted to upright, progressive 4:2:0 frames.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoSource {
    /// Index of the stream in the container.
    pub stream_index: u32,
    /// The shape of the frames; of several, the one that is shown largest. Others keep their own shape, with black bars.
    pub shape: Shape,
    /// The part of such a frame that is shown, before rotation.
    #[serde(default, skip_serializing_if = "Crop::is_empty")]
    pub crop: Crop,
    /// Whether frames are mirrored horizontally before they are rotated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mirrored: bool,
    /// Clockwise rotation: 0, 90, 180 or 270.
    pub rotation_degrees: u32,
    /// Output frames at the start that are black, because the audio begins before the video.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub black_frames: u64,
    /// The field that comes first, if frames are deinterlaced; `None` if they are whole. Frames that are flagged keep their own order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deinterlace: Option<FieldOrder>,
    /// How HDR and wide-gamut video becomes SDR BT.709; `None` if it is not converted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tone: Option<Tone>,
}

impl VideoSource {
    /// The width and height of a picture before frames are rotated.
    pub fn before_rotation(&self, picture: Picture) -> (u32, u32) {
        match self.rotation_degrees {
            90 | 270 => (picture.height, picture.width),
            _ => (picture.width, picture.height),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(frames: &u64) -> bool {
    *frames == 0
}

/// A conversion to SDR BT.709.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tone {
    /// What the source is.
    pub transform: Transform,
    /// How the samples are coded that the conversion reads.
    pub input: Input,
}

/// The shape of decoded frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Width in samples.
    pub width: u32,
    /// Height in samples.
    pub height: u32,
    /// Sample aspect ratio that the frames themselves state; 0 if they state none; `None` if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_aspect: Option<Ratio>,
    /// Sample aspect ratio with which they are shown.
    pub sample_aspect: Ratio,
}

/// A size in which frames are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Width in square samples, even.
    pub width: u32,
    /// Height in square samples, even.
    pub height: u32,
}

/// One video rendition: a picture in one codec.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Encode {
    /// Folder of the rendition (`v1080`).
    pub name: RenditionName,
    /// Index of its picture.
    pub picture: u32,
    /// Encodes with the same number, from 0 without gaps, are encoded by the same job. A slow codec has a group of its own, so that it
    /// does not delay the others' jobs.
    pub group: u32,
    /// VBV rate: the maximum bitrate.
    pub max_bitrate_bps: u64,
    /// VBV buffer size.
    pub buffer_bits: u64,
    /// Codec and its own settings.
    pub codec: VideoCodec,
}

/// A video codec with its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum VideoCodec {
    /// H.264 by libx264.
    H264(H264),
}

/// Settings of libx264.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct H264 {
    /// x264 preset.
    pub preset: String,
    /// x264 profile.
    pub profile: String,
    /// H.264 level as digits (`4.0`).
    pub level: String,
    /// Constant rate factor.
    pub crf: f64,
    /// x264 frame threads. Part of the plan, because the number changes the encoded bytes.
    pub threads: u32,
    /// Further x264 options as `name=value:…`, in order.
    pub x264_params: String,
}

impl VideoPlan {
    /// Number of encode groups, at least 1.
    pub fn group_count(&self) -> u32 {
        self.encodes.iter().map(|encode| encode.group.saturating_add(1)).max().unwrap_or(1)
    }

    /// The encodes of a group with their pictures, in the plan's order. Encodes of a picture that does not exist are left out.
    pub fn group(&self, group: u32) -> impl Iterator<Item = (&Encode, Picture)> {
        let with_picture = |encode| Some((encode, self.picture_of(encode)?));
        self.encodes.iter().filter(move |encode| encode.group == group).filter_map(with_picture)
    }

    /// The picture of an encode.
    pub fn picture_of(&self, encode: &Encode) -> Option<Picture> {
        self.pictures.get(encode.picture as usize).copied()
    }
}
