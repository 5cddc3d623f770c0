//! Measures where a master's tracks end, independently of its header.
//!
//! Headers can be wrong: an upload was cut short, a recorder crashed, a field is empty. So this module reads the packets near the
//! declared end. If it finds no packets there, it searches for the last position that has some.

use domain::{clock_time, ratio::Ratio, reason::ReasonCode};
use ffmpeg_next::{Packet, ffi, packet::Ref as _};

use super::input::Input;
use crate::error::MediaError;

/// Length of the end that is read, apart from what precedes it back to the key frame.
const TAIL_MS: i64 = 500;
/// Tolerance for rounding in a header; a file that lacks more than this was cut short.
const ROUNDING_MS: i64 = 3_000;
/// Tolerance for declared lengths, which may be off by the size of a header.
const SLACK_BYTES: u64 = 1 << 10;
/// Steps of the binary search for the last data; 20 steps narrow a day down to a tenth of a second.
const SEARCH_STEPS: u32 = 20;
/// Maximum number of packets read at one position before it counts as empty for a track.
const MAX_PACKETS: u32 = 2_000;

/// The end of each track, in milliseconds of the container's time; `None` for tracks without a packet near the end.
pub(super) struct Extent {
    pub(super) ends_ms: Vec<Option<i64>>,
}

/// The track whose packets the search for the end looks for.
#[derive(Clone, Copy)]
pub(super) struct ReferenceTrack {
    pub(super) stream_index: u32,
    /// A time at which the track has data, in milliseconds.
    pub(super) start_ms: i64,
    /// Duration of a frame for packets that declare none; 0 for audio.
    pub(super) frame_ticks: i64,
}

/// Finds the ends of all tracks. Refuses a file that is shorter than its header declares.
pub(super) fn measure(input: &mut Input, track: ReferenceTrack) -> Result<Extent, MediaError> {
    let ReferenceTrack { stream_index, start_ms, .. } = track;
    let claim = Claim::of(input);
    let mut extent = Extent { ends_ms: vec![None; input.format().streams().len()] };
    let from_ms = match claim.end_ms {
        Some(end_ms) if end_ms > start_ms => last_data(input, stream_index, start_ms, end_ms)?,
        _ => start_ms,
    };
    seek(input, stream_index, from_ms)?;
    read_ends(input, track, &mut extent)?;
    let last_ms = extent.ends_ms.iter().flatten().copied().max();
    let missing_ms = match (claim.is_from_header, claim.end_ms, last_ms) {
        (true, Some(claimed_ms), Some(last_ms)) => claimed_ms - last_ms,
        _ => 0,
    };
    let declared = input.declared_bytes().filter(|declared| *declared > input.size_bytes() + SLACK_BYTES);
    if let (1_000.., Some(_)) | (ROUNDING_MS.., _) = (missing_ms, declared) {
        let last_ms = last_ms.unwrap_or(claim.start_ms) - claim.start_ms;
        return Err(truncated(last_ms + missing_ms, last_ms));
    }
    if let Some(declared) = declared {
        return Err(MediaError::Refused(
            ReasonCode::FileCutShortBytes.with("declared", declared).with("actual", input.size_bytes()),
        ));
    }
    Ok(extent)
}

/// The times that the container declares.
struct Claim {
    start_ms: i64,
    end_ms: Option<i64>,
    /// Whether the header declares the duration; otherwise FFmpeg estimated it from the last timestamps or the bitrate.
    is_from_header: bool,
}

impl Claim {
    fn of(input: &mut Input) -> Self {
        let tracks_end_ms = tracks_end_ms(input);
        let context = input.format();
        // SAFETY: the context is open; these are plain fields, in units of AV_TIME_BASE (microseconds).
        let (start, duration, method) = unsafe {
            let context = context.as_ptr();
            ((*context).start_time, (*context).duration, (*context).duration_estimation_method)
        };
        let start_ms = if start == ffi::AV_NOPTS_VALUE { 0 } else { start / 1000 };
        let known = duration != ffi::AV_NOPTS_VALUE && duration > 0;
        let end_ms = known.then(|| start_ms.saturating_add(duration / 1000));
        Self {
            start_ms,
            end_ms: tracks_end_ms.or(end_ms),
            is_from_header: method == ffi::AVDurationEstimationMethod::AVFMT_DURATION_FROM_STREAM,
        }
    }
}

