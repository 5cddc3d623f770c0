//! Progress bars with the speed and the time left, which are averages over the last half minute.

use std::{
    collections::VecDeque,
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{
    FormattedDuration, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle,
};

/// The period that the speed is an average of. Encoding moves in leaps, so a shorter one would make the time left jump.
const WINDOW: Duration = Duration::from_secs(30);
/// A speed measured over less time is too inexact to show.
const MIN_SPAN: Duration = Duration::from_secs(1);

/// A progress bar on standard error. `{speed}` and `{left}` in its template are empty while the speed is unknown.
pub(crate) struct Progress {
    /// The bar. Its position changes only through [`Progress`].
    pub(crate) bar: ProgressBar,
    speed: Arc<Mutex<Speed>>,
    format_speed: fn(f64) -> String,
}

impl Progress {
    /// Creates a bar; `format_speed` formats a speed in steps per second.
    pub(crate) fn new(total: u64, template: &str, format_speed: fn(f64) -> String) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(8));
        bar.enable_steady_tick(Duration::from_millis(250));
        let progress = Self { bar, speed: Arc::default(), format_speed };
        progress.set_template(template);
        progress
    }

    /// Replaces the template.
    pub(crate) fn set_template(&self, template: &str) {
        let (for_speed, for_left, format_speed) =
            (Arc::clone(&self.speed), Arc::clone(&self.speed), self.format_speed);
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .with_key("speed", move |_: &ProgressState, out: &mut dyn Write| {
                if let Some(speed) = lock(&for_speed).per_second(Instant::now()) {
                    let _ = write!(out, "{}", format_speed(speed));
                }
            })
            .with_key("left", move |state: &ProgressState, out: &mut dyn Write| {
                let steps_left = state.len().unwrap_or(0).saturating_sub(state.pos());
                if let Some(left) = lock(&for_left).time_left(Instant::now(), steps_left) {
                    let _ = write!(out, "{} left", FormattedDuration(left));
                }
            });
        self.bar.set_style(style);
    }

    /// Sets the position. The time before the first step was preparation, so it does not count for the speed.
    pub(crate) fn set_position(&self, position: u64) {
        self.bar.set_position(position);
        lock(&self.speed).record(Instant::now(), position);
    }

    /// Sets the position after an interruption. This step does not count for the speed.
    pub(crate) fn restart_at(&self, position: u64) {
        *lock(&self.speed) = Speed::default();
        self.set_position(position);
    }

    /// Returns speed and time left for the end of a line: `, 12 frames/s, 3 minutes left`, or nothing while the speed is unknown.
    pub(crate) fn estimate(&self) -> String {
        let now = Instant::now();
        let speed = lock(&self.speed);
        let steps_left = self.bar.length().unwrap_or(0).saturating_sub(self.bar.position());
        match (speed.per_second(now), speed.time_left(now, steps_left)) {
            (Some(per_second), Some(left)) => {
                format!(", {}, {} left", (self.format_speed)(per_second), HumanDuration(left))
            }
            _ => String::new(),
        }
    }
}

fn lock(speed: &Mutex<Speed>) -> MutexGuard<'_, Speed> {
    speed.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Positions of the last [`WINDOW`], oldest first.
#[derive(Default)]
struct Speed(VecDeque<(Instant, u64)>);

impl Speed {
    fn record(&mut self, now: Instant, position: u64) {
        if self.0.back().map_or(0, |(_, last)| *last) < position {
            self.0.push_back((now, position));
        }
        while self.0.len() > 2 && now.duration_since(self.0[0].0) > WINDOW {
            self.0.pop_front();
        }
    }

    /// Steps per second; `None` before there are two positions that are [`MIN_SPAN`] apart.
    #[expect(clippy::cast_precision_loss, reason = "for show")]
    fn per_second(&self, now: Instant) -> Option<f64> {
        let ((began, from), (last, to)) = (self.0.front()?, self.0.back()?);
        let is_known = from < to && last.duration_since(*began) >= MIN_SPAN;
        // To now rather than to the last step, so that the speed falls while nothing moves.
        is_known.then(|| (to - from) as f64 / now.duration_since(*began).as_secs_f64())
    }

    #[expect(clippy::cast_precision_loss, reason = "for show")]
    fn time_left(&self, now: Instant, steps: u64) -> Option<Duration> {
        Duration::try_from_secs_f64((steps as f64 / self.per_second(now)?).round()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_is_unknown_until_two_steps_are_a_second_apart() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs_f64(seconds);
        let mut speed = Speed::default();
        for (second, position) in [(0.0, 0), (60.0, 0), (61.0, 51), (61.5, 51), (61.6, 60)] {
            speed.record(at(second), position);
            assert_eq!(speed.per_second(at(second)), None, "{second}");
            assert_eq!(speed.time_left(at(second), 10), None, "{second}");
        }
        speed.record(at(66.0), 101);
        assert_eq!(speed.per_second(at(66.0)), Some(10.0));
        assert_eq!(speed.time_left(at(66.0), 649), Some(Duration::from_secs(65)));
        // Nothing moves for five seconds.
        assert_eq!(speed.per_second(at(71.0)), Some(5.0));
    }

    #[test]
    fn only_the_last_half_minute_counts() {
        let start = Instant::now();
        let mut speed = Speed::default();
        for second in 1..=100 {
            let position = if second <= 50 { second } else { 50 + 20 * (second - 50) };
            speed.record(start + Duration::from_secs(second), position);
        }
        assert_eq!(speed.per_second(start + Duration::from_secs(100)), Some(20.0));
    }

    #[test]
    fn a_bar_shows_no_estimate_before_its_speed_is_known() {
        let progress = Progress::new(1000, "{pos} {speed} {left}", |speed| format!("{speed:.0}/s"));
        assert_eq!(progress.estimate(), "");
        progress.restart_at(500);
        progress.set_position(501);
        assert_eq!((progress.estimate().as_str(), progress.bar.position()), ("", 501));
    }
}
