//! The times of a track's frames: all of them from an index, or samples.

use domain::facts::VideoFacts;
use ffmpeg_next::Packet;

use super::{
    extent::{self, ms_of},
    fail::check_memory,
    input::Input,
    probe::SAMPLED_AT,
};
use crate::error::MediaError;

/// Number of video packets whose times are sampled at one position, if there is no complete index.
const SAMPLES_PER_PLACE: usize = 250;
/// Maximum number of index entries that are read: a day at 60 frames per second has five million.
const MAX_ENTRIES: usize = 6_000_000;
/// Maximum number of packets read at one position.
const MAX_PACKETS: usize = 20_000;

/// Returns runs of consecutive frame times: the whole index if the container has one, else samples.
pub(super) fn frame_times(
    input: &mut Input,
    facts: &VideoFacts,
    container_ms: u64,
) -> Result<Vec<Vec<i64>>, MediaError> {
    if input.container().starts_with("mov") {
        let entries = extent::index(input, facts.stream_index);
        if entries.len() > SAMPLES_PER_PLACE {
            let shown = entries.iter().take(MAX_ENTRIES).filter(|entry| !entry.discarded);
            return Ok(vec![shown.map(|entry| entry.timestamp).collect()]);
        }
    }
    let first_ms = ms_of(facts.first_pts, facts.time_base);
    let mut windows = Vec::new();
    input.seek_to_start()?;
    windows.extend(window(input, facts.stream_index, true)?);
    for hundredth in SAMPLED_AT {
        let at_ms = first_ms + i64::try_from(container_ms).unwrap_or(0) / 100 * hundredth;
        match extent::seek(input, facts.stream_index, at_ms) {
            Ok(()) => windows.extend(window(input, facts.stream_index, false)?),
            Err(MediaError::Ffmpeg { doing, source }) => check_memory(source, doing)?,
            Err(error) => return Err(error),
        }
    }
    Ok(windows)
}

/// Returns the times of the next frames in presentation order; `None` if there are fewer than two.
fn window(input: &mut Input, stream_index: u32, is_at_start: bool) -> Result<Option<Vec<i64>>, MediaError> {
    /// Maximum distance between decoding order and presentation order, in frames (H.264 and H.265 §C.4: a buffer of 16).
    const REORDERED: usize = 16;
    let mut times: Vec<(Option<i64>, Option<i64>)> = Vec::new();
    let mut ended = false;
    for _ in 0..MAX_PACKETS {
        let mut packet = Packet::empty();
        if !input.read_packet(&mut packet)? {
            ended = true;
            break;
        }
        if packet.stream() == stream_index as usize && extent::is_shown(&packet) {
            times.push((packet.pts(), packet.dts()));
            if times.len() == SAMPLES_PER_PLACE {
                break;
            }
        }
    }
    // Program streams give some packets only a decoding time; the two kinds of times are not mixed.
    let has_all = times.iter().all(|(pts, _)| pts.is_some());
    let mut times: Vec<i64> =
        times.iter().filter_map(|(pts, dts)| if has_all { *pts } else { *dts }).collect();
    times.sort_unstable();
    times.dedup();
    // After a seek the first frames may lack predecessors in presentation order.
    if !is_at_start {
        times.drain(..times.len().min(REORDERED));
    }
    if !ended {
        times.truncate(times.len().saturating_sub(REORDERED));
    }
    Ok((times.len() >= 2).then_some(times))
}