/// Returns the latest end of the tracks in a file of the MP4 family. Its tracks have indexes of their own, so the duration in the movie
/// header says nothing more, and it can be wrong.
fn tracks_end_ms(input: &mut Input) -> Option<i64> {
    if !input.container().starts_with("mov") {
        return None;
    }
    let ends = input.format().streams().filter_map(|stream| {
        let base = stream.time_base();
        let base = Ratio::new(base.0.into(), base.1.into()).filter(|base| base.num > 0)?;
        let start = Some(stream.start_time()).filter(|start| *start != ffi::AV_NOPTS_VALUE).unwrap_or(0);
        (stream.duration() > 0).then(|| ms_of(start.saturating_add(stream.duration()), base))
    });
    ends.max()
}

/// Returns the duration that the header of the whole file declares, in milliseconds, if it differs from that of the tracks by more than a
/// second; with the latter.
pub(super) fn wrong_header_ms(input: &mut Input) -> Option<(u64, u64)> {
    let actual_ms = tracks_end_ms(input)?;
    // SAFETY: the context is open; a plain field, in microseconds.
    let declared_ms = unsafe { (*input.format().as_ptr()).duration } / 1000;
    let is_wrong = declared_ms > 0 && actual_ms > 0 && declared_ms.abs_diff(actual_ms) > 1000;
    is_wrong.then(|| (declared_ms.unsigned_abs(), actual_ms.unsigned_abs()))
}

/// Refuses a file of the MP4 family whose index lists samples past the end of the file: such a file was cut short.
pub(super) fn check_index(input: &mut Input, stream_index: u32) -> Result<(), MediaError> {
    if !input.container().starts_with("mov") {
        return Ok(());
    }
    let size = input.size_bytes();
    let entries = index(input, stream_index);
    let Some(time_base) = time_base(input, stream_index) else { return Ok(()) };
    let Some(missing) = entries.iter().find(|entry| entry.end > size) else { return Ok(()) };
    let claimed = Claim::of(input);
    let at_ms = ms_of(missing.timestamp, time_base) - claimed.start_ms;
    let declared_ms = claimed.end_ms.map_or(0, |end_ms| end_ms - claimed.start_ms);
    Err(truncated(declared_ms, at_ms.max(0)))
}

/// One sample of a track in the container's index.
pub(super) struct Entry {
    pub(super) timestamp: i64,
    /// Offset of the first byte after the sample.
    end: u64,
    /// Whether the sample is outside the edit list and so never shown.
    pub(super) discarded: bool,
}

/// Returns the container's index of a track, as far as it is in memory.
pub(super) fn index(input: &mut Input, stream_index: u32) -> Vec<Entry> {
    let Some(stream) = input.format().stream(stream_index as usize) else { return Vec::new() };
    // SAFETY: the stream belongs to the open context, entries are copied before anything else is called on it.
    unsafe {
        let stream = stream.as_ptr().cast_mut();
        (0..ffi::avformat_index_get_entries_count(stream))
            .filter_map(|at| ffi::avformat_index_get_entry(stream, at).as_ref())
            .map(|entry| Entry {
                timestamp: entry.timestamp,
                end: entry.pos.max(0).cast_unsigned() + u64::from(entry.size().max(0).cast_unsigned()),
                discarded: entry.flags() & ffi::AVINDEX_DISCARD_FRAME != 0,
            })
            .collect()
    }
}

fn truncated(declared_ms: i64, at_ms: i64) -> MediaError {
    let text = |ms: i64| clock_time(ms.max(0).cast_unsigned());
    MediaError::Refused(ReasonCode::FileCutShort.with("declared", text(declared_ms)).with("end", text(at_ms)))
}

