//! Finds the frame rate, and whether it is constant, from samples of the frames' timestamps. Pure.
//!
//! Containers round timestamps (Matroska to milliseconds), camera clocks jitter, broadcasts lose single frames, and telecine
//! alternates two and three fields. None of these makes the rate variable. So each candidate rate is tested as an even grid; it
//! fits if nearly every grid position has exactly one frame.
//!
//! If the rate is variable, the most common distance between frames decides: a recording that stalls now and then has the rate at which it
//! runs, not the lower average.

use domain::ratio::Ratio;

/// Frame rates that cameras, editing programs and archives use.
const COMMON: &[(i64, i64)] = &[
    (24_000, 1001),
    (24, 1),
    (25, 1),
    (30_000, 1001),
    (30, 1),
    (48_000, 1001),
    (48, 1),
    (50, 1),
    (60_000, 1001),
    (60, 1),
    (12, 1),
    (15_000, 1001),
    (15, 1),
    (10, 1),
    (16, 1),
    (18, 1),
    (20, 1),
    (90, 1),
    (100, 1),
    (120_000, 1001),
    (120, 1),
    (240, 1),
];

/// Maximum share of steps between frames that are not one grid step.
const OFF_GRID: f64 = 0.01;

/// If at least this share of steps is exactly the step of a rate, to the tick, that is the rate. The other steps are joints of a film
/// assembled from several clips, which would falsify an average.
const EXACT: f64 = 0.98;

/// A distance between frames is the most common one only if at least this share of all is about as long.
const COMMON_SHARE: f64 = 0.4;
/// How far distances of one rate differ, as a share of the distance: clocks of telephones and browsers jitter.
const JITTER: f64 = 0.12;

/// The frame rate according to the timestamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cadence {
    /// The constant rate; of a variable one that of the most common distance between frames, or the average.
    pub(super) rate: Ratio,
    /// Whether no constant rate fits.
    pub(super) variable: bool,
}

/// Returns the cadence of `windows`, each a run of consecutive timestamps in presentation order, in ticks of `time_base`. The
/// `declared` rates are tried in addition to the common ones. `None` if no window has two frames.
pub(super) fn cadence(windows: &[Vec<i64>], time_base: Ratio, declared: &[Ratio]) -> Option<Cadence> {
    let second = time_base.inverse()?.to_f64();
    if let Some(rate) = exact_rate(windows, time_base) {
        return Some(Cadence { rate, variable: false });
    }
    let common = COMMON.iter().filter_map(|&(num, den)| Ratio::new(num, den));
    let best = common
        .chain(declared.iter().copied().filter(|rate| rate.num > 0))
        .filter_map(|rate| Some((rate, fit(windows, second / rate.to_f64())?)))
        .min_by(|a, b| a.1.badness().total_cmp(&b.1.badness()));
    match best {
        Some((rate, fit)) if fit.off_grid <= OFF_GRID || fit.has_few_strays() => {
            Some(Cadence { rate, variable: false })
        }
        _ => {
            let rate = commonest(windows, second).or_else(|| average(windows, time_base))?;
            Some(Cadence { rate, variable: true })
        }
    }
}

/// Returns the common rate whose step nearly all steps equal to the tick. Only rates whose step is a whole number of ticks qualify.
#[expect(clippy::cast_precision_loss, reason = "a share of a count")]
fn exact_rate(windows: &[Vec<i64>], time_base: Ratio) -> Option<Ratio> {
    let steps =
        || windows.iter().flat_map(|window| window.windows(2)).map(|pair| pair[1].saturating_sub(pair[0]));
    let count = steps().count();
    COMMON.iter().filter_map(|&(num, den)| Ratio::new(num, den)).find(|rate| {
        let (ticks, rest) = (time_base.den.saturating_mul(rate.den), time_base.num.saturating_mul(rate.num));
        let exact = || steps().filter(|step| *step == ticks / rest).count() as f64;
        ticks % rest == 0 && count > 0 && exact() >= EXACT * count as f64
    })
}

