//! Decoded sound laid out on the film's time: sample *n* is what sounds at *n* / rate after the first picture.
//!
//! What comes before zero is cut, what starts late or has a hole is filled with silence, and a clock that runs a little
//! fast or slow is followed by resampling a little faster or slower, so that pitch and lips both stay right.

use std::collections::VecDeque;

use domain::{plan::AudioTrack, ratio::Ratio};
use ffmpeg_next::frame;

use super::{audio::FRAME_SAMPLES, resample::Resampler};
use crate::error::MediaError;

/// A larger error than this is a hole or an overlap, mended at once.
const HOLE_MS: i64 = 40;

/// A larger error than this is drift, mended by resampling. Smaller ones are what containers round away.
const DRIFT_MS: i64 = 5;

/// How long mending drift takes; with `HOLE_MS` the speed changes by 2 % at most.
const MENDING_MS: i64 = 2_000;

/// Samples, far outside of any film: keeps wild timestamps from overflowing what is computed with them.
const FAR: i128 = 1 << 60;

/// Sound on its way to the encoder.
pub(super) struct Soundtrack {
    zero: i64,
    time_base: Ratio,
    sample_rate_hz: i64,
    channels: usize,
    resampler: Option<Resampler>,
    /// Samples laid out so far, taken or not.
    position: i64,
    /// Samples to come that have no place: they lie before zero or over others.
    surplus: i64,
    /// Where laying out ends.
    end: i64,
    started: bool,
    /// No drift is judged before this position: what was decided is still under way.
    mending_until: i64,
    /// Laid out and not yet taken.
    pieces: VecDeque<Piece>,
    /// Samples in `pieces`.
    ready: usize,
}

/// A stretch of the track. Silence is only counted: hours of it must not fill the memory.
enum Piece {
    Silence(usize),
    Sound { channels: Vec<Vec<f32>>, taken: usize },
}

impl Soundtrack {
    /// A track whose zero is at `zero` in ticks of `time_base`, of `samples` in all.
    pub(super) fn new(zero: i64, time_base: Ratio, track: &AudioTrack, samples: u64) -> Self {
        Self {
            zero,
            time_base,
            sample_rate_hz: track.sample_rate_hz.into(),
            channels: track.channels as usize,
            resampler: None,
            position: 0,
            surplus: 0,
            end: i64::try_from(samples).unwrap_or(i64::MAX),
            started: false,
            mending_until: 0,
            pieces: VecDeque::new(),
            ready: 0,
        }
    }

    /// Whether the film's length is reached.
    pub(super) fn is_full(&self) -> bool {
        self.position >= self.end
    }

    /// Lays out a decoded piece.
    pub(super) fn push(&mut self, frame: &frame::Audio) -> Result<(), MediaError> {
        if self.resampler.as_ref().is_some_and(|resampler| !resampler.fits(frame)) {
            self.drain()?;
        }
        if let Some(pts) = frame.timestamp() {
            self.align(pts)?;
        }
        let resampler = match &mut self.resampler {
            Some(resampler) => resampler,
            none => none.insert(Resampler::new(frame, self.sample_rate_hz, self.channels)?),
        };
        let sound = resampler.convert(frame)?;
        self.append(sound);
        Ok(())
    }

    /// Lays out what the resampler still holds, and silence to the end.
    pub(super) fn finish(&mut self) -> Result<(), MediaError> {
        self.drain()?;
        self.append_silence(self.end - self.position);
        Ok(())
    }

    /// The next frame for the encoder: for each channel 1024 samples.
    pub(super) fn take_frame(&mut self) -> Option<Vec<Vec<f32>>> {
        if self.ready < FRAME_SAMPLES {
            return None;
        }
        let mut frame = vec![Vec::with_capacity(FRAME_SAMPLES); self.channels];
        let mut missing = FRAME_SAMPLES;
        while missing > 0 {
            let (count, used_up) = match self.pieces.front_mut()? {
                Piece::Silence(length) => {
                    let count = missing.min(*length);
                    for channel in &mut frame {
                        channel.resize(channel.len() + count, 0.0);
                    }
                    *length -= count;
                    (count, *length == 0)
                }
                Piece::Sound { channels, taken } => {
                    let length = channels.first().map_or(0, Vec::len);
                    let count = missing.min(length - *taken);
                    for (channel, samples) in frame.iter_mut().zip(&*channels) {
                        channel.extend_from_slice(&samples[*taken..*taken + count]);
                    }
                    *taken += count;
                    (count, *taken == length)
                }
            };
            if used_up {
                self.pieces.pop_front();
            }
            missing -= count;
        }
        self.ready -= FRAME_SAMPLES;
        Some(frame)
    }

    /// Compares where the next piece belongs with where it would come to lie, and mends the difference.
    fn align(&mut self, pts: i64) -> Result<(), MediaError> {
        let per_ms = self.sample_rate_hz / 1000;
        let held = self.resampler.as_ref().map_or(0, Resampler::held);
        let error = self.samples_at(pts).saturating_sub(self.position + held - self.surplus);
        if !self.started || error.abs() > HOLE_MS * per_ms {
            self.started = true;
            self.mending_until = self.position;
            let less_surplus = error.clamp(0, self.surplus);
            self.surplus -= less_surplus;
            self.surplus += (-error).max(0);
            self.append_silence(error - less_surplus);
        } else if error.abs() > DRIFT_MS * per_ms
            && self.position >= self.mending_until
            && let Some(resampler) = &mut self.resampler
        {
            resampler.compensate(error, MENDING_MS * per_ms)?;
            self.mending_until = self.position + MENDING_MS * per_ms;
        }
        Ok(())
    }

    /// The sample that sounds at `pts`, rounded to the nearest.
    fn samples_at(&self, pts: i64) -> i64 {
        let elapsed = i128::from(pts) - i128::from(self.zero);
        let numerator = elapsed * i128::from(self.time_base.num) * i128::from(self.sample_rate_hz);
        let denominator = i128::from(self.time_base.den.max(1));
        let samples = (numerator * 2 + denominator).div_euclid(denominator * 2);
        i64::try_from(samples.clamp(-FAR, FAR)).unwrap_or(0)
    }

    /// Lays out what the resampler holds and lets go of it.
    fn drain(&mut self) -> Result<(), MediaError> {
        if let Some(mut resampler) = self.resampler.take() {
            let sound = resampler.drain()?;
            self.append(sound);
        }
        Ok(())
    }

    fn append(&mut self, mut channels: Vec<Vec<f32>>) {
        let length = channels.first().map_or(0, Vec::len);
        let cut = usize::try_from(self.surplus).unwrap_or(0).min(length);
        self.surplus -= signed(cut);
        let room = usize::try_from(self.end - self.position).unwrap_or(0);
        let length = (length - cut).min(room);
        if length == 0 {
            return;
        }
        for channel in &mut channels {
            channel.truncate(cut + length);
        }
        self.pieces.push_back(Piece::Sound { channels, taken: cut });
        self.ready += length;
        self.position += signed(length);
    }

    fn append_silence(&mut self, samples: i64) {
        let Ok(length @ 1..) = usize::try_from(samples.min(self.end - self.position)) else { return };
        self.pieces.push_back(Piece::Silence(length));
        self.ready += length;
        self.position += signed(length);
    }
}

fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
