//! From the parts that encoding jobs made to a whole film: checks that they fit together, measures them, and writes
//! playlists and manifest.
//!
//! The bitrates are those of RFC 8216 §4.1: sizes of media segments over their durations, container included, init
//! section not.

mod rendition;
mod storyboard;

use std::collections::{BTreeMap, HashSet};

use sha2::{Digest, Sha256};

use crate::{
    hex,
    hls::{AudioMedia, MultivariantPlaylist, QuotedString, StreamInf},
    key::{BuildObject, RenditionName},
    manifest::{Manifest, RenditionSummary},
    output::{PartOutput, StoredObject},
    plan::Plan,
};
use rendition::Rendition;

/// A whole film, ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Assembled {
    /// The manifest, which lists the texts too.
    pub manifest: Manifest,
    /// Path within the build and text of each playlist, the multivariant one first, and of the storyboard's index.
    pub texts: Vec<(String, String)>,
}

/// Why parts do not make a film.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssembleError {
    /// A part holds a rendition that the plan does not.
    #[error("rendition {0} is not in the plan")]
    UnknownRendition(RenditionName),
    /// A segment was not made.
    #[error("segment {number} of rendition {rendition} is missing")]
    MissingSegment {
        /// Its rendition.
        rendition: RenditionName,
        /// Its number.
        number: u32,
    },
    /// A segment was made twice.
    #[error("segment {number} of rendition {rendition} is there twice")]
    DuplicateSegment {
        /// Its rendition.
        rendition: RenditionName,
        /// Its number.
        number: u32,
    },
    /// A segment past the end of the film.
    #[error("segment {number} of rendition {rendition} is beyond the film's {segments} segments")]
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
    /// A segment's duration is not the planned one.
    #[error("segment {number} of rendition {rendition} lasts {found_ticks} ticks instead of {planned_ticks}")]
    WrongDuration {
        /// Its rendition.
        rendition: RenditionName,
        /// Its number.
        number: u32,
        /// What was made.
        found_ticks: u64,
        /// What was planned.
        planned_ticks: u64,
    },
    /// A sheet of the storyboard was not made.
    #[error("sheet {0} of the storyboard is missing")]
    MissingSheet(u32),
    /// A sheet was made twice.
    #[error("sheet {0} of the storyboard is there twice")]
    DuplicateSheet(u32),
    /// A sheet that the plan does not have.
    #[error("sheet {0} of the storyboard is not in the plan")]
    UnknownSheet(u32),
}

/// Puts the parts of a build together. They may come in any order.
///
/// `master_sha256` is 64 hexadecimal digits; `tools` names versions, for the manifest.
pub fn assemble(
    plan: &Plan,
    parts: &[PartOutput],
    master_sha256: &str,
    tools: BTreeMap<String, String>,
) -> Result<Assembled, AssembleError> {
    let video_names = plan.rungs.iter().map(|rung| &rung.name);
    let audio_names = plan.audio.iter().map(|track| &track.name);
    let planned: HashSet<&RenditionName> = video_names.chain(audio_names).collect();
    let made = parts.iter().flat_map(|part| &part.renditions);
    if let Some(unknown) = made.map(|part| &part.rendition).find(|name| !planned.contains(name)) {
        return Err(AssembleError::UnknownRendition(unknown.clone()));
    }

    let mut video = Vec::with_capacity(plan.rungs.len());
    for rung in &plan.rungs {
        let rendition = Rendition::collect(plan, parts, &rung.name, plan.timescale)?;
        rendition.check_video(plan)?;
        video.push(rendition);
    }
    let mut audio = Vec::with_capacity(plan.audio.len());
    for track in &plan.audio {
        let rendition = Rendition::collect(plan, parts, &track.name, track.sample_rate_hz)?;
        rendition.check_audio(plan)?;
        audio.push(rendition);
    }

    let all = || audio.iter().chain(&video);
    let target_s = all().map(Rendition::target_duration_s).max().unwrap_or(1).max(1);
    let summary = |rendition: &Rendition<'_>| rendition.summary(target_s);
    let mut main = multivariant(plan, &video, &audio, summary);
    let pictures = plan.rungs.iter().zip(&video);
    main.iframes =
        pictures.filter_map(|(rung, rendition)| rendition.iframe_stream_inf(rung, target_s)).collect();

    let order = main.variants.iter().map(|variant| &variant.rendition);
    let summaries: Vec<RenditionSummary> = audio
        .iter()
        .chain(order.filter_map(|name| video.iter().find(|rendition| rendition.name == name)))
        .map(summary)
        .collect();

    let mut texts = vec![(BuildObject::Multivariant.to_string(), main.render())];
    texts.extend(all().map(|rendition| rendition.playlist(target_s)));
    texts.extend(video.iter().filter_map(|rendition| rendition.iframe_playlist(target_s)));
    texts.extend(plan.storyboard.map(|board| (BuildObject::StoryboardIndex.to_string(), board.index(plan))));
    let mut objects: BTreeMap<String, StoredObject> =
        texts.iter().map(|(path, text)| (path.clone(), stored(text))).collect();
    objects.extend(all().flat_map(Rendition::objects));
    objects.extend(storyboard::sheets(plan, parts)?);

    let manifest = Manifest {
        version: 1,
        master_sha256: master_sha256.to_owned(),
        plan: plan.clone(),
        tools,
        duration_ms: plan.duration_ms(),
        renditions: summaries,
        objects,
    };
    Ok(Assembled { manifest, texts })
}

fn multivariant(
    plan: &Plan,
    video: &[Rendition<'_>],
    audio: &[Rendition<'_>],
    summary: impl Fn(&Rendition<'_>) -> RenditionSummary,
) -> MultivariantPlaylist {
    let sounds: Vec<RenditionSummary> = audio.iter().map(&summary).collect();
    let highest = |figure: fn(&RenditionSummary) -> u64| sounds.iter().map(figure).max().unwrap_or(0);
    let (sound_average_bps, sound_peak_bps) = (highest(|s| s.average_bps), highest(|s| s.peak_bps));

    let media = plan.audio.iter().map(|track| AudioMedia {
        rendition: track.name.clone(),
        name: QuotedString::new(&track.label),
        language: track.language.as_deref().map(QuotedString::new),
        default: track.default,
        channels: track.channels,
    });
    let variants = plan.rungs.iter().zip(video).map(|(rung, rendition)| {
        let picture = summary(rendition);
        let mut codecs = vec![rendition.codecs];
        for sound in audio.iter().filter(|sound| !sound.codecs.is_empty()) {
            if !codecs.contains(&sound.codecs) {
                codecs.push(sound.codecs);
            }
        }
        StreamInf {
            rendition: rung.name.clone(),
            bandwidth_bps: picture.peak_bps.saturating_add(sound_peak_bps),
            average_bandwidth_bps: picture.average_bps.saturating_add(sound_average_bps),
            codecs: QuotedString::new(&codecs.join(",")),
            width: rung.width,
            height: rung.height,
            frame_rate: plan.frame_rate,
            audio: !audio.is_empty(),
        }
    });
    let mut playlist =
        MultivariantPlaylist { audio: media.collect(), variants: variants.collect(), iframes: Vec::new() };
    MultivariantPlaylist::order_variants(&mut playlist.variants);
    playlist
}

fn stored(text: &str) -> StoredObject {
    let sha256 = hex::encode(&Sha256::digest(text.as_bytes()));
    StoredObject { size_bytes: text.len() as u64, sha256 }
}
