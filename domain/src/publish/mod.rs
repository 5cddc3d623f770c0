//! Assembles the parts from encoding jobs into a complete build: checks that the parts are consistent, measures them, and
//! writes the media playlists and the build record.
//!
//! Bitrates are as in RFC 8216 §4.1: the sizes of media segments divided by their durations, with the container but without
//! the init section.

mod embedded;
mod rendition;
mod storyboard;
mod subtitle;

use std::collections::{BTreeMap, HashSet};

use sha2::{Digest, Sha256};

use crate::{
    build_record::{AudioRendition, BuildRecord, VideoRendition},
    damage, hex,
    key::{BuildObject, RenditionName},
    output::{PartOutput, StoredObject},
    plan::{Picture, Plan},
};
use rendition::Rendition;
pub use subtitle::{SubtitleObjects, SubtitleSource, assemble_subtitle};

/// A complete build, ready to be written to storage.
#[derive(Clone, Debug, PartialEq)]
pub struct Assembled {
    /// The record, which also lists `texts`.
    pub record: BuildRecord,
    /// Path within the build and contents of each playlist and of the storyboard's index.
    pub texts: Vec<(String, String)>,
}

/// Why parts cannot be assembled into a film.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssembleError {
    /// A part contains a rendition that the plan does not contain.
    #[error("rendition {0} is not in the plan")]
    UnknownRendition(RenditionName),
    /// A segment is missing.
    #[error("segment {number} of rendition {rendition} is missing")]
    MissingSegment {
        /// Its rendition.
        rendition: RenditionName,
        /// Its number.
        number: u32,
    },
    /// Two parts contain the same segment.
    #[error("segment {number} of rendition {rendition} exists twice")]
    DuplicateSegment {
        /// Its rendition.
        rendition: RenditionName,
        /// Its number.
        number: u32,
    },
    /// A segment's number is outside the film.
    #[error("segment {number} of rendition {rendition} is not one of the film's {segments} segments")]
    ExtraSegment {
        /// Its rendition.
        rendition: RenditionName,
        /// Its number.
        number: u32,
        /// Segments in the plan.
        segments: u32,
    },
    /// Two parts of a rendition have different init sections, so a player could not decode one of them.
    #[error("parts of rendition {0} have different init sections")]
    InitDiffers(RenditionName),
    /// Two parts of a rendition have different codecs.
    #[error("parts of rendition {0} have different codecs")]
    CodecsDiffer(RenditionName),
    /// A segment's duration differs from the plan.
    #[error("segment {number} of rendition {rendition} lasts {found_ticks} ticks instead of {planned_ticks}")]
    WrongDuration {
        /// Its rendition.
        rendition: RenditionName,
        /// Its number.
        number: u32,
        /// Duration of the segment.
        found_ticks: u64,
        /// Duration in the plan.
        planned_ticks: u64,
    },
    /// A sheet of the storyboard is missing.
    #[error("sheet {0} of the storyboard is missing")]
    MissingSheet(u32),
    /// Two parts contain the same sheet.
    #[error("sheet {0} of the storyboard exists twice")]
    DuplicateSheet(u32),
    /// A part contains a sheet that the plan does not contain.
    #[error("sheet {0} of the storyboard is not in the plan")]
    UnknownSheet(u32),
    /// The subtitles of a track are missing.
    #[error("the subtitles {0} are missing")]
    MissingSubtitles(RenditionName),
    /// Two parts contain the subtitles of the same track.
    #[error("the subtitles {0} exist twice")]
    DuplicateSubtitles(RenditionName),
    /// The plan cannot be written as JSON.
    #[error("the plan cannot be written: {0}")]
    Plan(String),
}

