//! Frame rate and timescale of the output: one exact, constant rate of at most 60 for the whole film (Apple HLS authoring
//! 1.18 and 1.19).

use crate::ratio::Ratio;

/// Standard rates of cameras, broadcasters and players (Apple HLS authoring 1.18).
const STANDARD: [(i64, i64); 8] =
    [(24_000, 1001), (24, 1), (25, 1), (30_000, 1001), (30, 1), (50, 1), (60_000, 1001), (60, 1)];

/// Rates to which a variable rate is raised.
const FOR_VARIABLE: [i64; 5] = [24, 25, 30, 50, 60];

/// Largest numerator and denominator that the calculations accept.
const MAX_TERM: i64 = i32::MAX as i64;

/// Lowest output rate. Below it frames are repeated, because players react and seek too coarsely.
const MIN_RATE: i64 = 10;

/// Chooses the output rate; `None` if the master's rate is not plausible.
///
/// In this order: an average within 0.1 % of a standard rate becomes that rate; a variable rate is raised to the next of 24,
/// 25, 30, 50 and 60, so that no frame is lost (with a tolerance of 1 %, because the rate of phones varies around the nominal
/// one); a rate above 60 is halved; a rate below 10 is multiplied; any other rate is kept exactly, such as the 16 and 18
/// frames per second of silent films.
pub(super) fn output_rate(master: Ratio, variable: bool, interlaced: bool) -> Option<Ratio> {
    if master.num <= 0 || master.den <= 0 || over(master, 1000) {
        return None;
    }
    // Very large terms come from dividing long durations, or from invalid data.
    let master = if master.num > MAX_TERM || master.den > MAX_TERM { thousandths(master)? } else { master };
    if master.num == 0 {
        return None;
    }
    // No interlaced format has 50 frames per second: the container counts fields.
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
    let times = (MIN_RATE * master.den + master.num - 1) / master.num;
    let rate = Ratio::new(master.num.checked_mul(times.max(1))?, master.den)?;
    // A rate measured over a long film can have terms of any size; a thousandth is more precise than containers are.
    if rate.num <= 120_000 && rate.den <= 10_000 { Some(rate) } else { thousandths(rate) }
}

/// Ticks per second and ticks per frame: the rate's numerator and denominator, doubled until there are at least 10,000 ticks
/// per second.
///
/// The number of ticks per frame is an integer by construction, so decode times do not drift. libavformat's MP4 muxer
/// applies the same doubling, so it keeps this timescale: 24000/1001 gives 24000 and 1001, 25 gives 12800 and 512.
pub(super) fn timescale(rate: Ratio) -> Option<(u32, u32)> {
    let (mut scale, mut ticks) = (u32::try_from(rate.num).ok()?, u32::try_from(rate.den).ok()?);
    while scale < 10_000 {
        scale = scale.checked_mul(2)?;
        ticks = ticks.checked_mul(2)?;
    }
    Some((scale, ticks))
}

/// Number of frames in `duration_ms`, rounded to the nearest because the duration itself is rounded to milliseconds.
pub(super) fn frames_in(duration_ms: u64, rate: Ratio) -> u64 {
    let per = 1000 * i128::from(rate.den);
    let doubled = (2 * i128::from(duration_ms)).saturating_mul(i128::from(rate.num));
    u64::try_from(doubled.saturating_add(per) / (2 * per)).unwrap_or(u64::MAX)
}

/// Up to three decimals, without trailing zeros: `25`, `23.976`.
pub(super) fn decimals(rate: Ratio) -> String {
    format!("{:.3}", rate.to_f64()).trim_end_matches('0').trim_end_matches('.').to_owned()
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
    fn master_rates_give_the_expected_output_rates() {
        let (constant, variable, interlaced) = ((false, false), (true, false), (false, true));
        for (name, master, (is_variable, is_interlaced), expected) in [
            ("film", (24, 1), constant, Some((24, 1))),
            ("film in NTSC countries", (24_000, 1001), constant, Some((24_000, 1001))),
            ("the same, rounded", (2997, 125), constant, Some((24_000, 1001))),
            ("PAL, measured", (24_999, 1000), constant, Some((25, 1))),
            ("between 23.976 and 24, nearer 24", (23_999, 1000), constant, Some((24, 1))),
            ("between 23.976 and 24, nearer 23.976", (23_980, 1000), constant, Some((24_000, 1001))),
            ("60", (60, 1), constant, Some((60, 1))),
            ("59.94", (19_001, 317), constant, Some((60_000, 1001))),
            ("silent film", (18, 1), constant, Some((18, 1))),
            ("half PAL", (25, 2), constant, Some((25, 2))),
            ("48", (48, 1), constant, Some((48, 1))),
            ("odd but exact", (359, 12), constant, Some((359, 12))),
            ("odd with long terms", (1_234_567_891, 45_678_912), constant, Some((27_027, 1000))),
            ("sports", (120, 1), constant, Some((60, 1))),
            ("sports in NTSC countries", (120_000, 1001), constant, Some((60_000, 1001))),
            ("slow motion", (240, 1), constant, Some((60, 1))),
            ("72", (72, 1), constant, Some((36, 1))),
            ("time lapse", (1, 1), constant, Some((10, 1))),
            ("slides", (1, 5), constant, Some((10, 1))),
            ("surveillance", (8, 1), constant, Some((16, 1))),
            ("phone", (30_170, 1000), variable, Some((30, 1))),
            ("phone at 60", (60_300, 1000), variable, Some((60, 1))),
            ("screen", (1873, 100), variable, Some((24, 1))),
            ("idle screen", (2, 7), variable, Some((24, 1))),
            ("mixed 24 and 30", (2671, 100), variable, Some((30, 1))),
            ("mixed 30 and 60", (4211, 100), variable, Some((50, 1))),
            ("high-rate screen", (9712, 100), variable, Some((50, 1))),
            ("PAL video", (25, 1), interlaced, Some((25, 1))),
            ("PAL video by fields", (50, 1), interlaced, Some((25, 1))),
            ("NTSC video by fields", (60_000, 1001), interlaced, Some((30_000, 1001))),
            ("terms above the limit", (25 * (i64::MAX / 50), i64::MAX / 50), constant, Some((25, 1))),
            ("one frame in ages", (1, i64::MAX), constant, None),
            ("unknown", (0, 1), constant, None),
            ("negative", (-25, 1), constant, None),
            ("a time base instead of a rate", (90_000, 1), constant, None),
        ] {
            let rate = output_rate(Ratio::new(master.0, master.1).unwrap(), is_variable, is_interlaced);
            assert_eq!(rate, expected.map(|(num, den)| Ratio::new(num, den).unwrap()), "{name}");
        }
    }

    #[test]
    fn a_frame_has_an_integer_number_of_ticks() {
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
    fn rounded_durations_give_the_exact_number_of_frames() {
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
