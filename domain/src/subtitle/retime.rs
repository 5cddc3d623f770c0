//! Moves all cues: for a subtitle that was made for another version of the film.

use super::{Cue, MAX_TIME_MS, Place, Warnings};
use crate::ratio::Ratio;

/// `new time = old time × rate + shift`, rounded to the nearest millisecond, half away from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retime {
    /// Factor of all times; positive.
    pub rate: Ratio,
    /// What is added after that, in milliseconds.
    pub shift_ms: i64,
}

/// Why cues cannot be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RetimeError {
    /// The rate is zero or negative.
    #[error("the rate must be positive")]
    Rate,
    /// A cue would end later than [`MAX_TIME_MS`].
    #[error("cue {cue} would end later than 24 hours: use a smaller rate or shift")]
    TooLate {
        /// Number of the cue, from 1.
        cue: usize,
    },
}

impl Retime {
    /// The change for a subtitle that was made for `from` frames per second, if the film now plays the same frames at `to`. From
    /// 25 to 24000/1001, all times become longer. `None` if a frame rate is not positive.
    pub fn frame_rates(from: Ratio, to: Ratio) -> Option<Self> {
        if from.num <= 0 || to.num <= 0 {
            return None;
        }
        let rate = Ratio::new(from.num.checked_mul(to.den)?, from.den.checked_mul(to.num)?)?;
        Some(Self { rate, shift_ms: 0 })
    }

    /// The new time, which may be before the film's start.
    pub fn time(self, ms: u64) -> i128 {
        let (num, den) = (i128::from(self.rate.num), i128::from(self.rate.den.max(1)));
        let shift = i128::from(self.shift_ms) * den;
        let scaled = i128::from(ms).saturating_mul(num).saturating_add(shift);
        let distance = scaled.saturating_abs();
        let rounded = distance / den + i128::from(distance % den * 2 >= den);
        if scaled < 0 { -rounded } else { rounded }
    }

    /// Moves all cues, and fits them into the film if its duration is known: a cue that is outside is dropped, and a start or an end
    /// outside is cut. The warnings name the cues by their numbers in `cues`. If a cue cannot be moved, none is.
    pub fn apply(self, cues: &[Cue], film_ms: Option<u64>) -> Result<(Vec<Cue>, Warnings), RetimeError> {
        if self.rate.num <= 0 || self.rate.den <= 0 {
            return Err(RetimeError::Rate);
        }
        let (mut moved, mut warnings) = (Vec::with_capacity(cues.len()), Warnings::default());
        let film_end = i128::from(film_ms.unwrap_or(MAX_TIME_MS));
        for (number, cue) in (1..).zip(cues) {
            let (start, end) = (self.time(cue.start_ms), self.time(cue.end_ms));
            if film_ms.is_none() && end > film_end {
                return Err(RetimeError::TooLate { cue: number });
            }
            let mut warn = |detail: &str| warnings.add(Place::Cue(number), detail);
            if end <= 0 {
                warn("the cue would end before the film starts; it was dropped");
                continue;
            }
            if start >= film_end {
                warn("the cue would start after the film's end; it was dropped");
                continue;
            }
            if start == end {
                warn("the cue would end when it starts; it was dropped");
                continue;
            }
            if start < 0 {
                warn("the cue would start before the film; its start was cut to 0");
            }
            if end > film_end {
                warn("the cue would end after the film's end; it was cut there");
            }
            let time = |time: i128| u64::try_from(time.clamp(0, film_end)).unwrap_or(MAX_TIME_MS);
            moved.push(Cue { start_ms: time(start), end_ms: time(end), ..cue.clone() });
        }
        moved.sort_by_key(|cue| cue.start_ms);
        Ok((moved, warnings))
    }
}
