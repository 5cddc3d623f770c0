//! Shows progress: as a bar on a terminal, otherwise as a line every five seconds.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::HumanBytes;

use crate::progress::Progress;

const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// What a meter counts.
#[derive(Clone, Copy)]
enum Unit {
    Bytes,
    Frames,
}

/// A display of progress.
pub(super) struct Meter {
    progress: Progress,
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
            "{prefix:10} {wide_bar} {bytes}/{total_bytes}  {speed}  {left}",
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
        let format_speed: fn(f64) -> String = match unit {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "for show")]
            Unit::Bytes => |speed| format!("{}/s", HumanBytes(speed as u64)),
            Unit::Frames => |speed| format!("{speed:.1} frames/s"),
        };
        let progress = Progress::new(total, template, format_speed);
        progress.bar.set_prefix(what);
        Self { progress, unit, what, template, printed_at: Mutex::new(Instant::now()) }
    }

    /// Sets the position after an interruption. This step does not count for the speed.
    pub(super) fn restart_at(&self, position: u64) {
        self.progress.restart_at(position);
    }

    pub(super) fn advance(&self, by: u64) {
        self.progress.set_position(self.progress.bar.position() + by);
        self.print_line();
    }

    /// Shows the bar with this position, total and message.
    pub(super) fn show(&self, position: u64, total: u64, message: String) {
        self.progress.set_template(self.template);
        self.progress.bar.set_length(total);
        self.progress.set_position(position);
        self.progress.bar.set_message(message);
        self.print_line();
    }

    /// Shows a spinner with this text, while there is nothing to count.
    pub(super) fn show_waiting(&self, what: &'static str) {
        let is_new = self.progress.bar.message() != what;
        self.progress.set_template("{spinner} {msg}");
        self.progress.bar.set_message(what);
        if is_new && self.progress.bar.is_hidden() {
            self.note(what);
        }
    }

    /// Prints a line that stays on the terminal.
    #[expect(clippy::print_stderr, reason = "messages to the user of the command")]
    pub(super) fn note(&self, text: &str) {
        self.progress.bar.suspend(|| eprintln!("{text}"));
    }

    pub(super) fn finish(&self) {
        self.progress.bar.finish_and_clear();
    }

    #[expect(clippy::print_stderr, reason = "plain progress lines for logs and pipes")]
    fn print_line(&self) {
        if !self.progress.bar.is_hidden() {
            return;
        }
        let mut printed_at = self.printed_at.lock().unwrap_or_else(PoisonError::into_inner);
        if printed_at.elapsed() < LINE_INTERVAL {
            return;
        }
        *printed_at = Instant::now();
        let (done, total) = (self.progress.bar.position(), self.progress.bar.length().unwrap_or(0));
        let (what, estimate) = (self.what, self.progress.estimate());
        match self.unit {
            Unit::Bytes => eprintln!("{what}: {} of {}{estimate}", HumanBytes(done), HumanBytes(total)),
            Unit::Frames => {
                eprintln!("{what}: {done}/{total} frames, {}{estimate}", self.progress.bar.message());
            }
        }
    }
}