/// Assembles the parts of a build, which may be in any order.
///
/// `master_sha256` is 64 hexadecimal digits; `tools` contains the versions of the tools, for the record.
pub fn assemble(
    plan: &Plan,
    parts: &[PartOutput],
    master_sha256: &str,
    tools: BTreeMap<String, String>,
) -> Result<Assembled, AssembleError> {
    let planned: HashSet<&RenditionName> = plan.rendition_names().collect();
    let encoded = parts.iter().flat_map(|part| &part.renditions);
    if let Some(unknown) = encoded.map(|part| &part.rendition).find(|name| !planned.contains(name)) {
        return Err(AssembleError::UnknownRendition(unknown.clone()));
    }

    let timeline = &plan.timeline;
    let mut video = Vec::with_capacity(plan.encodes().len());
    for encode in plan.encodes() {
        let rendition = Rendition::collect(timeline, parts, &encode.name, timeline.timescale)?;
        rendition.check_video(timeline)?;
        video.push(rendition);
    }
    let mut audio = Vec::new();
    for track in &plan.audio {
        for (_, planned) in track.renditions() {
            let rendition = Rendition::collect(timeline, parts, &planned.name, track.sample_rate_hz)?;
            rendition.check_audio(timeline)?;
            audio.push(rendition);
        }
    }
    let storyboard = plan.video.as_ref().and_then(|video| video.storyboard);

    let all = || audio.iter().chain(&video);
    let target_s = all().map(Rendition::target_duration_s).max().unwrap_or(1).max(1);
    let mut texts: Vec<(String, String)> = all().map(|rendition| rendition.playlist(target_s)).collect();
    texts.extend(video.iter().filter_map(|rendition| rendition.iframe_playlist(target_s)));
    texts.extend(storyboard.map(|board| (BuildObject::StoryboardIndex.to_string(), board.index(timeline))));
    let mut objects: BTreeMap<String, StoredObject> =
        texts.iter().map(|(path, text)| (path.clone(), stored(text))).collect();
    objects.extend(all().flat_map(Rendition::objects));
    objects.extend(storyboard::sheets(plan, parts)?);
    let subtitles = embedded::collect(plan, parts)?;
    objects.extend(subtitles.objects);

    let picture = |encode| plan.video.as_ref().and_then(|video| video.picture_of(encode));
    let video = plan.encodes().iter().zip(&video).map(|(encode, rendition)| {
        let Picture { width, height } = picture(encode).unwrap_or(Picture { width: 0, height: 0 });
        VideoRendition {
            name: encode.name.clone(),
            codecs: rendition.codecs.to_owned(),
            width,
            height,
            frame_rate: timeline.frame_rate,
            measured: rendition.measured(target_s),
            iframes: rendition.iframe_bitrates(target_s),
        }
    });
    let tracks = (1..).zip(&plan.audio);
    let planned =
        tracks.flat_map(|(number, track)| track.renditions().map(move |(mix, _)| (number, track, mix)));
    let audio = planned.zip(&audio).map(|((track, planned, mix), rendition)| AudioRendition {
        name: rendition.name.clone(),
        track,
        codecs: rendition.codecs.to_owned(),
        channels: mix.channels,
        language: planned.language.clone(),
        label: planned.label.clone(),
        role: planned.role,
        level: mix.level,
        measured: rendition.measured(target_s),
    });
    let record = BuildRecord {
        version: BuildRecord::VERSION,
        source_sha256: master_sha256.to_owned(),
        plan: serde_json::to_value(plan).map_err(|error| AssembleError::Plan(error.to_string()))?,
        tools,
        duration_ms: timeline.duration_ms(),
        video: video.collect(),
        audio: audio.collect(),
        subtitles: subtitles.renditions,
        subtitle_notes: subtitles.notes,
        thumbnails: storyboard.map(|board| board.thumbnails(timeline)),
        chapters: plan.chapters.clone(),
        damage: damage::sum(parts),
        objects,
    };
    Ok(Assembled { record, texts })
}

fn stored(text: &str) -> StoredObject {
    let sha256 = hex::encode(&Sha256::digest(text.as_bytes()));
    StoredObject { size_bytes: text.len() as u64, sha256 }
}
