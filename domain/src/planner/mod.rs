//! The planner: computes a plan, or the reason of a refusal, from a profile and the facts of a master. The same input always gives the
//! same plan.
//!
//! The planner refuses every master that Nang cannot show correctly, and the refusal says what to deliver instead. A film
//! without audio is accepted.

mod audio;
pub mod dub;
mod label;
mod ladder;
mod lead;
mod level;
mod loudness;
mod rate;
mod source_tracks;
mod storyboard;
mod subtitles;
mod tone;
mod video_notes;

pub use loudness::{MeasurementError, measured};
pub(crate) use source_tracks::belongs;
pub(crate) use subtitles::text_subtitles;

use crate::{
    chapter::Chapter,
    facts::{FieldOrder, MediaFacts, VideoFacts},
    note::Note,
    plan::{Picture, Plan, PlanVersion, Shape, Timeline, VideoPlan, VideoSource},
    profile::Profile,
    ratio::Ratio,
    reason::{Reason, ReasonCode},
};
use ladder::Display;
use lead::Lead;
use source_tracks::SourceTracks;

/// Minimum duration of the video track.
pub const MIN_DURATION_MS: u64 = 500;
/// Maximum duration of the video track: a day.
pub const MAX_DURATION_MS: u64 = 24 * 3_600_000;
/// Maximum number of audio tracks.
pub const MAX_AUDIO_TRACKS: usize = 32;
/// Limits of a frame's width and height, as coded and as displayed.
const SIDES: std::ops::RangeInclusive<u32> = 16..=8192;

