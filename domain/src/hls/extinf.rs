//! Durations for `#EXTINF` (RFC 8216 §4.3.2.1), computed in integers.

const MICROSECONDS: u128 = 1_000_000;

/// Converts the segments' durations to microseconds. Each result is the difference of the segment's end and start, both rounded down, so
/// rounding errors do not add up over a film: the sum of any consecutive durations is within one microsecond of the exact sum (Apple
/// HLS authoring 8.1).
///
/// Rounded down, because FFmpeg's HLS demuxer skips a key frame whose decode time is even a microsecond before the time that these
/// durations give its segment; a seek would then begin a whole GOP late.
pub fn extinf_durations(timescale: u32, ticks: impl IntoIterator<Item = u64>) -> impl Iterator<Item = u64> {
    let scale = u128::from(timescale.max(1));
    let mut end_ticks = 0_u128;
    let mut start_us = 0_u128;
    ticks.into_iter().map(move |ticks| {
        end_ticks += u128::from(ticks);
        let end_us = end_ticks * MICROSECONDS / scale;
        let duration_us = end_us - start_us;
        start_us = end_us;
        u64::try_from(duration_us).unwrap_or(u64::MAX)
    })
}

/// One `#EXTINF` line, to the microsecond.
pub(super) struct Extinf(pub(super) u64);

impl std::fmt::Display for Extinf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#EXTINF:{}.{:06},", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}