/// Returns the latest time, at most [`TAIL_MS`] before `end_ms`, from which a packet of the track can be read.
fn last_data(input: &mut Input, stream_index: u32, start_ms: i64, end_ms: i64) -> Result<i64, MediaError> {
    let (mut good, mut bad) = (start_ms, end_ms);
    let mut next = (end_ms - TAIL_MS).max(start_ms);
    for _ in 0..SEARCH_STEPS {
        seek(input, stream_index, next)?;
        if has_data(input, stream_index)? {
            good = next;
            if bad == end_ms {
                return Ok(good);
            }
        } else {
            bad = next;
        }
        if bad - good <= 2 * TAIL_MS {
            break;
        }
        next = good.midpoint(bad);
    }
    Ok(good)
}

/// Whether one of the next packets belongs to the track.
fn has_data(input: &mut Input, stream_index: u32) -> Result<bool, MediaError> {
    for _ in 0..MAX_PACKETS {
        let mut packet = Packet::empty();
        if !input.read_packet(&mut packet)? {
            return Ok(false);
        }
        if packet.stream() == stream_index as usize {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Seeks to a key frame at or before a time.
pub(super) fn seek(input: &mut Input, stream_index: u32, ms: i64) -> Result<(), MediaError> {
    let Some(base) = time_base(input, stream_index) else { return Ok(()) };
    let ticks = i128::from(ms) * i128::from(base.den) / (1000 * i128::from(base.num.max(1)));
    if input.seek(stream_index, i64::try_from(ticks).unwrap_or(i64::MAX))? {
        return Ok(());
    }
    // Some demuxers cannot seek to a time before the first key frame they know, so seek to the start.
    input.seek_to_start()
}

/// Reads all remaining packets and records the latest end of each track.
fn read_ends(input: &mut Input, track: ReferenceTrack, extent: &mut Extent) -> Result<(), MediaError> {
    let mut packet = Packet::empty();
    while input.read_packet(&mut packet)? {
        let stream = packet.stream();
        let Some(base) = u32::try_from(stream).ok().and_then(|stream| time_base(input, stream)) else {
            continue;
        };
        // A demuxer may find new streams while reading.
        if extent.ends_ms.len() <= stream {
            extent.ends_ms.resize(stream + 1, None);
        }
        if let (true, Some(pts)) = (is_shown(&packet), packet.pts().or(packet.dts())) {
            let default_duration = if stream == track.stream_index as usize { track.frame_ticks } else { 0 };
            let duration = if packet.duration() > 0 { packet.duration() } else { default_duration };
            let end_ms = ms_of(pts.saturating_add(duration), base);
            let end = &mut extent.ends_ms[stream];
            *end = Some(end.map_or(end_ms, |end| end.max(end_ms)));
        }
        packet = Packet::empty();
    }
    Ok(())
}

/// Whether a packet is within the edit list. Packets outside it are decoded only as references and never shown.
pub(super) fn is_shown(packet: &Packet) -> bool {
    // SAFETY: a packet FFmpeg filled; a plain field.
    unsafe { (*packet.as_ptr()).flags & ffi::AV_PKT_FLAG_DISCARD == 0 }
}

/// Returns the unit of a stream's timestamps, in seconds.
pub(super) fn time_base(input: &mut Input, stream_index: u32) -> Option<Ratio> {
    let base = input.format().stream(stream_index as usize)?.time_base();
    Ratio::new(base.0.into(), base.1.into()).filter(|base| base.num > 0)
}

/// Converts ticks to milliseconds, rounded to the nearest.
pub(super) fn ms_of(ticks: i64, time_base: Ratio) -> i64 {
    let (num, den) = (i128::from(time_base.num) * 2000, i128::from(time_base.den));
    let doubled = i128::from(ticks) * num;
    i64::try_from((doubled + den).div_euclid(2 * den)).unwrap_or(if ticks < 0 { i64::MIN } else { i64::MAX })
}
