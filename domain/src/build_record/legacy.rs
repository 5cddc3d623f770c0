//! Reads the record of a build from before presentations existed: its `manifest.json` and `main.m3u8`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{AudioRendition, Bitrates, BuildRecord, Measured, VideoRendition};
use crate::{
    key::{BuildObject, PresentationObject, RenditionName},
    output::StoredObject,
    presentation::Role,
    ratio::Ratio,
    storyboard::{Storyboard, Thumbnails},
};

/// Why a legacy build cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LegacyError {
    /// The manifest is not JSON of the expected form.
    #[error("the manifest cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// A planned rendition has no measurements.
    #[error("the manifest has no measurements of rendition {0}")]
    NotMeasured(RenditionName),
}

#[derive(Deserialize)]
struct Manifest {
    master_sha256: String,
    plan: serde_json::Value,
    tools: BTreeMap<String, String>,
    duration_ms: u64,
    renditions: Vec<Summary>,
    objects: BTreeMap<String, StoredObject>,
}

#[derive(Deserialize)]
struct Summary {
    rendition: RenditionName,
    codecs: String,
    #[serde(flatten)]
    measured: Measured,
}

#[derive(Deserialize)]
struct Plan {
    frame_rate: Ratio,
    frame_ticks: u32,
    timescale: u32,
    storyboard: Option<Storyboard>,
    rungs: Vec<Rung>,
    audio: Vec<Track>,
}

#[derive(Deserialize)]
struct Rung {
    name: RenditionName,
    width: u32,
    height: u32,
}

#[derive(Deserialize)]
struct Track {
    name: RenditionName,
    language: Option<String>,
    label: String,
    channels: u32,
}

/// Reads a legacy build. `playlist` is its multivariant playlist, the only place that has the bitrates of its I-frame playlists.
/// The record lists neither of the two, because they belong to the build's legacy presentation.
pub fn from_legacy(manifest: &[u8], playlist: &str) -> Result<BuildRecord, LegacyError> {
    let manifest: Manifest = serde_json::from_slice(manifest)?;
    let plan: Plan = Plan::deserialize(&manifest.plan)?;
    let measured = |name: &RenditionName| {
        let found = manifest.renditions.iter().find(|summary| summary.rendition == *name);
        found.ok_or_else(|| LegacyError::NotMeasured(name.clone()))
    };
    let thumbnails = plan.storyboard.map(|board| Thumbnails {
        interval_ms: rounded_ms(board.interval_frames, plan.frame_ticks, plan.timescale),
        tile_width: board.tile_width,
        tile_height: board.tile_height,
        columns: board.columns,
        rows: board.rows,
    });
    let video = plan.rungs.into_iter().map(|rung| {
        let summary = measured(&rung.name)?;
        Ok(VideoRendition {
            codecs: summary.codecs.clone(),
            width: rung.width,
            height: rung.height,
            frame_rate: plan.frame_rate,
            measured: summary.measured.clone(),
            iframes: iframe_bitrates(playlist, &rung.name),
            name: rung.name,
        })
    });
    let audio = (1..).zip(plan.audio).map(|(track, planned)| {
        let summary = measured(&planned.name)?;
        Ok(AudioRendition {
            track,
            codecs: summary.codecs.clone(),
            channels: planned.channels,
            language: planned.language,
            label: planned.label,
            role: Role::Main,
            level: None,
            measured: summary.measured.clone(),
            name: planned.name,
        })
    });
    let (video, audio) =
        (video.collect::<Result<_, LegacyError>>()?, audio.collect::<Result<_, LegacyError>>()?);
    let mut objects = manifest.objects;
    objects.remove(&PresentationObject::Playlist.to_string());
    Ok(BuildRecord {
        version: 1,
        source_sha256: manifest.master_sha256,
        plan: manifest.plan,
        tools: manifest.tools,
        duration_ms: manifest.duration_ms,
        video,
        audio,
        subtitles: Vec::new(),
        subtitle_notes: Vec::new(),
        thumbnails,
        chapters: Vec::new(),
        damage: Vec::new(),
        objects,
    })
}

fn rounded_ms(frames: u32, frame_ticks: u32, timescale: u32) -> u64 {
    // Wider than u64, because a damaged manifest may contain any numbers.
    let ticks = u128::from(frames) * u128::from(frame_ticks);
    let ms = (ticks * 1000 + u128::from(timescale) / 2) / u128::from(timescale.max(1));
    u64::try_from(ms).unwrap_or(u64::MAX)
}

/// The bitrates that a playlist of our own declares for a rendition's I-frame playlist.
fn iframe_bitrates(playlist: &str, name: &RenditionName) -> Option<Bitrates> {
    let uri = format!("URI=\"{}\"", BuildObject::IFramePlaylist(name));
    let line = playlist
        .lines()
        .filter_map(|line| line.strip_prefix("#EXT-X-I-FRAME-STREAM-INF:"))
        .find(|line| line.ends_with(&uri))?;
    let value = |attribute: &str| {
        let pair = line.split(',').find_map(|pair| pair.strip_prefix(attribute)?.strip_prefix('='));
        pair?.parse().ok()
    };
    Some(Bitrates { average_bps: value("AVERAGE-BANDWIDTH")?, peak_bps: value("BANDWIDTH")? })
}
