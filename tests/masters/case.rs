//! One case of `cases.toml`, and the checks that it asks for.

use serde::Deserialize;

use super::{
    clip::DIGITS,
    film::{Film, Report},
};

/// A master and what must come out of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// Unique.
    pub(super) name: String,
    /// Commands that make it; see `clip`.
    pub(super) make: Vec<String>,
    /// A part of the refusal, if it must be refused.
    #[serde(default)]
    refused: Option<String>,
    /// Codes of all notes, without `note_`.
    #[serde(default)]
    notes: Vec<String>,
    /// Why streams are not used.
    #[serde(default)]
    unused: Vec<String>,
    /// Language and role of the audio tracks, the leading one first.
    #[serde(default)]
    audio: Vec<String>,
    /// Number of frames, with a tolerance of one.
    #[serde(default)]
    frames: Option<usize>,
    /// Frame rate.
    #[serde(default)]
    rate: Option<String>,
    /// Width and height.
    #[serde(default)]
    size: Option<(usize, usize)>,
    /// The frames show their numbers, from this one on and each once.
    #[serde(default)]
    numbers_from: Option<usize>,
    /// The disc is round in all frames.
    #[serde(default)]
    disc: bool,
    /// Level of each ear.
    #[serde(default)]
    ears: Option<[Level; 2]>,
    /// Flashes and beeps are at the same times; number of them.
    #[serde(default)]
    in_sync: Option<usize>,
    /// Rows of neighbouring fields do not differ.
    #[serde(default)]
    uncombed: bool,
    /// Red, green and blue at points, given in hundredths of width and height; with a tolerance of [`COLOR_TOLERANCE`].
    #[serde(default)]
    colors: Vec<(usize, usize, [u8; 3])>,
    /// Number of frames at the start that are black.
    #[serde(default)]
    black: Option<usize>,
}

/// How loud an ear is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    Loud,
    Silent,
}

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

/// Maximum difference of a colour component.
const COLOR_TOLERANCE: u8 = 12;
/// Maximum distance of a flash from its beep.
const SYNC_SECONDS: f64 = 0.03;

/// All cases.
pub(super) fn cases() -> Vec<Case> {
    let Cases { case } =
        toml::from_str(include_str!("cases.toml")).expect("cases.toml has the form of `Case`");
    case
}

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, right: &T) -> Result<(), String> {
    if found == right { Ok(()) } else { Err(format!("{what}: {found:?} instead of {right:?}")) }
}

impl Case {
    /// Checks what `nang probe` says.
    pub(super) fn check_report(&self, report: &Report) -> Result<(), String> {
        match (&self.refused, &report.refusal) {
            (Some(right), Some(found)) if found.contains(right) => return Ok(()),
            (None, None) => {}
            (right, found) => return Err(format!("refusal: {found:?} instead of {right:?}")),
        }
        let notes: Vec<&str> = report.notes.iter().map(|code| code.trim_start_matches("note_")).collect();
        expect("notes", &notes, &self.notes.iter().map(String::as_str).collect())?;
        expect("unused", &report.unused, &self.unused)?;
        if !self.audio.is_empty() {
            expect("audio tracks", &report.audio, &self.audio)?;
        }
        if let Some(rate) = &self.rate {
            let right = if rate.contains('/') { rate.clone() } else { format!("{rate}/1") };
            expect("frame rate", &report.rate, &right)?;
        }
        Ok(())
    }

    /// Measures the film.
    pub(super) fn check_film(&self, film: &Film) -> Result<(), String> {
        if let Some(frames) = self.frames
            && film.frames.len().abs_diff(frames) > 1
        {
            return Err(format!("{} frames instead of {frames}", film.frames.len()));
        }
        if let Some(size) = self.size {
            expect("size", &(film.width, film.height), &size)?;
        }
        if let Some(from) = self.numbers_from {
            let black = self.black.unwrap_or(0);
            let numbers: Vec<usize> = (black..film.frames.len()).map(|frame| film.number(frame)).collect();
            // The last frame may be shown longer, so that the last segment is long enough.
            let right: Vec<usize> = (from..from + numbers.len()).collect();
            let shown = numbers.iter().zip(&right).take_while(|(found, right)| found == right).count();
            if shown == 0
                || shown + 4 < numbers.len()
                || numbers[shown..].iter().any(|number| *number != numbers[shown - 1])
            {
                return Err(format!("frame numbers: {numbers:?}"));
            }
        }
        if let Some(black) = self.black {
            let dark = film.frames.iter().take_while(|frame| frame.iter().all(|value| *value < 8)).count();
            if dark.abs_diff(black) > 1 {
                return Err(format!("{dark} black frames instead of {black}"));
            }
        }
        if self.disc {
            for at in [10, 30, 50, 70, 90] {
                let roundness = film.roundness(film.frames.len() * at / 100);
                if !(0.97..=1.03).contains(&roundness) {
                    return Err(format!("the disc is {roundness:.3} as wide as high at {at} %"));
                }
            }
        }
        if let Some(right) = self.ears {
            let found =
                [0, 1].map(|ear| if film.level_db(ear) > -40.0 { Level::Loud } else { Level::Silent });
            expect("ears", &found, &right)?;
        }
        if let Some(count) = self.in_sync {
            film.check_sync(count)?;
        }
        if self.uncombed {
            let combing = film.combing();
            if combing > 1.3 {
                return Err(format!(
                    "rows of neighbouring fields differ {combing:.2} times as much as those of one field"
                ));
            }
        }
        for (x, y, right) in &self.colors {
            let found = film.color(film.frames.len() / 2, *x, *y);
            if found.iter().zip(right).any(|(found, right)| found.abs_diff(*right) > COLOR_TOLERANCE) {
                return Err(format!("colour at {x} %, {y} %: {found:?} instead of {right:?}"));
            }
        }
        Ok(())
    }
}

