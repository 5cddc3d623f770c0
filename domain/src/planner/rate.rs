//! The output's frame rate and time: one constant rate for the whole film, exact, at most 60 (Apple HLS authoring 1.18
//! and 1.19).

use crate::ratio::Ratio;

/// Rates that cameras, broadcasters and players know (Apple HLS authoring 1.18).
const STANDARD: [(i64, i64); 8] =
    [(24_000, 1001), (24, 1), (25, 1), (30_000, 1001), (30, 1), (50, 1), (60_000, 1001), (60, 1)];

/// What a varying rate is raised to.
const FOR_VARIABLE: [i64; 5] = [24, 25, 30, 50, 60];

/// Largest numerator and denominator that are reckoned with.
const LONGEST_TERM: i64 = i32::MAX as i64;

/// Below this a picture is shown several times: players and seeking get coarse.
const LOWEST: i64 = 10;

/// The rate to encode at; `None` when the master's makes no sense.
///
/// In this order: an average within 0.1 % of a standard rate is that rate; a varying one is raised to the next of 24, 25,
/// 30, 50 and 60, so that no picture is lost (1 % of slack, for phones that waver around their rate); above 60 it is
/// halved; below 10 it is multiplied; anything else is kept exactly, so 16 and 18 frames of silent film stay theirs.
pub(super) fn output_rate(master: Ratio, variable: bool, interlaced: bool) -> Option<Ratio> {
    if master.num <= 0 || master.den <= 0 || over(master, 1000) {
        return None;
    }
    // Terms that no camera has come from dividing long durations, or from nonsense.
    let master =
        if master.num > LONGEST_TERM || master.den > LONGEST_TERM { thousandths(master)? } else { master };
    if master.num == 0 {
        return None;
    }
    // No carrier has 50 woven pictures a second: here the container counts fields.
    if interlaced && over(master, 40) {
        return output_rate(half(master)?, variable, interlaced);
    }
    if let Some(standard) = nearest_standard(master) {
        return Some(standard);
    }
    if variable && let Some(rate) = FOR_VARIABLE.into_iter().find(|rate| !over_by_a_hundredth(master, *rate))
    {
        return Ratio::new(rate, 1);
    }
    if over(master, 60) {
        return output_rate(half(master)?, variable, interlaced);
    }
    let times = (LOWEST * master.den + master.num - 1) / master.num;
    let rate = Ratio::new(master.num.checked_mul(times.max(1))?, master.den)?;
    // A rate measured over a long film can have terms of any size; a thousandth is finer than any container is.
    if rate.num <= 120_000 && rate.den <= 10_000 { Some(rate) } else { thousandths(rate) }
}

/// Ticks per second and per frame: the least doubling of the rate's own terms that reaches 10,000 ticks a second.
///
/// `ticks / frame` is whole by construction, so decode times never drift. The doubling is libavformat's own rule for MP4,
/// so its muxer keeps what is asked for: 24000/1001 gives 24000 and 1001, 25 gives 12800 and 512.
pub(super) fn timescale(rate: Ratio) -> Option<(u32, u32)> {
    let (mut scale, mut ticks) = (u32::try_from(rate.num).ok()?, u32::try_from(rate.den).ok()?);
    while scale < 10_000 {
        scale = scale.checked_mul(2)?;
        ticks = ticks.checked_mul(2)?;
    }
    Some((scale, ticks))
}

/// Frames in `duration_ms`, rounded to the nearest; durations are rounded to a millisecond already.
pub(super) fn frames_in(duration_ms: u64, rate: Ratio) -> u64 {
    let per = 1000 * i128::from(rate.den);
    let doubled = (2 * i128::from(duration_ms)).saturating_mul(i128::from(rate.num));
    u64::try_from(doubled.saturating_add(per) / (2 * per)).unwrap_or(u64::MAX)
}

fn nearest_standard(rate: Ratio) -> Option<Ratio> {
    let (num, den) = (i128::from(rate.num), i128::from(rate.den));
    STANDARD
        .into_iter()
        // |a/b - c/e| in units of 1 / (b·e·c): the distance relative to the standard rate, times b.
        .map(|(n, d)| ((num * i128::from(d) - i128::from(n) * den).abs(), i128::from(n), d))
        .filter(|(distance, n, _)| distance * 1000 <= n * den)
        .min_by(|a, b| (a.0 * b.1).cmp(&(b.0 * a.1)))
        .and_then(|(_, n, d)| Ratio::new(i64::try_from(n).ok()?, d))
}

fn over(rate: Ratio, limit: i64) -> bool {
    i128::from(rate.num) > i128::from(limit) * i128::from(rate.den)
}

fn over_by_a_hundredth(rate: Ratio, limit: i64) -> bool {
    100 * i128::from(rate.num) > 101 * i128::from(limit) * i128::from(rate.den)
}

