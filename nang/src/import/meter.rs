//! Shows progress: as a bar on a terminal, otherwise as a line every five seconds.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget};

use crate::progress;

const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// What a meter counts.
#[derive(Clone, Copy)]
enum Unit {
    Bytes,
    Frames,
}

/// A display of progress.
pub(super) struct Meter {
    bar: ProgressBar,
    unit: Unit,
    what: &'static str,
    template: &'static str,
    printed_at: Mutex<Instant>,
}

impl Meter {
    pub(super) fn bytes(total: u64) -> Self {
        Self::new(
            Unit::Bytes,
            "Uploading",
            total,
            "{prefix:10} {wide_bar} {bytes}/{total_bytes}  {bytes_per_sec}  {left}",
        )
    }

    pub(super) fn frames() -> Self {
        Self::new(
            Unit::Frames,
            "Encoding",
            0,
            "{prefix:10} {wide_bar} {percent}%  {pos}/{len} frames  {msg}  {left}",
        )
    }

    fn new(unit: Unit, what: &'static str, total: u64, template: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(8));
        bar.set_style(progress::style(template));
        bar.set_prefix(what);
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { bar, unit, what, template, printed_at: Mutex::new(Instant::now()) }
    }

    /// Sets the position after an interruption. This step does not count for the speed.
    pub(super) fn restart_at(&self, position: u64) {
        self.bar.set_position(position);
        self.bar.reset_eta();
    }

    pub(super) fn advance(&self, by: u64) {
        self.bar.inc(by);
        self.print_line();
    }

    /// Shows the bar with this position, total and message.
    pub(super) fn show(&self, position: u64, total: u64, message: String) {
        self.bar.set_style(progress::style(self.template));
        self.bar.set_length(total);
        progress::set_position(&self.bar, position);
        self.bar.set_message(message);
        self.print_line();
    }

    /// Shows a spinner with this text, while there is nothing to count.
    pub(super) fn show_waiting(&self, what: &'static str) {
        let is_new = self.bar.message() != what;
        self.bar.set_style(progress::style("{spinner} {msg}"));
        self.bar.set_message(what);
        if is_new && self.bar.is_hidden() {
            self.note(what);
        }
    }

    /// Prints a line that stays on the terminal.
    #[expect(clippy::print_stderr, reason = "messages to the user of the command")]
    pub(super) fn note(&self, text: &str) {
        self.bar.suspend(|| eprintln!("{text}"));
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    #[expect(clippy::print_stderr, reason = "plain progress lines for logs and pipes")]
    fn print_line(&self) {
        if !self.bar.is_hidden() {
            return;
        }
        let mut printed_at = self.printed_at.lock().unwrap_or_else(PoisonError::into_inner);
        if printed_at.elapsed() < LINE_INTERVAL {
            return;
        }
        *printed_at = Instant::now();
        let (done, total, speed) = (self.bar.position(), self.bar.length().unwrap_or(0), self.bar.per_sec());
        let left = progress::left(&self.bar);
        let what = self.what;
        match self.unit {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "for show")]
            Unit::Bytes => {
                let (done, total, speed) = (HumanBytes(done), HumanBytes(total), HumanBytes(speed as u64));
                eprintln!("{what}: {done} of {total}, {speed}/s{left}");
            }
            Unit::Frames => eprintln!("{what}: {done}/{total} frames, {}{left}", self.bar.message()),
        }
    }
}
