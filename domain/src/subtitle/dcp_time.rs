//! Times of subtitles in Digital Cinema Packages.

use crate::ratio::Ratio;

/// Ticks per second of Interop times with four parts: a tick lasts 4 ms (`CineCanvas` Rev. C §2.9).
const INTEROP_TICKS: u64 = 250;

/// How a document writes times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DcpClock {
    /// `HH:MM:SS:TTT` with ticks of 4 ms, or `HH:MM:SS.mmm`.
    Interop,
    /// `HH:MM:SS:EE` with editable units (ST 428-7).
    Smpte {
        /// Units per second of the time code.
        timecode_rate: u64,
        /// Units per second of real time. It differs from the time code's if that counts 24 units in 1001/1000 s.
        unit_rate: Ratio,
    },
}

impl DcpClock {
    /// The clock of an SMPTE document. `timecode_rate` must not be 0.
    pub(super) fn smpte(timecode_rate: u32, edit_rate: Option<Ratio>) -> Option<Self> {
        let whole = Ratio::new(i64::from(timecode_rate), 1).filter(|_| timecode_rate > 0)?;
        let unit_rate = match edit_rate {
            Some(rate) if rate.den > 1 && (rate.num + rate.den / 2) / rate.den == whole.num => rate,
            _ => whole,
        };
        Some(Self::Smpte { timecode_rate: u64::from(timecode_rate), unit_rate })
    }

    /// Reads a time in milliseconds, rounded; `None` if the text is not a time of this clock.
    pub(super) fn parse(self, text: &str) -> Option<u64> {
        let mut parts = text.trim().split(':');
        let (hours, minutes, last, units) = (parts.next()?, parts.next()?, parts.next()?, parts.next());
        if parts.next().is_some() {
            return None;
        }
        let (hours, minutes) = (number(hours)?, number(minutes).filter(|minutes| *minutes < 60)?);
        let (seconds, fraction) =
            last.split_once('.').map_or((last, None), |(whole, part)| (whole, Some(part)));
        let seconds = number(seconds).filter(|seconds| *seconds < 60)?;
        let seconds = hours * 3600 + minutes * 60 + seconds;
        match (self, units, fraction) {
            (Self::Interop, None, Some(fraction)) => Some(seconds * 1000 + milliseconds(fraction)?),
            (Self::Interop, None, None) => Some(seconds * 1000),
            (Self::Interop, Some(ticks), None) => {
                let ticks = number(ticks).filter(|ticks| *ticks < INTEROP_TICKS)?;
                Some(seconds * 1000 + ticks * 1000 / INTEROP_TICKS)
            }
            (Self::Smpte { timecode_rate, unit_rate }, Some(units), None) => {
                let units = seconds * timecode_rate + number(units).filter(|units| *units < timecode_rate)?;
                let (num, den) =
                    (u128::from(unit_rate.num.unsigned_abs()), u128::from(unit_rate.den.unsigned_abs()));
                u64::try_from((u128::from(units) * 1000 * den + num / 2).checked_div(num)?).ok()
            }
            _ => None,
        }
    }
}

/// Reads one to six digits.
fn number(text: &str) -> Option<u64> {
    let valid = (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| text.parse().ok()).flatten()
}

/// Reads the decimals of a second; those after the third are cut off.
fn milliseconds(decimals: &str) -> Option<u64> {
    number(decimals)?;
    format!("{decimals:0<3}").get(..3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::DcpClock;
    use crate::ratio::Ratio;

    #[test]
    fn times_are_read_by_the_clock_of_their_document() {
        let film = DcpClock::smpte(24, Ratio::new(24, 1)).unwrap();
        let ntsc = DcpClock::smpte(24, Ratio::new(24000, 1001)).unwrap();
        let ticks = DcpClock::smpte(250, Ratio::new(24, 1)).unwrap();
        for (clock, text, ms) in [
            (DcpClock::Interop, "00:00:05:100", Some(5_400)),
            (DcpClock::Interop, "00:00:05:001", Some(5_004)),
            (DcpClock::Interop, "01:02:03.5", Some(3_723_500)),
            (DcpClock::Interop, "01:02:03.045", Some(3_723_045)),
            (DcpClock::Interop, "00:00:05", Some(5_000)),
            (DcpClock::Interop, "00:00:05:250", None),
            (DcpClock::Interop, "00:00:05.", None),
            (DcpClock::Interop, "00:60:05.000", None),
            (DcpClock::Interop, "00:00:05.000:1", None),
            (DcpClock::Interop, "0:5", None),
            (DcpClock::Interop, "", None),
            (DcpClock::Interop, "-1:00:00.000", None),
            (film, "00:00:05:12", Some(5_500)),
            (film, "00:00:05:01", Some(5_042)),
            (film, "00:00:05:24", None),
            (film, "00:00:05.500", None),
            (film, "00:00:05", None),
            (film, "00:00:00:01:02", None),
            (ntsc, "00:16:40:00", Some(1_001_000)),
            (ticks, "00:00:05:125", Some(5_500)),
        ] {
            assert_eq!(clock.parse(text), ms, "{clock:?} {text}");
        }
        assert_eq!(DcpClock::smpte(0, None), None);
    }
}
