//! The storyboard: how often a picture is taken, how large it is, and how many lie on a sheet.

use std::cmp::Reverse;

use super::{
    frames_of,
    ladder::{Display, even},
};
use crate::{plan::Plan, storyboard::Storyboard};

/// Seconds from one picture to the next, and in films longer than [`LONG_FILM_MS`], where nobody seeks to within five seconds and
/// the storyboard would otherwise be as large as that of two films.
const INTERVAL_SECONDS: u32 = 5;
const LONG_INTERVAL_SECONDS: u32 = 10;
const LONG_FILM_MS: u64 = 2 * 3_600_000;

/// The longer side of a picture: what fits above a seek bar on a phone.
const LONG_SIDE: u32 = 160;

/// Quantiser scale that shows a face at this size, and the bytes that a picture may cost.
const QUANTIZER: u32 = 5;
const PICTURE_BYTES: u32 = 4096;

/// The storyboard of a plan whose other parts are settled.
pub(super) fn storyboard(plan: &Plan, display: Display) -> Storyboard {
    let seconds = if plan.duration_ms() > LONG_FILM_MS { LONG_INTERVAL_SECONDS } else { INTERVAL_SECONDS };
    let interval_frames = nearest_divisor(plan.chunk_frames(), frames_of(seconds, plan.frame_rate));
    let (tile_width, tile_height) = tile(plan, display);
    let on_a_sheet = plan.frames.min(plan.chunk_frames()).div_ceil(interval_frames.into());
    let on_a_sheet = u32::try_from(on_a_sheet).unwrap_or(u32::MAX);
    let columns = columns(on_a_sheet);
    Storyboard {
        interval_frames,
        tile_width,
        tile_height,
        columns,
        rows: on_a_sheet.div_ceil(columns),
        quantizer: QUANTIZER,
        sheet_bytes: on_a_sheet.saturating_mul(PICTURE_BYTES),
    }
}

/// The divisor of `frames` that is nearest to `wanted`; of two, the larger.
fn nearest_divisor(frames: u64, wanted: u32) -> u32 {
    let frames = u32::try_from(frames).unwrap_or(u32::MAX);
    let divisors = (1..=frames).filter(|candidate| frames.is_multiple_of(*candidate));
    divisors.min_by_key(|divisor| (divisor.abs_diff(wanted), Reverse(*divisor))).unwrap_or(1)
}

/// As the film is shown, the longer side [`LONG_SIDE`]; never larger than the smallest rung, from which it is made.
fn tile(plan: &Plan, display: Display) -> (u32, u32) {
    let Some(rung) = plan.rungs.last() else { return (2, 2) };
    let (width, height) = (u64::from(display.width), u64::from(display.height));
    let long = u64::from(LONG_SIDE);
    if rung.width.max(rung.height) <= LONG_SIDE {
        (rung.width, rung.height)
    } else if width >= height {
        (LONG_SIDE, even(long * height, width))
    } else {
        (even(long * width, height), LONG_SIDE)
    }
}

/// The least width of a grid that is at least as wide as it is high.
fn columns(pictures: u32) -> u32 {
    let root = pictures.isqrt();
    (if root * root == pictures { root } else { root + 1 }).max(1)
}
