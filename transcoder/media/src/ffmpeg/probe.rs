//! Determines the facts of a master's tracks from its content and not only from its header.
//!
//! The probe decodes the first frames (a container's start time is not the time of the first frame shown), decodes frames in the
//! middle (leaders are often encoded differently from the film), and reads the end. It uses little memory, even for large files.

use domain::{
    chapter::chapters,
    clock_time,
    facts::{
        AudioFacts, FieldOrder, LightFacts, MediaFacts, OtherFacts, OtherKind, SubtitleFacts, VideoFacts,
    },
    note::Note,
    ratio::Ratio,
    reason::ReasonCode,
};
use ffmpeg_next::{Packet, media};

use super::{
    cadence::{Cadence, cadence},
    combing::{self, Verdict},
    extent::{self, ReferenceTrack, ms_of},
    fail::check_memory,
    frame_times::frame_times,
    input::Input,
    light, other,
    sampled_frames::{self, SampledFrames},
    subtitle_track, track, whole_scan,
};
use crate::error::MediaError;

/// Positions of the samples in addition to the start, in hundredths of the duration.
pub(super) const SAMPLED_AT: [i64; 4] = [25, 50, 75, 95];
/// Maximum number of packets read at one position; a track without a packet among them counts as absent there.
const MAX_PACKETS: usize = 20_000;

/// Returns the facts of a master, or refuses it.
pub fn probe(mut input: Input) -> Result<MediaFacts, MediaError> {
    if input.refers_to_other_files() {
        return Err(MediaError::Refused(ReasonCode::FileRefersToOthers.into()));
    }
    let tracks = Tracks::list(&mut input)?;
    let mut notes = Vec::new();
    let (scan, clock) = if whole_scan::is_needed(&input) {
        let (scan, clock) = whole_scan::scan(&mut input, &mut notes)?;
        (Some(scan), clock)
    } else {
        (None, Vec::new())
    };
    // Before any seek: some demuxers seek no further back than to the first key frame of the video.
    let starts = match &scan {
        Some(scan) => tracks.audio.iter().map(|&stream| of_stream(&scan.starts_ms, stream)).collect(),
        None => audio_start_times(&mut input, &tracks.audio)?,
    };
    for &stream_index in tracks.video.iter().chain(&tracks.audio) {
        extent::check_index(&mut input, stream_index)?;
    }
    if let Some((declared_ms, actual_ms)) = extent::wrong_header_ms(&mut input) {
        let note = ReasonCode::NoteMovieHeader
            .with("declared", clock_time(declared_ms))
            .with("actual", clock_time(actual_ms));
        notes.push(Note::of_file(note));
    }
    let mut video = Vec::new();
    for (number, &stream_index) in tracks.video.iter().enumerate() {
        let length_ms = scan.as_ref().and_then(|scan| {
            Some(unsigned(
                of_stream(&scan.ends_ms, stream_index)? - of_stream(&scan.starts_ms, stream_index)?,
            ))
        });
        let mut facts = probe_video(&mut input, stream_index, length_ms, &mut notes)?;
        if let Some(geometry) = input.geometry(number) {
            geometry.apply(&mut facts);
        }
        video.push(facts);
    }
    let main = VideoFacts::main_of(&video);
    let zero_ms = main.map_or(0, |main| ms_of(main.first_pts, main.time_base));
    let reference = match (main, tracks.audio.first()) {
        (Some(main), _) => Some(ReferenceTrack {
            stream_index: main.stream_index,
            start_ms: zero_ms,
            frame_ticks: frame_ticks(main.frame_rate, main.time_base),
        }),
        (None, Some(&stream_index)) => Some(ReferenceTrack { stream_index, start_ms: 0, frame_ticks: 0 }),
        (None, None) => None,
    };
    let ends_ms = match (scan, reference) {
        (Some(scan), _) => scan.ends_ms,
        (None, Some(reference)) => extent::measure(&mut input, reference)?.ends_ms,
        (None, None) => Vec::new(),
    };
    let end_of = |stream_index: u32| ends_ms.get(stream_index as usize).copied().flatten();

    for found in &mut video {
        let start_ms = ms_of(found.first_pts, found.time_base);
        if let Some(end_ms) = end_of(found.stream_index) {
            found.duration_ms = unsigned(end_ms - start_ms);
        }
    }
    let mut audio = Vec::new();
    for (&stream_index, start_ms) in tracks.audio.iter().zip(starts) {
        let mut facts = track::audio(&mut input, stream_index)?;
        let is_announced_only = start_ms.is_none()
            && end_of(stream_index).is_none()
            && extent::index(&mut input, stream_index).is_empty();
        let start_ms = start_ms.unwrap_or(zero_ms);
        facts.start_ms = start_ms - zero_ms;
        if let Some(end_ms) = end_of(stream_index) {
            facts.duration_ms = unsigned(end_ms - start_ms);
        }
        if is_announced_only {
            facts.duration_ms = 0;
        }
        audio.push(facts);
    }
    let duration_ms = longest(&video, &audio);
    let main = VideoFacts::main_of(&video);
    let film_ms = main.map_or(duration_ms, |main| main.duration_ms);
    Ok(MediaFacts {
        container: input.container(),
        size_bytes: input.size_bytes(),
        duration_ms,
        video,
        audio,
        subtitles: tracks.subtitles,
        other: tracks.other,
        chapters: chapters(listed_chapters(&mut input, zero_ms), film_ms),
        clock,
        notes,
    })
}