fn half(rate: Ratio) -> Option<Ratio> {
    Ratio::new(rate.num, rate.den.checked_mul(2)?)
}

fn thousandths(rate: Ratio) -> Option<Ratio> {
    let (num, den) = (i128::from(rate.num) * 2000, i128::from(rate.den));
    Ratio::new(i64::try_from((num + den) / (2 * den)).ok()?, 1000)
}

#[cfg(test)]
mod tests {
    use super::{frames_in, output_rate, timescale};
    use crate::ratio::Ratio;

    #[test]
    fn every_rate_finds_its_output() {
        let (steady, varying, woven) = ((false, false), (true, false), (false, true));
        for (name, master, (variable, interlaced), expected) in [
            ("film", (24, 1), steady, Some((24, 1))),
            ("film in NTSC lands", (24_000, 1001), steady, Some((24_000, 1001))),
            ("the same, rounded", (2997, 125), steady, Some((24_000, 1001))),
            ("PAL, measured", (24_999, 1000), steady, Some((25, 1))),
            ("between 23.976 and 24, nearer 24", (23_999, 1000), steady, Some((24, 1))),
            ("between 23.976 and 24, nearer 23.976", (23_980, 1000), steady, Some((24_000, 1001))),
            ("60", (60, 1), steady, Some((60, 1))),
            ("59.94", (19_001, 317), steady, Some((60_000, 1001))),
            ("silent film", (18, 1), steady, Some((18, 1))),
            ("half PAL", (25, 2), steady, Some((25, 2))),
            ("48", (48, 1), steady, Some((48, 1))),
            ("odd but exact", (359, 12), steady, Some((359, 12))),
            ("odd with long terms", (1_234_567_891, 45_678_912), steady, Some((27_027, 1000))),
            ("sports", (120, 1), steady, Some((60, 1))),
            ("sports in NTSC lands", (120_000, 1001), steady, Some((60_000, 1001))),
            ("slow motion", (240, 1), steady, Some((60, 1))),
            ("72", (72, 1), steady, Some((36, 1))),
            ("time lapse", (1, 1), steady, Some((10, 1))),
            ("slides", (1, 5), steady, Some((10, 1))),
            ("surveillance", (8, 1), steady, Some((16, 1))),
            ("phone", (30_170, 1000), varying, Some((30, 1))),
            ("phone at 60", (60_300, 1000), varying, Some((60, 1))),
            ("screen", (1873, 100), varying, Some((24, 1))),
            ("idle screen", (2, 7), varying, Some((24, 1))),
            ("mixed 24 and 30", (2671, 100), varying, Some((30, 1))),
            ("mixed 30 and 60", (4211, 100), varying, Some((50, 1))),
            ("high-rate screen", (9712, 100), varying, Some((50, 1))),
            ("PAL video", (25, 1), woven, Some((25, 1))),
            ("PAL video by fields", (50, 1), woven, Some((25, 1))),
            ("NTSC video by fields", (60_000, 1001), woven, Some((30_000, 1001))),
            ("terms beyond reckoning", (25 * (i64::MAX / 50), i64::MAX / 50), steady, Some((25, 1))),
            ("once in an age", (1, i64::MAX), steady, None),
            ("unknown", (0, 1), steady, None),
            ("backwards", (-25, 1), steady, None),
            ("a time base taken for a rate", (90_000, 1), steady, None),
        ] {
            let rate = output_rate(Ratio::new(master.0, master.1).unwrap(), variable, interlaced);
            assert_eq!(rate, expected.map(|(num, den)| Ratio::new(num, den).unwrap()), "{name}");
        }
    }

    #[test]
    fn a_frame_is_a_whole_number_of_ticks() {
        for (rate, expected) in [
            ((24_000, 1001), (24_000, 1001)),
            ((24, 1), (12_288, 512)),
            ((25, 1), (12_800, 512)),
            ((30_000, 1001), (30_000, 1001)),
            ((60, 1), (15_360, 256)),
            ((25, 2), (12_800, 1024)),
            ((359, 12), (11_488, 384)),
        ] {
            assert_eq!(timescale(Ratio::new(rate.0, rate.1).unwrap()), Some(expected), "{rate:?}");
        }
    }

    #[test]
    fn durations_in_milliseconds_give_back_their_frames() {
        for (num, den) in [(24_000, 1001), (25, 1), (30_000, 1001), (60_000, 1001), (60, 1), (359, 12)] {
            let rate = Ratio::new(num, den).unwrap();
            for frames in (1..200).chain([86_399, 172_800, 5_184_000]) {
                let duration_ms =
                    (frames * 1000 * den.unsigned_abs() + num.unsigned_abs() / 2) / num.unsigned_abs();
                assert_eq!(frames_in(duration_ms, rate), frames, "{rate}");
            }
        }
    }
}