/// Returns the common rate of the most common distance between frames; `None` if no distance is common. `second` is in ticks.
#[expect(clippy::cast_precision_loss, reason = "distances between frames in ticks are far below 2^52")]
fn commonest(windows: &[Vec<i64>], second: f64) -> Option<Ratio> {
    let steps: Vec<f64> = windows
        .iter()
        .flat_map(|window| window.windows(2))
        .map(|pair| pair[1].saturating_sub(pair[0]) as f64)
        .filter(|step| *step > 0.0)
        .collect();
    let rates = || COMMON.iter().filter_map(|&(num, den)| Ratio::new(num, den));
    // Containers round each time by up to half a tick.
    let near = |length: f64| move |step: &&f64| (**step - length).abs() <= 1.0_f64.max(length * JITTER);
    let counted = rates().map(|rate| steps.iter().filter(near(second / rate.to_f64())).count());
    let most = counted.max()?;
    if most == 0 || (most as f64) < COMMON_SHARE * steps.len() as f64 {
        return None;
    }
    // Neighbouring rates have about as many; their mean decides between them.
    let best = rates().filter(|rate| {
        let count = steps.iter().filter(near(second / rate.to_f64())).count();
        count as f64 >= 0.95 * most as f64
    });
    best.min_by(|a, b| {
        let error = |rate: &Ratio| {
            let length = second / rate.to_f64();
            let own: Vec<f64> = steps.iter().filter(near(length)).copied().collect();
            (own.iter().sum::<f64>() / own.len().max(1) as f64 - length).abs() / length
        };
        error(a).total_cmp(&error(b))
    })
}

/// So many irregular steps do not make the rate of a short clip variable.
const FEW_STRAYS: f64 = 2.0;
/// Minimum number of steps of which some may be irregular.
const MIN_STEPS: f64 = 40.0;

struct Fit {
    steps: f64,
    /// Share of steps that are not one grid step.
    off_grid: f64,
    /// Spread around the grid, in grid steps.
    spread: f64,
}

impl Fit {
    fn has_few_strays(&self) -> bool {
        self.steps >= MIN_STEPS && self.off_grid * self.steps <= FEW_STRAYS + 0.5
    }

    fn badness(&self) -> f64 {
        self.off_grid * 10.0 + self.spread
    }
}

#[expect(clippy::cast_precision_loss, reason = "spans of a film in ticks are far below 2^52")]
fn fit(windows: &[Vec<i64>], step: f64) -> Option<Fit> {
    let (mut steps, mut off, mut count, mut sum, mut squares) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for window in windows {
        // The grid restarts after each irregular step, since a frame lost in a broadcast shifts all later frames.
        let (mut origin, mut last) = (*window.first()? as f64, 0.0);
        for &time in &window[1..] {
            let time = time as f64;
            let place = ((time - origin) / step).round();
            let error = (time - origin) / step - place;
            steps += 1.0;
            if (place - last - 1.0).abs() > 0.5 {
                off += 1.0;
                (origin, last) = (time, 0.0);
                continue;
            }
            last = place;
            count += 1.0;
            sum += error;
            squares += error * error;
        }
    }
    if steps == 0.0 || count == 0.0 {
        return None;
    }
    let mean: f64 = sum / count;
    Some(Fit { steps, off_grid: off / steps, spread: (squares / count - mean * mean).max(0.0).sqrt() })
}

/// Returns the average rate, rounded down to thousandths so that its terms are readable.
fn average(windows: &[Vec<i64>], time_base: Ratio) -> Option<Ratio> {
    let mut frames = 0;
    let mut ticks = 0;
    for window in windows {
        let (first, last) = (window.first()?, window.last()?);
        frames += i64::try_from(window.len()).ok()? - 1;
        ticks += last.checked_sub(*first)?;
    }
    if frames <= 0 || ticks <= 0 {
        return None;
    }
    let frames_per_second_times_1000 = i128::from(frames) * i128::from(time_base.den) * 1000
        / (i128::from(ticks) * i128::from(time_base.num));
    Ratio::new(i64::try_from(frames_per_second_times_1000).ok()?, 1000).filter(|rate| rate.num > 0)
}