fn of_stream(times: &[Option<i64>], stream_index: u32) -> Option<i64> {
    times.get(stream_index as usize).copied().flatten()
}

/// Returns the chapters of the container: their starts in milliseconds from the first frame, and their titles.
fn listed_chapters(input: &mut Input, zero_ms: i64) -> Vec<(i64, Option<String>)> {
    let listed = input.format().chapters().filter_map(|chapter| {
        let base = chapter.time_base();
        let base = Ratio::new(base.0.into(), base.1.into()).filter(|base| base.num > 0)?;
        let start_ms = ms_of(chapter.start(), base).saturating_sub(zero_ms);
        Some((start_ms, track::tag(&chapter.metadata(), "title")))
    });
    listed.collect()
}

/// Returns the time at which the last track ends.
fn longest(video: &[VideoFacts], audio: &[AudioFacts]) -> u64 {
    let video = video.iter().map(|track| track.duration_ms);
    let audio = audio.iter().map(|track| track.duration_ms.saturating_add_signed(track.start_ms));
    video.chain(audio).max().unwrap_or(0)
}

fn unsigned(ms: i64) -> u64 {
    ms.max(0).cast_unsigned()
}

/// The streams of a master by kind.
#[derive(Default)]
struct Tracks {
    video: Vec<u32>,
    audio: Vec<u32>,
    subtitles: Vec<SubtitleFacts>,
    other: Vec<OtherFacts>,
}

impl Tracks {
    /// Lists the streams. Cover images are not video, and tracks in codecs that Nang cannot decode are not used if the file has another
    /// track of the same kind (phones add spatial audio in addition to ordinary audio).
    fn list(input: &mut Input) -> Result<Self, MediaError> {
        let mut tracks = Self::default();
        for stream in input.format().streams() {
            if track::is_encrypted(&stream.parameters()) {
                return Err(MediaError::Refused(ReasonCode::FileEncrypted.into()));
            }
            let Ok(stream_index) = u32::try_from(stream.index()) else { continue };
            let parameters = stream.parameters();
            match (parameters.medium(), other::kind(&stream)) {
                (_, Some(kind)) => tracks.other.push(other::facts(&stream, stream_index, kind)),
                (media::Type::Video, None) => tracks.video.push(stream_index),
                (media::Type::Audio, None) => tracks.audio.push(stream_index),
                (_, None) => tracks.subtitles.push(subtitle_track::facts(&stream, stream_index)),
            }
        }
        let refused = |code: ReasonCode, kind: OtherKind| {
            let undecodable = tracks.other.iter().rfind(|other| other.kind == kind)?;
            Some(MediaError::Refused(code.with("codec", &undecodable.codec)))
        };
        if tracks.video.is_empty()
            && let Some(refusal) = refused(ReasonCode::VideoCodec, OtherKind::UndecodableVideo)
        {
            return Err(refusal);
        }
        if tracks.audio.is_empty()
            && let Some(refusal) = refused(ReasonCode::AudioCodec, OtherKind::UndecodableAudio)
        {
            return Err(refusal);
        }
        Ok(tracks)
    }
}

fn probe_video(
    input: &mut Input,
    stream_index: u32,
    length_ms: Option<u64>,
    notes: &mut Vec<Note>,
) -> Result<VideoFacts, MediaError> {
    input.seek_to_start()?;
    let start = sampled_frames::decode(input, stream_index)?;
    let Some(first) = &start.first else {
        return Err(MediaError::Refused(
            ReasonCode::VideoUndecodable
                .with("number", stream_index)
                .with("codec", track::codec_name(&track::parameters(input, stream_index)?)),
        ));
    };
    let mut facts = track::video(input, stream_index, first)?;
    let container_ms = length_ms.unwrap_or(facts.duration_ms);
    facts.duration_ms = container_ms;
    let first_ms = ms_of(facts.first_pts, facts.time_base);
    let mut places = vec![start];
    for hundredth in SAMPLED_AT {
        let at_ms = first_ms + i64::try_from(container_ms).unwrap_or(0) / 100 * hundredth;
        places.push(frames_at(input, stream_index, at_ms)?);
    }
    choose_shape(input, &places, &mut facts, notes)?;
    if facts.color.transfer.as_deref() == Some("smpte2084") {
        let firsts = || places.iter().filter_map(|place| place.first.as_ref());
        let stated = firsts().next().map(light::stated).unwrap_or_default();
        facts.light =
            Some(LightFacts { sampled_nits: firsts().filter_map(light::brightest_nits).max(), ..stated });
    }
    facts.still = sampled_frames::is_still(&places);
    facts.field_order =
        sampled_frames::field_order(&places, track::declared_field_order(input, stream_index)?);

    let combing: Vec<_> = places.iter().map(|place| place.combing).collect();
    if let Some(verdict) = combing::verdict(&combing, facts.field_order) {
        let (field_order, code) = match verdict {
            Verdict::Woven(order) => (order, ReasonCode::NoteWovenFields),
            Verdict::Whole => (FieldOrder::Progressive, ReasonCode::NoteWholeFrames),
        };
        facts.field_order = field_order;
        notes.push(Note::of_stream(stream_index, code));
    }

    let declared = track::declared_rates(input, stream_index)?;
    let windows = frame_times(input, &facts, container_ms)?;
    let found = cadence(&windows, facts.time_base, &declared);
    let fallback = declared.first().copied().map(|rate| Cadence { rate, variable: false });
    if let Some(Cadence { rate, variable }) = found.or(fallback) {
        facts.frame_rate = rate;
        facts.variable_frame_rate = variable;
    }
    Ok(facts)
}

