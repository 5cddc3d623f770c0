//! The report that `nang probe` prints: the facts of a master, and the plan or the refusal.

use std::fmt::Write as _;

use domain::{
    facts::{AudioFacts, FieldOrder, MediaFacts, SubtitleFacts, VideoFacts},
    plan::{Plan, Timeline, VideoCodec, VideoPlan},
    planner,
    presentation::Role,
    profile::Profile,
    unused::{UnusedStream, unused},
};
use serde::Serialize;

use crate::report_table::{Table, clock_ms, decimals, size};

/// A master's facts, and either the plan for it or the reason of its refusal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProbeReport {
    /// The facts of the master.
    pub facts: MediaFacts,
    /// The streams that are not in the film; empty if the master would be refused.
    pub unused: Vec<UnusedStream>,
    /// The plan; `None` if the master would be refused.
    pub plan: Option<Plan>,
    /// Why the master would be refused, for the admin.
    pub refusal: Option<String>,
}

impl ProbeReport {
    /// Plans the master with a profile.
    pub fn new(profile: &Profile, facts: MediaFacts) -> Self {
        match planner::plan(profile, &facts) {
            Ok(plan) => Self { unused: unused(&facts), facts, plan: Some(plan), refusal: None },
            Err(refusal) => {
                Self { facts, unused: Vec::new(), plan: None, refusal: Some(refusal.to_string()) }
            }
        }
    }

    /// Whether the master would be refused.
    pub fn is_refused(&self) -> bool {
        self.refusal.is_some()
    }

    /// Returns the report as aligned plain text that ends with a line break.
    pub fn to_table(&self) -> String {
        let facts = &self.facts;
        let mut table = Table::default();
        table.row("Container", format!("{}, {}", container(&facts.container), size(facts.size_bytes)));
        table.row("Duration", clock_ms(facts.duration_ms));
        for video in &facts.video {
            table.row("Video", video_text(video));
        }
        for audio in &facts.audio {
            table.row("Audio", audio_text(audio));
        }
        for subtitle in &facts.subtitles {
            table.row("Subtitle", subtitle_text(subtitle));
        }
        for chapter in &facts.chapters {
            let title = chapter.title.as_deref().map(|title| format!(" “{title}”")).unwrap_or_default();
            table.row("Chapter", format!("{}{title}", clock_ms(chapter.start_ms)));
        }
        match (&self.plan, &self.refusal) {
            (Some(plan), _) => plan_rows(plan, &mut table),
            (None, Some(refusal)) => table.row("Refused", refusal.clone()),
            (None, None) => {}
        }
        for stream in &self.unused {
            table.row("Not used", stream.to_string());
        }
        let notes = self.plan.as_ref().map_or(&facts.notes, |plan| &plan.notes);
        for note in notes {
            table.row("Note", note.to_string());
        }
        table.render()
    }
}

/// Returns the usual name of a container, from libavformat's list of names.
fn container(names: &str) -> &str {
    match names.split(',').next().unwrap_or_default() {
        "mov" => "MP4/QuickTime",
        "matroska" => "Matroska/WebM",
        "mpegts" => "MPEG transport stream",
        "mpeg" => "MPEG program stream",
        "avi" => "AVI",
        "mxf" => "MXF",
        "asf" => "ASF",
        "flv" => "FLV",
        "ogg" => "Ogg",
        "dv" => "DV",
        "gxf" => "GXF",
        _ => names,
    }
}

fn video_text(video: &VideoFacts) -> String {
    let mut text = format!("{}, {}×{}", video.codec, video.width, video.height);
    if video.sample_aspect.num != video.sample_aspect.den {
        let _ = write!(text, " (samples {}:{})", video.sample_aspect.num, video.sample_aspect.den);
    }
    let own =
        video.frame_aspect.filter(|own| own.num > 0 && *own != video.sample_aspect && video.crop.is_empty());
    if let Some(own) = own {
        let _ = write!(text, " (frames: {}:{})", own.num, own.den);
    }
    if !video.crop.is_empty() {
        let crop = video.crop;
        let (width, height) = (video.width - crop.left - crop.right, video.height - crop.top - crop.bottom);
        let _ = write!(text, ", cropped to {width}×{height}");
    }
    if video.mirrored {
        text.push_str(", mirrored");
    }
    if video.rotation_degrees != 0 {
        let _ = write!(text, ", rotated {}°", video.rotation_degrees);
    }
    let _ = write!(text, ", {} fps", decimals(video.frame_rate.to_f64()));
    if video.variable_frame_rate {
        text.push_str(" (variable)");
    }
    text.push_str(match video.field_order {
        FieldOrder::Progressive => ", progressive",
        FieldOrder::TopFirst => ", interlaced (top field first)",
        FieldOrder::BottomFirst => ", interlaced (bottom field first)",
    });
    let _ = write!(text, ", {} ({} bit)", video.pixel_format, video.bit_depth);
    let color = &video.color;
    let known: Vec<_> = [&color.primaries, &color.transfer, &color.matrix]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    if let Some(first) = known.first() {
        let same = known.iter().all(|name| name == first);
        let _ = write!(text, ", {}", if same { (*first).to_owned() } else { known.join("/") });
    }
    if let Some(record) = video.dolby_vision {
        let _ = write!(text, ", Dolby Vision {}.{}", record.profile, record.compatibility);
    }
    if video.still {
        text.push_str(", one image");
    }
    let _ = write!(text, ", {}", clock_ms(video.duration_ms));
    text
}

