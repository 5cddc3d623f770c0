//! Reads all packets of a file whose container has no index: transport and program streams.
//!
//! Only this tells where each track really starts and ends and whether the file's clock jumps. It takes as long as reading the file.

use domain::{note::Note, reason::ReasonCode};
use ffmpeg_next::{Packet, media};

use super::{
    extent::{self, is_shown, ms_of},
    input::Input,
    stream_clock::JumpDetector,
};
use crate::error::MediaError;

/// Ticks per second of these containers (ISO/IEC 13818-1 §2.4.3.7).
const SECOND: i64 = 90_000;
/// Maximum number of jumps of one stream.
const MAX_JUMPS: usize = 1000;

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
) -> Result<(WholeScan, Vec<domain::facts::ClockCorrection>), MediaError> {
    let mut detector = JumpDetector::new(SECOND, input.format().streams().len());
    let scan = read_all(input, |stream, packet| {
        let time = packet.dts().or(packet.pts());
        if let Some(time) = time {
            detector.add(stream, u64::try_from(packet.position()).ok(), time, packet.duration());
        }
    })?;
    if detector.most_jumps() > MAX_JUMPS {
        return Err(MediaError::Refused(ReasonCode::FileClockBroken.with("max", MAX_JUMPS)));
    }
    let (corrections, times) = detector.corrections(&groups(input));
    if corrections.is_empty() {
        input.rewind_by_byte()?;
        return Ok((scan, corrections));
    }
    let zero = scan.starts_ms.first().copied().flatten().unwrap_or(0);
    if let Some(first) = times.first() {
        let at_ms = (first * 1000 / SECOND).saturating_sub(zero).max(0).unsigned_abs();
        let count = Some(times.len()).filter(|count| *count > 1);
        let note = ReasonCode::NoteClockJumps.with("at", domain::clock_time(at_ms)).with_some("count", count);
        notes.push(Note::of_file(note));
    }
    input.correct_clock(&corrections);
    input.rewind_by_byte()?;
    let scan = read_all(input, |_, _| {})?;
    input.rewind_by_byte()?;
    Ok((scan, corrections))
}

fn read_all(input: &mut Input, mut each: impl FnMut(usize, &Packet)) -> Result<WholeScan, MediaError> {
    let streams = input.format().streams().len();
    let mut scan = WholeScan { starts_ms: vec![None; streams], ends_ms: vec![None; streams] };
    let mut steps = vec![(i64::MIN, 0_i64); streams];
    let mut packet = Packet::empty();
    while input.read_packet(&mut packet)? {
        let stream = packet.stream();
        let base = u32::try_from(stream).ok().and_then(|stream| extent::time_base(input, stream));
        // A demuxer may find new streams while reading; they are not tracks of the film.
        let (Some(base), true) = (base, stream < streams) else { continue };
        each(stream, &packet);
        if let (true, Some(time)) = (is_shown(&packet), packet.pts().or(packet.dts())) {
            // A packet without a duration lasts as long as its predecessor.
            let (last, step) = &mut steps[stream];
            let since = time.saturating_sub(*last);
            if (1..SECOND).contains(&since) {
                *step = since;
            }
            *last = time;
            let duration = if packet.duration() > 0 { packet.duration() } else { *step };
            let (start_ms, end_ms) = (ms_of(time, base), ms_of(time.saturating_add(duration), base));
            let (start, end) = (&mut scan.starts_ms[stream], &mut scan.ends_ms[stream]);
            *start = Some(start.map_or(start_ms, |start| start.min(start_ms)));
            *end = Some(end.map_or(end_ms, |end| end.max(end_ms)));
        }
        packet = Packet::empty();
    }
    Ok(scan)
}

/// Returns the video and audio streams that share a clock: those of each programme, video first. Streams outside of programmes are one
/// group.
fn groups(input: &mut Input) -> Vec<Vec<usize>> {
    let mut groups: Vec<(Vec<u32>, Vec<usize>)> = Vec::new();
    for kind in [media::Type::Video, media::Type::Audio] {
        for stream in 0..input.format().streams().len() {
            let found = input.format().stream(stream).map(|stream| stream.parameters().medium());
            let Ok(index) = u32::try_from(stream) else { continue };
            if found != Some(kind) {
                continue;
            }
            let programmes = super::track::programmes(input, index);
            match groups.iter_mut().find(|(known, _)| *known == programmes) {
                Some((_, members)) => members.push(stream),
                None => groups.push((programmes, vec![stream])),
            }
        }
    }
    groups.into_iter().map(|(_, members)| members).collect()
}