/// Records the shape of the frames: of several, the one that is shown largest, so that no part of the film loses detail.
fn choose_shape(
    input: &mut Input,
    places: &[SampledFrames],
    facts: &mut VideoFacts,
    notes: &mut Vec<Note>,
) -> Result<(), MediaError> {
    let mut shapes: Vec<VideoFacts> = Vec::new();
    for first in places.iter().filter_map(|place| place.first.as_ref()) {
        let found = track::video(input, facts.stream_index, first)?;
        if shapes.iter().all(|known| shape_of(known) != shape_of(&found)) {
            shapes.push(found);
        }
    }
    let shown = |found: &VideoFacts| {
        let aspect = found.sample_aspect;
        i64::from(found.width) * i64::from(found.height) * aspect.num / aspect.den.max(1)
    };
    let Some(largest) = shapes.iter().rev().max_by_key(|found| shown(found)) else { return Ok(()) };
    (facts.width, facts.height) = (largest.width, largest.height);
    (facts.sample_aspect, facts.frame_aspect) = (largest.sample_aspect, largest.frame_aspect);
    if let Some(other) = shapes.iter().find(|found| shape_of(found) != shape_of(largest)) {
        let note = ReasonCode::NoteShapeChanges.with("width", other.width).with("height", other.height);
        notes.push(Note::of_stream(facts.stream_index, note));
    }
    Ok(())
}

/// What makes two frames of one track equal in shape.
fn shape_of(facts: &VideoFacts) -> (u32, u32, Option<Ratio>) {
    (facts.width, facts.height, facts.frame_aspect)
}

fn frames_at(input: &mut Input, stream_index: u32, at_ms: i64) -> Result<SampledFrames, MediaError> {
    match extent::seek(input, stream_index, at_ms) {
        Ok(()) => sampled_frames::decode(input, stream_index),
        // If the demuxer cannot seek there, the frames at the start must suffice.
        Err(MediaError::Ffmpeg { doing, source }) => {
            check_memory(source, doing).map(|()| SampledFrames::default())
        }
        Err(error) => Err(error),
    }
}

/// Returns the time of each audio track's first audible sample, in milliseconds of the container's time.
fn audio_start_times(input: &mut Input, tracks: &[u32]) -> Result<Vec<Option<i64>>, MediaError> {
    // Matroska's times begin before zero by the encoder's delay, which the first packets do not declare again.
    let starts_with_delay = input.container().starts_with("matroska");
    let mut starts = vec![None; tracks.len()];
    for _ in 0..MAX_PACKETS {
        let mut packet = Packet::empty();
        if starts.iter().all(Option::is_some) || !input.read_packet(&mut packet)? {
            break;
        }
        let Some(at) = tracks.iter().position(|&track| track as usize == packet.stream()) else { continue };
        let (None, Some(base)) = (starts[at], extent::time_base(input, tracks[at])) else { continue };
        let Some(pts) = packet.pts().or(packet.dts()) else { continue };
        // Samples that the decoder drops at the start (encoder delay) are not audible; a packet of which all samples are dropped is
        // skipped.
        let skipped = track::skipped_samples(&packet);
        let rate = i64::from(track::sample_rate(input, tracks[at])?.max(1));
        if starts_with_delay {
            let delay_ms = track::initial_padding(input, tracks[at])?.max(skipped) * 1000 / rate;
            starts[at] = Some(ms_of(pts, base) + delay_ms);
            continue;
        }
        let skipped_ms = skipped * 1000 / rate;
        let whole = packet.duration() > 0 && skipped_ms >= ms_of(packet.duration(), base) && skipped_ms > 0;
        if extent::is_shown(&packet) && !whole {
            starts[at] = Some(ms_of(pts, base) + skipped_ms);
        }
    }
    Ok(starts)
}

/// Returns the duration of a frame in ticks of `base`.
fn frame_ticks(rate: Ratio, base: Ratio) -> i64 {
    let (num, den) =
        (i128::from(rate.num.max(1)) * i128::from(base.num), i128::from(rate.den) * i128::from(base.den));
    i64::try_from(den / num.max(1)).unwrap_or(0)
}