fn audio_text(audio: &AudioFacts) -> String {
    let layout = audio.channel_layout.clone().unwrap_or_else(|| format!("{} channels", audio.channels));
    let mut text = format!("{}, {layout}, {} Hz", audio.codec, audio.sample_rate_hz);
    let _ = write!(text, ", {}", audio.language.as_deref().unwrap_or("no language"));
    if let Some(title) = &audio.title {
        let _ = write!(text, ", “{title}”");
    }
    if audio.start_ms != 0 {
        let _ = write!(text, ", starts {:+} ms from the first frame", audio.start_ms);
    }
    let _ = write!(text, ", {}", clock_ms(audio.duration_ms));
    text.push_str(&flags(audio.default, false, audio.role));
    text
}

fn subtitle_text(subtitle: &SubtitleFacts) -> String {
    let mut text = format!("{}, {}", subtitle.codec, subtitle.language.as_deref().unwrap_or("no language"));
    if let Some(title) = &subtitle.title {
        let _ = write!(text, ", “{title}”");
    }
    text.push_str(&flags(subtitle.default, subtitle.forced, subtitle.role));
    text
}

/// The flags of a subtitle track, each after a comma.
fn flags(default: bool, forced: bool, role: Role) -> String {
    let role = match role {
        Role::Main => "",
        Role::HardOfHearing => ", for the hard of hearing",
        Role::AudioDescription => ", audio description",
        Role::Commentary => ", commentary",
    };
    format!("{}{}{role}", if default { ", default" } else { "" }, if forced { ", forced" } else { "" })
}

fn plan_rows(plan: &Plan, table: &mut Table) {
    let timeline = &plan.timeline;
    let counted = |count: u32, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    table.row(
        "Plan",
        format!(
            "{} at {} fps with profile {}: {} in {}",
            clock_ms(timeline.duration_ms()),
            decimals(timeline.frame_rate.to_f64()),
            plan.profile,
            counted(timeline.segment_count(), "segment"),
            counted(timeline.chunk_count(), "chunk"),
        ),
    );
    if let Some(video) = &plan.video {
        video_rows(video, timeline, table);
    }
    for track in &plan.audio {
        for (mix, rendition) in track.renditions() {
            let flags = flags(track.default, false, track.role);
            let from = match track.streams.as_slice() {
                [_] => String::new(),
                streams => format!(", from {} streams", streams.len()),
            };
            table.row(
                "",
                format!(
                    "{:<11} {:>9}          {:>6} kbit/s  AAC {} Hz, {}{flags}{from}",
                    rendition.name.as_str(),
                    channels(mix.channels),
                    rendition.bitrate_bps / 1000,
                    track.sample_rate_hz,
                    track.label
                ),
            );
        }
    }
    for track in &plan.subtitles {
        let flags = flags(track.default, track.forced, track.role);
        let text = format!("WebVTT from {}, {}{flags}", track.format.name(), track.label);
        table.row("", format!("{:<11} {:>9}  {text}", track.name.as_str(), ""));
    }
    if plan.audio.is_empty() {
        table.row("", "No audio: the master has no audio track.".to_owned());
    }
}

fn video_rows(video: &VideoPlan, timeline: &Timeline, table: &mut Table) {
    for encode in &video.encodes {
        let size = video.picture_of(encode).map(|picture| format!("{}×{}", picture.width, picture.height));
        let VideoCodec::H264(h264) = &encode.codec;
        table.row(
            "",
            format!(
                "{:<11} {:>9}  at most {:>6} kbit/s  H.264 {} {}, crf {}, {}",
                encode.name.as_str(),
                size.unwrap_or_default(),
                encode.max_bitrate_bps / 1000,
                h264.profile,
                h264.level,
                h264.crf,
                h264.preset
            ),
        );
    }
    if let Some(storyboard) = &video.storyboard {
        let seconds = (storyboard.thumbnails(timeline).interval_ms + 500) / 1000;
        let size = format!("{}×{}", storyboard.tile_width, storyboard.tile_height);
        table.row("", format!("{:<11} {size:>9}  one thumbnail every {seconds} s", "seek bar"));
    }
    if video.source.deinterlace.is_some() {
        table.row("", "Interlaced fields are first merged into whole frames.".to_owned());
    }
}

