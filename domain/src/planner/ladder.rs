//! The ladder: the sizes and bitrates in which a film is encoded.

use super::level::level;
use crate::{
    facts::VideoFacts,
    key::RenditionName,
    plan::{Encode, H264, Picture, VideoCodec},
    profile::{Profile, RungProfile},
    ratio::Ratio,
};

/// The size of frames as the viewer sees them: upright, in square samples, before rounding to even numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Display {
    /// Width.
    pub(super) width: u32,
    /// Height.
    pub(super) height: u32,
}

impl Display {
    /// Computes the display size: samples are made square by scaling the width only, then the frame is rotated.
    /// Returns `None` on overflow.
    pub(super) fn of(video: &VideoFacts) -> Option<Self> {
        let aspect = if video.sample_aspect.num > 0 && video.sample_aspect.den > 0 {
            video.sample_aspect
        } else {
            Ratio { num: 1, den: 1 }
        };
        let shown_width = video.width.checked_sub(video.crop.left.checked_add(video.crop.right)?)?;
        let shown_height = video.height.checked_sub(video.crop.top.checked_add(video.crop.bottom)?)?;
        let stretched = (2 * i128::from(shown_width) * i128::from(aspect.num) + i128::from(aspect.den))
            / (2 * i128::from(aspect.den));
        let (width, height) = (u32::try_from(stretched).ok()?, shown_height);
        Some(match video.rotation_degrees {
            90 | 270 => Self { width: height, height: width },
            _ => Self { width, height },
        })
    }

    fn long(self) -> u64 {
        u64::from(self.width.max(self.height))
    }

    fn short(self) -> u64 {
        u64::from(self.width.min(self.height))
    }

    /// The smallest rung size whose box contains the frame: its short side, or 9/16 of its long side if it is wider than
    /// 16:9. So a scope film of 1920×804 counts as 1080, as is usual.
    fn size(self) -> u64 {
        self.short().max((self.long() * 9).div_ceil(16))
    }

    /// The frame's size in the box of a rung, with an even width and height.
    fn fitted(self, size: u64) -> (u32, u32) {
        let box_long = size * 16 / 9;
        // Whether the long side or the short side reaches the box first.
        let (long, short) = if self.long() * size >= self.short() * box_long {
            (even(box_long, 1), even(self.short() * box_long, self.long()))
        } else {
            (even(self.long() * size, self.short()), even(size, 1))
        };
        if self.width >= self.height { (long, short) } else { (short, long) }
    }
}

/// `num / den` rounded to the nearest even number, at least 2.
pub(super) fn even(num: u64, den: u64) -> u32 {
    let half = (num + den) / (2 * den);
    u32::try_from(half * 2).unwrap_or(u32::MAX - 1).max(2)
}

/// Plans a picture and an H.264 encode for each rung, best first; at least one.
///
/// No rung is larger than the master. If the master's size is between two rungs, the top rung has the master's own size,
/// the settings of the rung above and a bitrate between those of the two, in proportion to area. The rung below is omitted
/// if it is less than a tenth smaller, because it would look nearly the same.
pub(super) fn ladder(
    profile: &Profile,
    display: Display,
    rate: Ratio,
    gop_frames: u32,
) -> (Vec<Picture>, Vec<Encode>) {
    let own_size = display.size();
    let mut rungs: Vec<(u64, RungProfile, Picture)> = Vec::new();
    let above = profile.rungs.iter().rfind(|rung| u64::from(rung.size) > own_size);
    let mut below = profile.rungs.iter().filter(|rung| u64::from(rung.size) <= own_size).peekable();
    if let Some(above) = above
        && below.peek().is_none_or(|rung| u64::from(rung.size) < own_size)
    {
        let max_bitrate_bps =
            below.peek().map_or(above.max_bitrate_bps, |below| between(below, above, own_size));
        let settings = RungProfile { max_bitrate_bps, ..above.clone() };
        let (width, height) = (even(u64::from(display.width), 1), even(u64::from(display.height), 1));
        rungs.push((own_size, settings, Picture { width, height }));
        below.next_if(|rung| u64::from(rung.size) * 10 > own_size * 9);
    }
    for settings in below {
        let size = u64::from(settings.size);
        let (width, height) = display.fitted(size);
        rungs.push((size, settings.clone(), Picture { width, height }));
    }
    let encode = |(index, (size, settings, picture)): (u32, &(u64, RungProfile, Picture))| Encode {
        name: RenditionName::try_from(format!("v{size}")).expect("a letter and digits"),
        picture: index,
        group: 0,
        max_bitrate_bps: settings.max_bitrate_bps,
        buffer_bits: buffer_bits(profile, settings),
        codec: VideoCodec::H264(h264(profile, settings, *picture, rate, gop_frames)),
    };
    let encodes = (0..).zip(&rungs).map(encode).collect();
    (rungs.iter().map(|(_, _, picture)| *picture).collect(), encodes)
}

/// Interpolates the bitrate for a size between two rungs, in proportion to area.
fn between(below: &RungProfile, above: &RungProfile, size: u64) -> u64 {
    let area = |size: u64| u128::from(size) * u128::from(size);
    let (low, high) = (area(below.size.into()), area(above.size.into()));
    let (low_bps, high_bps) = (u128::from(below.max_bitrate_bps), u128::from(above.max_bitrate_bps));
    let bps = low_bps + (high_bps - low_bps) * (area(size) - low) / (high - low);
    u64::try_from(bps / 1000 * 1000).unwrap_or(above.max_bitrate_bps)
}

fn buffer_bits(profile: &Profile, settings: &RungProfile) -> u64 {
    settings.max_bitrate_bps * u64::from(profile.buffer_ms) / 1000
}

fn h264(profile: &Profile, settings: &RungProfile, picture: Picture, rate: Ratio, gop_frames: u32) -> H264 {
    let (max_bitrate_bps, buffer_bits) = (settings.max_bitrate_bps, buffer_bits(profile, settings));
    H264 {
        preset: profile.preset.clone(),
        profile: "high".to_owned(),
        level: level(picture.width, picture.height, rate, max_bitrate_bps, buffer_bits).to_owned(),
        crf: settings.crf,
        threads: settings.threads,
        x264_params: x264_params(profile, gop_frames),
    }
}

/// x264 options that make chunks joinable and the output reproducible: an IDR frame at the start of each GOP and nowhere
/// else (no scene cuts, closed GOPs), headers that do not depend on the chunk (`stitchable`), and no code that depends on
/// the processor model (`cpu-independent`).
fn x264_params(profile: &Profile, gop_frames: u32) -> String {
    let mut params = format!(
        "keyint={gop_frames}:min-keyint={gop_frames}:scenecut=0:open-gop=0:stitchable=1:force-cfr=1:\
         sliced-threads=0:lookahead-threads=1:cpu-independent=1"
    );
    if !profile.x264_params.is_empty() {
        params.push(':');
        params.push_str(&profile.x264_params);
    }
    params
}
