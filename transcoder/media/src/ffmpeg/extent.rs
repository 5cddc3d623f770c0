//! How far a master's tracks really reach, whatever its header says.
//!
//! Headers lie: an upload is cut short, a recorder dies, a field is left empty. So the end is looked at: packets near
//! the claimed end are read, or, if there are none, the last place that has some is searched for.

use domain::{clock_time, ratio::Ratio};
use ffmpeg_next::{Packet, ffi, packet::Ref as _};

use super::input::Input;
use crate::error::MediaError;

/// How much of the end is read, before what lies back to the key frame.
const TAIL_MS: i64 = 500;
/// A header may round; what is missing beyond this was cut off.
const ROUNDING_MS: i64 = 3_000;
/// Declared lengths may be off by a header.
const SLACK_BYTES: u64 = 1 << 10;
/// Steps of the search for the last data; 20 halve a day to a tenth of a second.
const SEARCH_STEPS: u32 = 20;
/// Packets read in one place before it counts as empty for a track.
const PATIENCE: u32 = 2_000;

/// Where each track ends, in milliseconds of the container's time; `None` for tracks without a packet near the end.
pub(super) struct Extent {
    pub(super) ends_ms: Vec<Option<i64>>,
}

/// The track that is sought in.
#[derive(Clone, Copy)]
pub(super) struct Lead {
    pub(super) stream_index: u32,
    /// Where it is known to have data, in milliseconds.
    pub(super) start_ms: i64,
    /// How long one of its pictures lasts where a packet does not say; 0 for sound.
    pub(super) picture_ticks: i64,
}

/// Finds the ends of all tracks.
pub(super) fn measure(input: &mut Input, lead: Lead) -> Result<Extent, MediaError> {
    let Lead { stream_index, start_ms, .. } = lead;
    let claim = Claim::of(input);
    let mut extent = Extent { ends_ms: vec![None; input.format().streams().len()] };
    let from_ms = match claim.end_ms {
        Some(end_ms) if end_ms > start_ms => last_data(input, stream_index, start_ms, end_ms)?,
        _ => start_ms,
    };
    seek(input, stream_index, from_ms)?;
    read_ends(input, lead, &mut extent)?;
    let last_ms = extent.ends_ms.iter().flatten().copied().max();
    let missing_ms = match (claim.by_header, claim.end_ms, last_ms) {
        (true, Some(claimed_ms), Some(last_ms)) => claimed_ms - last_ms,
        _ => 0,
    };
    let declared = input.declared_bytes().filter(|declared| *declared > input.size_bytes() + SLACK_BYTES);
    if let (1_000.., Some(_)) | (ROUNDING_MS.., _) = (missing_ms, declared) {
        let last_ms = last_ms.unwrap_or(claim.start_ms) - claim.start_ms;
        return Err(cut_short(last_ms + missing_ms, last_ms));
    }
    if let Some(declared) = declared {
        return Err(MediaError::Refused(format!(
            "The file is cut short: it says that it has {declared} bytes but it has {}. Upload it again.",
            input.size_bytes()
        )));
    }
    Ok(extent)
}

/// What the header says.
struct Claim {
    start_ms: i64,
    end_ms: Option<i64>,
    /// Said, not worked out by FFmpeg from timestamps at the end or from the bitrate.
    by_header: bool,
}

impl Claim {
    fn of(input: &mut Input) -> Self {
        let context = input.format();
        // SAFETY: the context is open; these are plain fields, in units of AV_TIME_BASE (microseconds).
        let (start, duration, method) = unsafe {
            let context = context.as_ptr();
            ((*context).start_time, (*context).duration, (*context).duration_estimation_method)
        };
        let start_ms = if start == ffi::AV_NOPTS_VALUE { 0 } else { start / 1000 };
        let known = duration != ffi::AV_NOPTS_VALUE && duration > 0;
        Self {
            start_ms,
            end_ms: known.then(|| start_ms.saturating_add(duration / 1000)),
            by_header: method == ffi::AVDurationEstimationMethod::AVFMT_DURATION_FROM_STREAM,
        }
    }
}

/// MP4 and its relatives list every sample with its place: what lies past the end of the file was cut off.
pub(super) fn check_index(input: &mut Input, lead: u32) -> Result<(), MediaError> {
    if !input.container().starts_with("mov") {
        return Ok(());
    }
    let size = input.size_bytes();
    let entries = index(input, lead);
    let Some(time_base) = time_base(input, lead) else { return Ok(()) };
    let Some(missing) = entries.iter().find(|entry| entry.end > size) else { return Ok(()) };
    let claimed = Claim::of(input);
    let at_ms = ms_of(missing.timestamp, time_base) - claimed.start_ms;
    let says_ms = claimed.end_ms.map_or(0, |end_ms| end_ms - claimed.start_ms);
    Err(cut_short(says_ms, at_ms.max(0)))
}

