//! Where a track should end according to its container.
//!
//! A track that ends early is not damaged if its container says so: films end in silence. If its packets stop where the container says
//! that it continues, it is.

use domain::ratio::Ratio;
use ffmpeg_next::ffi;

use super::{input::Input, track::tag};

/// Tolerance for encoder delays and rounding in headers.
const HEADER_TOLERANCE_MS: i64 = 500;

/// Tolerance in a transport stream, which declares no durations: its tracks rarely end at the same time.
const STREAM_TOLERANCE_MS: i64 = 2_000;

/// The end of a track that its container declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DeclaredEnd {
    /// Presentation time, in the track's ticks; `i64::MAX` for the end of the film.
    pub(super) pts: i64,
    /// How much earlier the track may end.
    pub(super) tolerance_ms: i64,
}

/// Returns the declared end of a track; `None` if its container declares none.
pub(super) fn declared_end(input: &mut Input, stream_index: u32, time_base: Ratio) -> Option<DeclaredEnd> {
    let container = input.container();
    if container == "mpegts" {
        // The programme map lists a track for as long as it exists.
        return Some(DeclaredEnd { pts: i64::MAX, tolerance_ms: STREAM_TOLERANCE_MS });
    }
    let stream = input.format().stream(stream_index as usize)?;
    let pts = if container.starts_with("mov") {
        let start = Some(stream.start_time()).filter(|start| *start != ffi::AV_NOPTS_VALUE).unwrap_or(0);
        Some(stream.duration()).filter(|duration| *duration > 0)?.saturating_add(start)
    } else if container.starts_with("matroska") {
        // Statistics that the common writers add; the format itself has only the duration of the whole file.
        ticks(&tag(&stream.metadata(), "DURATION")?, time_base)?
    } else {
        return None;
    };
    Some(DeclaredEnd { pts, tolerance_ms: HEADER_TOLERANCE_MS })
}

/// Converts `hh:mm:ss.nnnnnnnnn` to ticks.
fn ticks(text: &str, time_base: Ratio) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let mut seconds = 0_i128;
    for field in whole.split(':') {
        seconds = seconds.checked_mul(60)?.checked_add(field.parse::<u32>().ok()?.into())?;
    }
    let digits: String = part.chars().chain("000000000".chars()).take(9).collect();
    let nanoseconds = seconds.checked_mul(1_000_000_000)?.checked_add(digits.parse::<u32>().ok()?.into())?;
    let ticks = nanoseconds.checked_mul(time_base.den.into())?
        / i128::from(time_base.num.max(1)).checked_mul(1_000_000_000)?;
    i64::try_from(ticks).ok()
}

#[cfg(test)]
mod tests {
    use domain::ratio::Ratio;

    use super::ticks;

    #[test]
    fn durations_in_tags_are_read() {
        let base = Ratio { num: 1, den: 1000 };
        for (text, expected) in [
            ("00:00:05.021000000", Some(5_021)),
            ("01:00:00.5", Some(3_600_500)),
            ("00:01:00", Some(60_000)),
            ("", None),
            ("5 s", None),
            ("00:00:-5.0", None),
            ("00:00:05.x", None),
            (
                "4294967295:4294967295:4294967295:4294967295:4294967295:4294967295:4294967295:4294967295:4294967295",
                None,
            ),
        ] {
            assert_eq!(ticks(text, base), expected, "{text}");
        }
    }
}
