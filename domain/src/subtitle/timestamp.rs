//! Times in subtitle files.

use std::fmt;

/// A time that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ParsedTime {
    /// Milliseconds from the start of the film.
    pub(super) ms: u64,
    /// Number of digits after the comma or dot.
    pub(super) decimals: usize,
}

/// Reads `h:mm:ss,mmm` or `mm:ss.mmm`, with one to three digits of hours. Fewer than three decimals are a decimal fraction
/// (`,5` is 500 ms); further decimals are cut off.
pub(super) fn parse(text: &str) -> Option<ParsedTime> {
    let (clock, fraction) = match text.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let parts: Vec<_> = clock.split(':').collect();
    let (hours, minutes, seconds) = match parts[..] {
        [minutes, seconds] => (0, minutes, seconds),
        [hours, minutes, seconds] => (number(hours, 3)?, minutes, seconds),
        _ => return None,
    };
    let minutes = number(minutes, 2).filter(|minutes| *minutes < 60)?;
    let seconds = number(seconds, 2).filter(|seconds| *seconds < 60)?;
    let (decimals, fraction_ms) = match fraction {
        None => (3, 0),
        Some(digits) => {
            number(digits, 9)?;
            (digits.len(), format!("{digits:0<3}")[..3].parse::<u64>().ok()?)
        }
    };
    Some(ParsedTime { ms: ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction_ms, decimals })
}

/// A number of one to `max_digits` ASCII digits.
fn number(text: &str, max_digits: usize) -> Option<u64> {
    let valid = (1..=max_digits).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    valid.then(|| text.parse().ok()).flatten()
}

/// Milliseconds as a timestamp of WebVTT (W3C WebVTT §4.1), always with hours of at least two digits.
pub(crate) struct Timestamp(pub(crate) u64);

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_time(f, self.0, '.')
    }
}

/// Milliseconds as a timestamp of `SubRip`.
pub(super) struct SrtTimestamp(pub(super) u64);

impl fmt::Display for SrtTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_time(f, self.0, ',')
    }
}

fn write_time(f: &mut fmt::Formatter<'_>, ms: u64, separator: char) -> fmt::Result {
    let seconds = ms / 1000;
    write!(f, "{:02}:{:02}:{:02}{separator}{:03}", seconds / 3600, seconds / 60 % 60, seconds % 60, ms % 1000)
}

#[cfg(test)]
mod tests {
    use super::{SrtTimestamp, Timestamp, parse};

    #[test]
    fn times_are_read_exactly() {
        for (text, ms) in [
            ("00:00:01,000", Some(1_000)),
            ("1:02:03.004", Some(3_723_004)),
            ("001:00:00,000", Some(3_600_000)),
            ("01:02.5", Some(62_500)),
            ("00:00:01,05", Some(1_050)),
            ("00:00:01,123456", Some(1_123)),
            ("00:00:01", Some(1_000)),
            ("0:0:1,000", Some(1_000)),
            ("1234:00:00,000", None),
            ("00:60:00,000", None),
            ("00:00:60,000", None),
            ("00:00:01,", None),
            ("00:00:01:000", None),
            ("-00:00:01,000", None),
            ("00: 00:01,000", None),
            ("໐໐:໐໐:໐໑,໐໐໐", None),
            ("+1:00", None),
            ("", None),
        ] {
            assert_eq!(parse(text).map(|time| time.ms), ms, "{text}");
        }
    }

    #[test]
    fn times_are_written_with_hours() {
        assert_eq!(Timestamp(3_723_004).to_string(), "01:02:03.004");
        assert_eq!(SrtTimestamp(86_400_000).to_string(), "24:00:00,000");
    }
}
