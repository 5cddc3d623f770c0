//! Reads all packets of a file whose container has no index: transport and program streams.
//!
//! Only this tells where each track really starts and ends and whether the file's clock jumps. It takes as long as reading the file.

use std::collections::VecDeque;

use domain::{clock_time, facts::ClockCorrection, note::Note, ratio::Ratio, reason::ReasonCode};
use ffmpeg_next::{Packet, Stream, media};

use super::{
    extent::{self, is_shown, ms_of},
    input::Input,
    stream_clock::{JumpDetector, MAX_JUMPS},
};
use crate::error::MediaError;

/// Ticks per second of these containers (ISO/IEC 13818-1 §2.4.3.7).
const SECOND: i64 = 90_000;
/// Number of packets at the start and at the end of a stream whose times count: as many as a decoder reorders, and more.
const REORDERED: usize = 32;

/// The extent of each stream in milliseconds of corrected time; `None` for streams without a packet.
pub(super) struct WholeScan {
    pub(super) starts_ms: Vec<Option<i64>>,
    pub(super) ends_ms: Vec<Option<i64>>,
}

/// Whether files in this container are scanned.
pub(super) fn is_needed(input: &Input) -> bool {
    ["mpegts", "mpeg"].contains(&input.container().as_str())
}

/// Reads the whole file once to find jumps of its clock, which `input` corrects from then on, and once more if there are some. Ends at the
/// start of the file.
pub(super) fn scan(
    input: &mut Input,
    notes: &mut Vec<Note>,
) -> Result<(WholeScan, Vec<ClockCorrection>), MediaError> {
    let streams = input.format().streams().len();
    let mut detector = JumpDetector::new(SECOND, streams);
    let scan = read_all(input, streams, |stream, packet| {
        let time = packet.dts().or(packet.pts());
        if let Some(time) = time {
            detector.add(stream, u64::try_from(packet.position()).ok(), time, packet.duration());
        }
    })?;
    if detector.is_broken() {
        return Err(MediaError::Refused(ReasonCode::FileClockBroken.with("max", MAX_JUMPS)));
    }
    let has_later_tracks = input.format().streams().skip(streams).any(|stream| is_track(&stream));
    if has_later_tracks {
        // A time that only they fill looks like a jump of the others.
        notes.push(Note::of_file(ReasonCode::NoteLaterTracks));
        input.rewind_by_byte()?;
        return Ok((scan, Vec::new()));
    }
    let (corrections, times) = detector.corrections(&groups(input, streams));
    if corrections.is_empty() {
        input.rewind_by_byte()?;
        return Ok((scan, corrections));
    }
    if let Some(&(stream, first)) = times.first() {
        let start_ms = scan.starts_ms.get(stream).copied().flatten().unwrap_or(0);
        let at_ms = (first * 1000 / SECOND).saturating_sub(start_ms).max(0).unsigned_abs();
        let count = Some(times.len()).filter(|count| *count > 1);
        // Rounded to the nearest second.
        let note = ReasonCode::NoteClockJumps.with("at", clock_time(at_ms + 500)).with_some("count", count);
        notes.push(Note::of_file(note));
    }
    input.correct_clock(&corrections);
    input.rewind_by_byte()?;
    let scan = read_all(input, streams, |_, _| {})?;
    input.rewind_by_byte()?;
    Ok((scan, corrections))
}

fn is_track(stream: &Stream<'_>) -> bool {
    matches!(stream.parameters().medium(), media::Type::Video | media::Type::Audio)
}

/// The first and last times of one stream. Wrong timestamps in the middle of a file do not count.
#[derive(Default)]
struct Span {
    packets: usize,
    start_ms: Option<i64>,
    /// Ends of the last packets.
    ends_ms: VecDeque<i64>,
    last_ticks: Option<i64>,
    step_ticks: i64,
}

impl Span {
    fn add(&mut self, ticks: i64, duration: i64, base: Ratio) {
        // A packet without a duration lasts as long as its predecessor.
        let since = self.last_ticks.map_or(0, |last| ticks.saturating_sub(last));
        if (1..SECOND).contains(&since) {
            self.step_ticks = since;
        }
        self.last_ticks = Some(ticks);
        let duration = if duration > 0 { duration } else { self.step_ticks };
        if self.packets < REORDERED {
            let start_ms = ms_of(ticks, base);
            self.start_ms = Some(self.start_ms.map_or(start_ms, |known| known.min(start_ms)));
        }
        self.packets += 1;
        self.ends_ms.push_back(ms_of(ticks.saturating_add(duration), base));
        if self.ends_ms.len() > REORDERED {
            self.ends_ms.pop_front();
        }
    }
}

/// Reads all packets of the first `streams` streams. A demuxer may find new ones while reading; they are not tracks of the film.
fn read_all(
    input: &mut Input,
    streams: usize,
    mut each: impl FnMut(usize, &Packet),
) -> Result<WholeScan, MediaError> {
    let mut spans: Vec<Span> = std::iter::repeat_with(Span::default).take(streams).collect();
    let mut packet = Packet::empty();
    while input.read_packet(&mut packet)? {
        let stream = packet.stream();
        let base = u32::try_from(stream).ok().and_then(|stream| extent::time_base(input, stream));
        if let (Some(base), Some(span)) = (base, spans.get_mut(stream)) {
            each(stream, &packet);
            if let (true, Some(ticks)) = (is_shown(&packet), packet.pts().or(packet.dts())) {
                span.add(ticks, packet.duration(), base);
            }
        }
        packet = Packet::empty();
    }
    Ok(WholeScan {
        starts_ms: spans.iter().map(|span| span.start_ms).collect(),
        ends_ms: spans.iter().map(|span| span.ends_ms.iter().copied().max()).collect(),
    })
}

/// Returns the video and audio streams that share a clock: those of programmes with common streams, video first. Streams outside of
/// programmes are one group.
fn groups(input: &mut Input, streams: usize) -> Vec<Vec<usize>> {
    let mut groups: Vec<(Vec<u32>, Vec<usize>)> = Vec::new();
    for kind in [media::Type::Video, media::Type::Audio] {
        for stream in 0..streams {
            let found = input.format().stream(stream).map(|stream| stream.parameters().medium());
            let Ok(index) = u32::try_from(stream) else { continue };
            if found != Some(kind) {
                continue;
            }
            let programmes = super::track::programmes(input, index);
            let is_shared = |known: &Vec<u32>| {
                known.iter().any(|number| programmes.contains(number))
                    || (known.is_empty() && programmes.is_empty())
            };
            match groups.iter_mut().find(|(known, _)| is_shared(known)) {
                Some((_, members)) => members.push(stream),
                None => groups.push((programmes, vec![stream])),
            }
        }
    }
    groups.into_iter().map(|(_, members)| members).collect()
}
