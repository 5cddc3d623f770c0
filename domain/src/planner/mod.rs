//! Profile and facts in, plan or refusal out. The same values always give the same plan.
//!
//! What a viewer would not see rightly is refused, with what to deliver instead; nothing is planned on the hope that it
//! looks well. A film without sound is a film.

mod audio;
mod ladder;
mod level;
mod rate;
mod refusal;
mod storyboard;

pub use refusal::Refusal;

use crate::{
    facts::{ColorFacts, FieldOrder, MediaFacts, VideoFacts},
    plan::{Plan, VideoSource},
    profile::Profile,
    ratio::Ratio,
};
use ladder::Display;

/// Shortest picture that is accepted.
pub const SHORTEST_MS: u64 = 500;
/// Longest picture that is accepted: a day.
pub const LONGEST_MS: u64 = 24 * 3_600_000;
/// Most sound tracks that are accepted.
pub const MOST_AUDIO_TRACKS: usize = 32;
/// Limits of a picture's sides, as coded and as shown.
const SIDES: std::ops::RangeInclusive<u32> = 16..=8192;

/// Families of libavutil's names that libswscale reads; the rest are raw sensor data, hardware surfaces or unknown.
const READABLE: [&str; 29] = [
    "yuv4",
    "yuvj4",
    "yuva4",
    "yuyv422",
    "yvyu422",
    "uyvy422",
    "uyyvyy411",
    "nv12",
    "nv16",
    "nv20",
    "nv21",
    "nv24",
    "p0",
    "p2",
    "p4",
    "y210",
    "gray",
    "ya8",
    "ya16",
    "rgb",
    "bgr",
    "gbr",
    "argb",
    "abgr",
    "0rgb",
    "0bgr",
    "x2rgb10",
    "x2bgr10",
    "pal8",
];

/// Decides what to make of a master.
pub fn plan(profile: &Profile, facts: &MediaFacts) -> Result<Plan, Refusal> {
    let video = picture(facts)?;
    check_length(facts, video)?;
    let display = check_shape(video)?;
    check_samples(video)?;

    let interlaced = video.field_order != FieldOrder::Progressive;
    let bad_rate = || Refusal::FrameRate { rate: video.frame_rate.to_string() };
    let frame_rate =
        rate::output_rate(video.frame_rate, video.variable_frame_rate, interlaced).ok_or_else(bad_rate)?;
    let (timescale, frame_ticks) = rate::timescale(frame_rate).ok_or_else(bad_rate)?;
    if video.time_base.num <= 0 || video.time_base.den <= 0 {
        return Err(Refusal::TimeBase {
            time_base: format!("{}/{}", video.time_base.num, video.time_base.den),
        });
    }

    let gop_frames = frames_of(profile.gop_seconds, frame_rate);
    let segment_frames = gop_frames * (profile.segment_seconds / profile.gop_seconds);
    let mut plan = Plan {
        profile: profile.name.clone(),
        video: VideoSource {
            stream_index: video.stream_index,
            time_base: video.time_base,
            first_pts: video.first_pts,
            rotation_degrees: video.rotation_degrees,
            deinterlace: interlaced,
        },
        frame_rate,
        frames: without_stub(rate::frames_in(video.duration_ms, frame_rate), segment_frames, frame_rate),
        timescale,
        frame_ticks,
        gop_frames,
        segment_frames,
        chunk_segments: (profile.chunk_seconds / profile.segment_seconds).max(1),
        rungs: ladder::ladder(profile, display, frame_rate, gop_frames),
        audio: audio::tracks(&profile.audio, &facts.audio)?,
        storyboard: None,
        libraries: None,
    };
    plan.storyboard = Some(storyboard::storyboard(&plan, display));
    Ok(plan)
}

