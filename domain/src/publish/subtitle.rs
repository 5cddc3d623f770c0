//! Subtitle renditions and builds of subtitle files: pure text, so they are made whole at once.

use std::{collections::BTreeMap, num::NonZeroU64};

use super::stored;
use crate::{
    build_record::{Bitrates, BuildRecord, Measured, SubtitleRendition},
    hls::{MediaPlaylist, SegmentKind, target_duration_s},
    key::{BuildObject, RenditionName},
    output::StoredObject,
    presentation::Role,
    subtitle::{Cue, segments, write_webvtt},
};

/// Duration of a segment.
const SEGMENT_MS: NonZeroU64 = NonZeroU64::new(60_000).expect("not zero");
/// Ticks per second of durations.
const TIMESCALE: u32 = 1000;

/// What a subtitle build is made from.
#[derive(Clone, Debug)]
pub struct SubtitleSource<'a> {
    /// Cues in film time.
    pub cues: &'a [Cue],
    /// Duration of the film.
    pub film_ms: u64,
    /// SHA-256 of the file as uploaded.
    pub sha256: String,
    /// BCP 47 language.
    pub language: Option<String>,
    /// Text for the viewer's menu.
    pub label: String,
    /// How it was made: format and encoding of the file, shift and rate.
    pub plan: serde_json::Value,
    /// Versions of the tools.
    pub tools: BTreeMap<String, String>,
}

/// The objects of one subtitle rendition and their measurements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubtitleObjects {
    /// Measurements of its segments.
    pub measured: Measured,
    /// Path within the build and text of each object: all cues in one document, the playlist, the segments.
    pub texts: Vec<(String, String)>,
}

impl SubtitleObjects {
    /// Writes a rendition of cues in film time.
    pub fn new(name: &RenditionName, cues: &[Cue], film_ms: u64) -> Self {
        let parts: Vec<String> = segments(cues, film_ms, SEGMENT_MS).collect();
        let starts = (0..film_ms).step_by(usize::try_from(SEGMENT_MS.get()).unwrap_or(usize::MAX));
        let segment_ticks: Vec<u64> =
            starts.map(|start| (film_ms - start).min(SEGMENT_MS.get())).take(parts.len()).collect();
        let longest = segment_ticks.iter().copied().max().unwrap_or(0);
        let measured = measure(&parts, &segment_ticks);
        let playlist = MediaPlaylist {
            rendition: name.clone(),
            target_duration_s: target_duration_s(longest, TIMESCALE).max(1),
            timescale: TIMESCALE,
            segment_ticks,
            segments: SegmentKind::WebVtt,
        };
        let mut texts = vec![
            (BuildObject::SubtitleText(name).to_string(), write_webvtt(cues)),
            (BuildObject::MediaPlaylist(name).to_string(), playlist.render()),
        ];
        texts.extend(
            (1..)
                .zip(parts)
                .map(|(number, text)| (BuildObject::SubtitleSegment(name, number).to_string(), text)),
        );
        Self { measured, texts }
    }

    /// The objects as they are stored, by path.
    pub fn stored(&self) -> BTreeMap<String, StoredObject> {
        self.texts.iter().map(|(path, text)| (path.clone(), stored(text))).collect()
    }
}

/// Returns the build's record and all its objects as path within the build and text. Its only rendition is
/// [`RenditionName::subtitles`].
pub fn assemble_subtitle(source: SubtitleSource<'_>) -> (BuildRecord, Vec<(String, String)>) {
    let name = RenditionName::subtitles();
    let objects = SubtitleObjects::new(&name, source.cues, source.film_ms);
    let record = BuildRecord {
        version: BuildRecord::VERSION,
        source_sha256: source.sha256,
        plan: source.plan,
        tools: source.tools,
        duration_ms: source.film_ms,
        video: Vec::new(),
        audio: Vec::new(),
        subtitles: vec![SubtitleRendition {
            name,
            language: source.language,
            label: source.label,
            default: false,
            forced: false,
            role: Role::Main,
            measured: objects.measured.clone(),
        }],
        subtitle_notes: Vec::new(),
        thumbnails: None,
        chapters: Vec::new(),
        damage: Vec::new(),
        objects: objects.stored(),
    };
    (record, objects.texts)
}

fn measure(parts: &[String], segment_ticks: &[u64]) -> Measured {
    let bps = |bytes: u64, ms: u64| bytes.saturating_mul(8000).div_ceil(ms.max(1));
    let bytes: u64 = parts.iter().map(|part| part.len() as u64).sum();
    let peak = parts.iter().zip(segment_ticks).map(|(part, ms)| bps(part.len() as u64, *ms)).max();
    Measured {
        bitrates: Bitrates {
            average_bps: bps(bytes, segment_ticks.iter().sum()),
            peak_bps: peak.unwrap_or(0),
        },
        size_bytes: bytes,
        segments: u32::try_from(parts.len()).unwrap_or(u32::MAX),
    }
}