fn channels(count: u32) -> String {
    match count {
        2 => "stereo".to_owned(),
        6 => "5.1".to_owned(),
        count => format!("{count} ch"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use domain::{
        chapter::Chapter,
        facts::{
            AudioFacts, ColorFacts, Crop, FieldOrder, MediaFacts, OtherFacts, OtherKind, SubtitleCoding,
            SubtitleFacts, VideoFacts,
        },
        presentation::Role,
        profile::Profile,
        ratio::Ratio,
    };

    use super::ProbeReport;

    pub(crate) fn facts() -> MediaFacts {
        MediaFacts {
            container: "mov,mp4,m4a,3gp,3g2,mj2".to_owned(),
            size_bytes: 5 << 30,
            duration_ms: 5_400_500,
            video: vec![VideoFacts {
                stream_index: 0,
                codec: "prores".to_owned(),
                width: 1920,
                height: 1080,
                sample_aspect: Ratio { num: 1, den: 1 },
                frame_aspect: Some(Ratio { num: 1, den: 1 }),
                crop: Crop::default(),
                rotation_degrees: 0,
                mirrored: false,
                frame_rate: Ratio { num: 24_000, den: 1001 },
                variable_frame_rate: false,
                field_order: FieldOrder::Progressive,
                pixel_format: "yuv422p10le".to_owned(),
                bit_depth: 10,
                color: ColorFacts {
                    primaries: Some("bt709".to_owned()),
                    transfer: Some("bt709".to_owned()),
                    matrix: Some("bt709".to_owned()),
                    range: Some("tv".to_owned()),
                },
                time_base: Ratio { num: 1, den: 24_000 },
                first_pts: 0,
                duration_ms: 5_400_500,
                bitrate_bps: None,
                still: false,
                light: None,
                dolby_vision: None,
                programmes: vec![],
            }],
            audio: vec![AudioFacts {
                stream_index: 1,
                codec: "pcm_s24le".to_owned(),
                channels: 6,
                channel_layout: Some("5.1".to_owned()),
                sample_rate_hz: 48_000,
                language: Some("lao".to_owned()),
                title: Some("ສຽງຕົ້ນສະບັບ".to_owned()),
                start_ms: -20,
                duration_ms: 5_400_500,
                default: true,
                speakers: vec![],
                role: Role::Main,
                programmes: vec![],
            }],
            subtitles: vec![
                SubtitleFacts {
                    stream_index: 2,
                    codec: "mov_text".to_owned(),
                    language: Some("eng".to_owned()),
                    title: Some("SDH".to_owned()),
                    coding: SubtitleCoding::Text,
                    default: true,
                    forced: false,
                    role: Role::HardOfHearing,
                },
                SubtitleFacts {
                    stream_index: 3,
                    codec: "dvd_subtitle".to_owned(),
                    language: Some("fre".to_owned()),
                    title: None,
                    coding: SubtitleCoding::Bitmap,
                    default: false,
                    forced: true,
                    role: Role::Main,
                },
            ],
            other: vec![OtherFacts {
                stream_index: 4,
                kind: OtherKind::Data,
                codec: "none".to_owned(),
                language: Some("eng".to_owned()),
                title: None,
            }],
            chapters: vec![
                Chapter { start_ms: 0, title: Some("ແມ່ນ້ຳ".to_owned()) },
                Chapter { start_ms: 1_260_040, title: None },
            ],
            clock: vec![],
            notes: vec![],
        }
    }

    #[test]
    fn the_table_says_what_is_seen_and_what_would_be_done() {
        let report = ProbeReport::new(Profile::shipped("default").unwrap(), facts());
        insta::assert_snapshot!(report.to_table());
    }

    #[test]
    fn a_refused_master_has_a_reason_and_no_plan() {
        let report = ProbeReport::new(
            Profile::shipped("default").unwrap(),
            MediaFacts { video: vec![], duration_ms: 5_400_000, ..facts() },
        );
        assert!(report.is_refused());
        let table = report.to_table();
        assert!(table.contains("Refused    This file has audio"), "{table}");
        assert!(!table.contains("\nPlan"), "{table}");
    }
}
