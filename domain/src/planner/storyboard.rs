//! Plans the storyboard: interval and size of thumbnails, and the grid of a sheet.

use std::cmp::Reverse;

use super::{
    frames_of,
    ladder::{Display, even},
};
use crate::{
    plan::{Picture, Timeline},
    storyboard::Storyboard,
};

/// Seconds from one thumbnail to the next.
const INTERVAL_SECONDS: u32 = 5;
/// The same in films longer than [`LONG_FILM_MS`]: viewers do not seek more precisely in them, and the storyboard would
/// otherwise be twice as large.
const LONG_INTERVAL_SECONDS: u32 = 10;
const LONG_FILM_MS: u64 = 2 * 3_600_000;

/// The longer side of a thumbnail: fits above the seek bar on a phone.
const LONG_SIDE: u32 = 160;

/// Quantiser scale at which faces are recognisable at this size.
const QUANTIZER: u32 = 5;
/// Target size of a thumbnail in the JPEG.
const THUMBNAIL_BYTES: u32 = 4096;

/// Plans the storyboard of a film whose smallest picture is `smallest`.
pub(super) fn storyboard(timeline: &Timeline, smallest: Picture, display: Display) -> Storyboard {
    let seconds =
        if timeline.duration_ms() > LONG_FILM_MS { LONG_INTERVAL_SECONDS } else { INTERVAL_SECONDS };
    let interval_frames = nearest_divisor(timeline.chunk_frames(), frames_of(seconds, timeline.frame_rate));
    let (tile_width, tile_height) = tile(smallest, display);
    let per_sheet = timeline.frames.min(timeline.chunk_frames()).div_ceil(interval_frames.into());
    let per_sheet = u32::try_from(per_sheet).unwrap_or(u32::MAX);
    let columns = columns(per_sheet);
    Storyboard {
        interval_frames,
        tile_width,
        tile_height,
        columns,
        rows: per_sheet.div_ceil(columns),
        quantizer: QUANTIZER,
        sheet_bytes: per_sheet.saturating_mul(THUMBNAIL_BYTES),
    }
}

/// The divisor of `frames` nearest to `wanted`; if two are equally near, the larger.
fn nearest_divisor(frames: u64, wanted: u32) -> u32 {
    let frames = u32::try_from(frames).unwrap_or(u32::MAX);
    let divisors = (1..=frames).filter(|candidate| frames.is_multiple_of(*candidate));
    divisors.min_by_key(|divisor| (divisor.abs_diff(wanted), Reverse(*divisor))).unwrap_or(1)
}

/// The size of a thumbnail: the film's aspect ratio with the longer side [`LONG_SIDE`], but not larger than the smallest
/// picture, from which thumbnails are scaled.
fn tile(smallest: Picture, display: Display) -> (u32, u32) {
    let (width, height) = (u64::from(display.width), u64::from(display.height));
    let long = u64::from(LONG_SIDE);
    if smallest.width.max(smallest.height) <= LONG_SIDE {
        (smallest.width, smallest.height)
    } else if width >= height {
        (LONG_SIDE, even(long * height, width))
    } else {
        (even(long * width, height), LONG_SIDE)
    }
}

/// The smallest number of columns with which a grid has no more rows than columns.
fn columns(thumbnails: u32) -> u32 {
    let root = thumbnails.isqrt();
    (if root * root == thumbnails { root } else { root + 1 }).max(1)
}