impl Film {
    fn luma(&self, frame: usize, x: usize, y: usize) -> u8 {
        self.frames[frame][(y * self.width + x) * 3 + 1]
    }

    fn color(&self, frame: usize, x_percent: usize, y_percent: usize) -> [u8; 3] {
        let at = (self.height * y_percent / 100 * self.width + self.width * x_percent / 100) * 3;
        [0, 1, 2].map(|component| self.frames[frame][at + component])
    }

    /// The number that a frame shows.
    fn number(&self, frame: usize) -> usize {
        let block = self.width / DIGITS;
        let is_white = |digit: usize| self.luma(frame, digit * block + block / 2, self.height / 2) > 128;
        (0..DIGITS).filter(|digit| is_white(*digit)).map(|digit| 1 << digit).sum()
    }

    /// Width of the white disc divided by its height.
    #[expect(clippy::cast_precision_loss, reason = "counts of samples")]
    fn roundness(&self, frame: usize) -> f64 {
        let is_white = |x: usize, y: usize| self.luma(frame, x, y) > 128;
        let across = (0..self.width).filter(|x| is_white(*x, self.height / 2)).count();
        let down = (0..self.height).filter(|y| is_white(self.width / 2, *y)).count();
        across as f64 / down.max(1) as f64
    }

    #[expect(clippy::cast_precision_loss, reason = "a count of samples")]
    fn level_db(&self, ear: usize) -> f64 {
        let samples = &self.ears[ear];
        let power: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        10.0 * (power / samples.len().max(1) as f64).log10()
    }

    /// Differences between neighbouring rows in relation to those between every second row: about 0.5 to 1 for whole frames.
    #[expect(clippy::cast_precision_loss, reason = "sums of samples")]
    fn combing(&self) -> f64 {
        let (mut near, mut far) = (1_u64, 1_u64);
        for frame in 1..self.frames.len().saturating_sub(1) {
            for y in 0..self.height - 2 {
                for x in 0..self.width {
                    let row = |y: usize| self.luma(frame, x, y);
                    near += u64::from(row(y).abs_diff(row(y + 1)));
                    far += u64::from(row(y).abs_diff(row(y + 2)));
                }
            }
        }
        near as f64 / far as f64
    }

    /// Compares the times at which frames turn white with those at which the audio becomes loud.
    #[expect(clippy::cast_precision_loss, reason = "counts of frames and samples")]
    fn check_sync(&self, count: usize) -> Result<(), String> {
        let is_white = |frame: usize| self.luma(frame, self.width / 2, self.height / 2) > 128;
        let begins = |frame: &usize| is_white(*frame) && (*frame == 0 || !is_white(*frame - 1));
        let flashes: Vec<f64> =
            (0..self.frames.len()).filter(begins).map(|frame| frame as f64 / self.rate).collect();
        let mut beeps: Vec<f64> = Vec::new();
        let mut quiet = 24_000;
        for (at, sample) in self.ears[0].iter().enumerate() {
            if sample.abs() > 0.1 {
                if quiet >= 12_000 {
                    beeps.push(at as f64 / 48_000.0);
                }
                quiet = 0;
            } else {
                quiet += 1;
            }
        }
        let apart = flashes.iter().zip(&beeps).any(|(flash, beep)| (flash - beep).abs() > SYNC_SECONDS);
        if flashes.len() != count || beeps.len() != count || apart {
            return Err(format!("flashes at {flashes:?}, beeps at {beeps:?}"));
        }
        Ok(())
    }
}