/// One sample of a track, as the container's index lists it.
pub(super) struct Entry {
    pub(super) timestamp: i64,
    /// First byte after it.
    end: u64,
    /// Outside the edit list: never shown.
    pub(super) discarded: bool,
}

/// The container's index of a track, as far as it is in memory.
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

fn cut_short(says_ms: i64, at_ms: i64) -> MediaError {
    let text = |ms: i64| clock_time(ms.max(0).cast_unsigned());
    MediaError::Refused(format!(
        "The file is cut short: it says {} but its data end at {}. Upload it again.",
        text(says_ms),
        text(at_ms)
    ))
}

/// The latest time, at most [`TAIL_MS`] before `end_ms`, from which a packet of the lead track can be read.
fn last_data(input: &mut Input, lead: u32, start_ms: i64, end_ms: i64) -> Result<i64, MediaError> {
    let (mut good, mut bad) = (start_ms, end_ms);
    let mut next = (end_ms - TAIL_MS).max(start_ms);
    for _ in 0..SEARCH_STEPS {
        seek(input, lead, next)?;
        if has_data(input, lead)? {
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

fn has_data(input: &mut Input, lead: u32) -> Result<bool, MediaError> {
    for _ in 0..PATIENCE {
        let mut packet = Packet::empty();
        if !input.read_packet(&mut packet)? {
            return Ok(false);
        }
        if packet.stream() == lead as usize {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Seeks to a key frame at or before a time.
pub(super) fn seek(input: &mut Input, lead: u32, ms: i64) -> Result<(), MediaError> {
    let Some(base) = time_base(input, lead) else { return Ok(()) };
    let ticks = i128::from(ms) * i128::from(base.den) / (1000 * i128::from(base.num.max(1)));
    if input.seek(lead, i64::try_from(ticks).unwrap_or(i64::MAX))? {
        return Ok(());
    }
    // Some demuxers cannot go to before the first key frame they know: begin at the beginning.
    input.seek_to_start()
}

fn read_ends(input: &mut Input, lead: Lead, extent: &mut Extent) -> Result<(), MediaError> {
    let mut packet = Packet::empty();
    while input.read_packet(&mut packet)? {
        let stream = packet.stream();
        let Some(base) = u32::try_from(stream).ok().and_then(|stream| time_base(input, stream)) else {
            continue;
        };
        // Streams may appear while reading.
        if extent.ends_ms.len() <= stream {
            extent.ends_ms.resize(stream + 1, None);
        }
        if let (true, Some(pts)) = (is_shown(&packet), packet.pts().or(packet.dts())) {
            let unsaid = if stream == lead.stream_index as usize { lead.picture_ticks } else { 0 };
            let duration = if packet.duration() > 0 { packet.duration() } else { unsaid };
            let end_ms = ms_of(pts.saturating_add(duration), base);
            let end = &mut extent.ends_ms[stream];
            *end = Some(end.map_or(end_ms, |end| end.max(end_ms)));
        }
        packet = Packet::empty();
    }
    Ok(())
}

/// Whether a packet is within the edit list: what is outside is decoded for others' sake and never shown.
pub(super) fn is_shown(packet: &Packet) -> bool {
    // SAFETY: a packet FFmpeg filled; a plain field.
    unsafe { (*packet.as_ptr()).flags & ffi::AV_PKT_FLAG_DISCARD == 0 }
}

/// The unit of a stream's timestamps.
pub(super) fn time_base(input: &mut Input, stream_index: u32) -> Option<Ratio> {
    let base = input.format().stream(stream_index as usize)?.time_base();
    Ratio::new(base.0.into(), base.1.into()).filter(|base| base.num > 0)
}

/// Ticks in milliseconds, rounded to the nearest.
pub(super) fn ms_of(ticks: i64, time_base: Ratio) -> i64 {
    let (num, den) = (i128::from(time_base.num) * 2000, i128::from(time_base.den));
    let doubled = i128::from(ticks) * num;
    i64::try_from((doubled + den).div_euclid(2 * den)).unwrap_or(if ticks < 0 { i64::MIN } else { i64::MAX })
}