#[cfg(test)]
mod tests {
    use domain::ratio::Ratio;

    use super::{Cadence, cadence};

    fn ratio(num: i64, den: i64) -> Ratio {
        Ratio::new(num, den).unwrap()
    }

    /// Returns the timestamps of a constant rate, rounded to this time base as a container does.
    fn even(rate: Ratio, time_base: Ratio, frames: i64) -> Vec<i64> {
        (0..frames)
            .map(|k| {
                (k * rate.den * time_base.den * 2 + rate.num * time_base.num) / (rate.num * time_base.num * 2)
            })
            .collect()
    }

    #[test]
    fn constant_rates_are_found_despite_the_containers_rounding() {
        for (num, den) in
            [(24_000, 1001), (24, 1), (25, 1), (30_000, 1001), (50, 1), (16, 1), (18, 1), (120, 1)]
        {
            for base in [ratio(1, 1000), ratio(1, 90_000), ratio(1, 12_800)] {
                let rate = ratio(num, den);
                let found = cadence(&[even(rate, base, 600)], base, &[]);
                assert_eq!(found, Some(Cadence { rate, variable: false }), "{rate} in {base}");
            }
        }
    }

    #[test]
    fn an_uncommon_declared_rate_is_tried_too() {
        let (rate, base) = (ratio(1799, 100), ratio(1, 90_000));
        assert_eq!(cadence(&[even(rate, base, 600)], base, &[rate]), Some(Cadence { rate, variable: false }));
    }

    #[test]
    fn joints_do_not_change_the_rate() {
        // Twelve clips of 132 frames at 25 per second, each joined a quarter of a frame late.
        let base = ratio(1, 12_800);
        let joined =
            (0..12).flat_map(|piece| (0..132).map(move |k| (piece * 132 + k) * 512 + piece * 137)).collect();
        let found = cadence(&[joined], base, &[ratio(20_275_200, 812_513)]);
        assert_eq!(found, Some(Cadence { rate: ratio(25, 1), variable: false }));
    }

    #[test]
    fn a_lost_frame_and_telecine_do_not_make_the_rate_variable() {
        let base = ratio(1, 90_000);
        let mut lossy = even(ratio(25, 1), base, 900);
        lossy.drain(300..304);
        assert_eq!(cadence(&[lossy], base, &[]), Some(Cadence { rate: ratio(25, 1), variable: false }));
        let telecine = (0..600).map(|k| (k * 5 / 2) * 1501 + (k * 5 / 2) / 2).collect();
        let found = cadence(&[telecine], base, &[]).unwrap();
        assert_eq!(found, Cadence { rate: ratio(24_000, 1001), variable: false });
    }

    #[test]
    fn a_phone_that_drops_to_half_its_rate_is_variable() {
        let base = ratio(1, 600);
        let mut time = 0;
        let times = (0..600).map(|k| {
            time += if k % 100 < 60 { 20 } else { 40 };
            time
        });
        let found = cadence(&[times.collect()], base, &[]).unwrap();
        assert_eq!(found, Cadence { rate: ratio(30, 1), variable: true });
    }

    #[test]
    fn a_recording_that_stalls_has_the_rate_at_which_it_runs() {
        let base = ratio(1, 1000);
        // 30 frames per second in milliseconds, with a stall of half a second after every 40 frames.
        let times = (0..600_i64).map(|k| k * 100 / 3 + k / 40 * 500).collect();
        assert_eq!(cadence(&[times], base, &[]), Some(Cadence { rate: ratio(30, 1), variable: true }));
    }

    #[test]
    fn without_a_common_distance_the_average_decides() {
        let times = (0..600_i64).map(|k| k * 40 + (k * k * 7) % 36).collect();
        let found = cadence(&[times], ratio(1, 1000), &[]).unwrap();
        assert!(found.variable && (24.0..26.0).contains(&found.rate.to_f64()), "{found:?}");
    }

    #[test]
    fn one_frame_has_no_rate() {
        assert_eq!(cadence(&[vec![7]], ratio(1, 1000), &[]), None);
        assert_eq!(cadence(&[], ratio(1, 1000), &[]), None);
    }
}