/// Prefixes of libavutil's names of the pixel formats that libswscale can convert. All others are raw sensor data, hardware
/// surfaces or unknown.
const CONVERTIBLE: [&str; 29] = [
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

/// Plans the encoding of a master, without measurements: [`measured`] adds them.
pub fn plan(profile: &Profile, facts: &MediaFacts) -> Result<Plan, Reason> {
    let video = main_video_track(facts)?;
    check_duration(facts, video)?;
    let display = check_shape(video)?;
    check_samples(video)?;

    let interlaced = video.field_order != FieldOrder::Progressive;
    let unknown_rate = || ReasonCode::FrameRateUnknown.with("rate", video.frame_rate);
    let frame_rate = rate::output_rate(video.frame_rate, video.variable_frame_rate, interlaced)
        .ok_or_else(unknown_rate)?;
    let (audio, mut notes) = audio::tracks(&profile.audio, &facts.audio, Some(video))?;
    let used: Vec<u32> =
        audio.iter().flat_map(|track| &track.streams).map(|stream| stream.stream_index).collect();
    let lead = Lead::of(&facts.audio, &used);
    let (timescale, frame_ticks) = rate::timescale(frame_rate).ok_or_else(unknown_rate)?;
    if video.time_base.num <= 0 || video.time_base.den <= 0 {
        let time_base = format!("{}/{}", video.time_base.num, video.time_base.den);
        return Err(ReasonCode::TimestampsUnreadable.with("time_base", time_base));
    }

    let (black_frames, start) = lead.start(video, frame_rate);
    notes.splice(0..0, facts.notes.iter().cloned().chain(video_notes::notes(video, frame_rate, lead)));
    let gop_frames = frames_of(profile.gop_seconds, frame_rate);
    let segment_frames = gop_frames * (profile.segment_seconds / profile.gop_seconds);
    let timeline = Timeline {
        frame_rate,
        frames: with_minimum_last_segment(
            black_frames + rate::frames_in(video.duration_ms, frame_rate),
            segment_frames,
            frame_rate,
        ),
        timescale,
        frame_ticks,
        gop_frames,
        segment_frames,
        chunk_segments: (profile.chunk_seconds / profile.segment_seconds).max(1),
    };
    let (pictures, encodes) = ladder::ladder(profile, display, frame_rate, gop_frames);
    let smallest = pictures.last().copied().unwrap_or(Picture { width: 2, height: 2 });
    let (film_ms, black_ms) = (timeline.duration_ms(), timeline.frame_ms(black_frames));
    Ok(Plan {
        version: PlanVersion,
        profile: profile.name.clone(),
        timeline,
        start,
        clock: facts.clock.clone(),
        video: Some(VideoPlan {
            source: VideoSource {
                stream_index: video.stream_index,
                shape: Shape {
                    width: video.width,
                    height: video.height,
                    frame_aspect: video.frame_aspect,
                    sample_aspect: video.sample_aspect,
                },
                crop: video.crop,
                mirrored: video.mirrored,
                rotation_degrees: video.rotation_degrees,
                black_frames,
                deinterlace: Some(video.field_order).filter(|_| interlaced),
                tone: tone::tone(video),
            },
            pictures,
            encodes,
            storyboard: Some(storyboard::storyboard(&timeline, smallest, display)),
        }),
        audio,
        subtitles: subtitles::tracks(&facts.subtitles),
        chapters: chapters(facts, black_ms, film_ms),
        notes,
        libraries: None,
    })
}

/// The chapters within the film. Their times in the facts begin at the first frame of the video.
fn chapters(facts: &MediaFacts, black_ms: u64, film_ms: u64) -> Vec<Chapter> {
    let shifted = facts.chapters.iter().map(|chapter| {
        let start_ms = if chapter.start_ms == 0 { 0 } else { chapter.start_ms + black_ms };
        Chapter { start_ms, ..chapter.clone() }
    });
    shifted.filter(|chapter| chapter.start_ms < film_ms).collect()
}

/// The indexes of the audio streams that have too many channels to be one mix and are not used.
pub(crate) fn left_out_audio(facts: &MediaFacts) -> Vec<u32> {
    let found = SourceTracks::find(&facts.audio, main_video_track(facts).ok());
    found.map_or_else(
        |_| Vec::new(),
        |found| found.left_out.iter().map(|stream| stream.stream_index).collect(),
    )
}

/// What was guessed and mended in a master. Profiles do not change it.
pub fn notes(facts: &MediaFacts) -> Vec<Note> {
    let profile = Profile::shipped_names().next().and_then(Profile::shipped);
    let plan = profile.and_then(|profile| plan(profile, facts).ok());
    plan.map_or_else(|| facts.notes.clone(), |plan| plan.notes)
}

/// The video track to encode.
pub(crate) fn main_video_track(facts: &MediaFacts) -> Result<&VideoFacts, Reason> {
    facts.main_video().ok_or_else(|| match facts.audio.first() {
        Some(audio) => ReasonCode::AudioOnly.with("codec", &audio.codec),
        None => ReasonCode::NoVideoOrAudio.into(),
    })
}

fn check_duration(facts: &MediaFacts, video: &VideoFacts) -> Result<(), Reason> {
    // libavformat's demuxers for single images are image2 and one `…_pipe` for each format.
    let image_file = facts
        .container
        .split(',')
        .any(|name| matches!(name, "image2" | "ico" | "tiff" | "webp" | "avif") || name.ends_with("_pipe"));
    let rate_is_known = video.frame_rate.num > 0 && video.frame_rate.den > 0;
    let one_frame =
        video.duration_ms > 0 && rate_is_known && rate::frames_in(video.duration_ms, video.frame_rate) <= 1;
    if image_file || one_frame {
        return Err(ReasonCode::StillImage
            .with("codec", &video.codec)
            .with("width", video.width)
            .with("height", video.height));
    }
    match video.duration_ms {
        0 => Err(ReasonCode::NoDuration.into()),
        duration_ms if duration_ms < MIN_DURATION_MS => {
            Err(ReasonCode::VideoTooShort.with("ms", duration_ms))
        }
        duration_ms if duration_ms > MAX_DURATION_MS => {
            Err(ReasonCode::VideoTooLong.with("hours", duration_ms / 3_600_000))
        }
        _ => Ok(()),
    }
}

fn check_shape(video: &VideoFacts) -> Result<Display, Reason> {
    if !matches!(video.rotation_degrees, 0 | 90 | 180 | 270) {
        return Err(ReasonCode::VideoRotation.with("degrees", video.rotation_degrees));
    }
    let refused = |width: u32, height: u32| ReasonCode::VideoSize.with("width", width).with("height", height);
    let display = Display::of(video).ok_or_else(|| refused(video.width, video.height))?;
    let sides_fit =
        [video.width, video.height, display.width, display.height].iter().all(|side| SIDES.contains(side));
    if !sides_fit || display.width > 8 * display.height || display.height > 8 * display.width {
        return Err(refused(display.width, display.height));
    }
    Ok(display)
}

fn check_samples(video: &VideoFacts) -> Result<(), Reason> {
    if let Some(record) = video.dolby_vision.filter(|record| record.compatibility == 0) {
        return Err(ReasonCode::DolbyVision.with("profile", record.profile));
    }
    let format = video.pixel_format.as_str();
    if format.starts_with("xyz12") {
        return Ok(());
    }
    if CONVERTIBLE.iter().any(|family| format.starts_with(family)) || matches!(format, "monow" | "monob") {
        Ok(())
    } else {
        let pixel_format = if format.is_empty() { "unknown" } else { format };
        Err(ReasonCode::PixelFormat.with("pixel_format", pixel_format).with("codec", &video.codec))
    }
}

/// Number of frames in `seconds`, rounded to the nearest, at least one.
fn frames_of(seconds: u32, rate: Ratio) -> u32 {
    u32::try_from(rate::frames_in(u64::from(seconds) * 1000, rate)).unwrap_or(u32::MAX).max(1)
}

/// Extends the film so that its last segment lasts at least a tenth of a second; the last frame is repeated. A shorter
/// segment might contain no AAC frame (21 ms), and then audio and video would have different numbers of segments.
fn with_minimum_last_segment(frames: u64, segment_frames: u32, rate: Ratio) -> u64 {
    let tenth = rate.num.unsigned_abs().div_ceil(10 * rate.den.unsigned_abs());
    let least = tenth.min(u64::from(segment_frames));
    match frames % u64::from(segment_frames) {
        0 if frames > 0 => frames,
        last => frames + least.saturating_sub(last),
    }
}