/// The track to show: the largest, and the first of equals.
fn picture(facts: &MediaFacts) -> Result<&VideoFacts, Refusal> {
    let area = |video: &VideoFacts| u64::from(video.width) * u64::from(video.height);
    let largest = facts.video.iter().rev().max_by_key(|video| area(video));
    largest.ok_or_else(|| match facts.audio.first() {
        Some(audio) => Refusal::AudioOnly { codec: audio.codec.clone() },
        None => Refusal::NothingToShow,
    })
}

fn check_length(facts: &MediaFacts, video: &VideoFacts) -> Result<(), Refusal> {
    // libavformat's demuxers for single pictures are image2 and one `…_pipe` for each format.
    let image_file = facts
        .container
        .split(',')
        .any(|name| matches!(name, "image2" | "ico" | "tiff" | "webp" | "avif") || name.ends_with("_pipe"));
    let rate_is_known = video.frame_rate.num > 0 && video.frame_rate.den > 0;
    let one_frame =
        video.duration_ms > 0 && rate_is_known && rate::frames_in(video.duration_ms, video.frame_rate) <= 1;
    if image_file || one_frame {
        let codec = video.codec.clone();
        return Err(Refusal::StillPicture { codec, width: video.width, height: video.height });
    }
    match video.duration_ms {
        0 => Err(Refusal::NoDuration),
        duration_ms if duration_ms < SHORTEST_MS => Err(Refusal::TooShort { duration_ms }),
        duration_ms if duration_ms > LONGEST_MS => Err(Refusal::TooLong { hours: duration_ms / 3_600_000 }),
        _ => Ok(()),
    }
}

fn check_shape(video: &VideoFacts) -> Result<Display, Refusal> {
    if !matches!(video.rotation_degrees, 0 | 90 | 180 | 270) {
        return Err(Refusal::Rotation { degrees: video.rotation_degrees });
    }
    let refused = |width, height| Refusal::Size { width, height };
    let display = Display::of(video).ok_or_else(|| refused(video.width, video.height))?;
    let sides_fit =
        [video.width, video.height, display.width, display.height].iter().all(|side| SIDES.contains(side));
    if !sides_fit || display.width > 8 * display.height || display.height > 8 * display.width {
        return Err(refused(display.width, display.height));
    }
    Ok(display)
}

fn check_samples(video: &VideoFacts) -> Result<(), Refusal> {
    if let Some(transfer) = hdr(&video.color) {
        return Err(Refusal::Hdr { transfer });
    }
    let format = video.pixel_format.as_str();
    if format.starts_with("xyz") {
        return Err(Refusal::CinemaColors);
    }
    if READABLE.iter().any(|family| format.starts_with(family)) || matches!(format, "monow" | "monob") {
        Ok(())
    } else {
        let pixel_format = if format.is_empty() { "unknown" } else { format }.to_owned();
        Err(Refusal::PixelFormat { pixel_format, codec: video.codec.clone() })
    }
}

fn hdr(color: &ColorFacts) -> Option<&'static str> {
    match color.transfer.as_deref() {
        Some("smpte2084") => Some("PQ"),
        Some("arib-std-b67") => Some("HLG"),
        _ => None,
    }
}

/// Frames in so many seconds, to the nearest, at least one.
fn frames_of(seconds: u32, rate: Ratio) -> u32 {
    u32::try_from(rate::frames_in(u64::from(seconds) * 1000, rate)).unwrap_or(u32::MAX).max(1)
}

/// Lengthens a film whose last segment would be shorter than a tenth of a second to that, by holding its last picture.
/// A shorter segment could be without a single AAC frame (21 ms), and then sound and picture would differ in their
/// number of segments.
fn without_stub(frames: u64, segment_frames: u32, rate: Ratio) -> u64 {
    let tenth = rate.num.unsigned_abs().div_ceil(10 * rate.den.unsigned_abs());
    let least = tenth.min(u64::from(segment_frames));
    match frames % u64::from(segment_frames) {
        0 if frames > 0 => frames,
        stub => frames + least.saturating_sub(stub),
    }
}
