//! Places decoded audio on the film's timeline: sample *n* plays *n* / rate seconds after the first video frame.
//!
//! Samples before zero are cut, and a late start or a gap is filled with silence. If the recorder's clock ran a little fast or slow,
//! the audio is resampled a little slower or faster, which keeps lip sync at almost the same pitch.

use std::collections::VecDeque;

use domain::{damage::Damage, ratio::Ratio};
use ffmpeg_next::frame;

use super::{audio::FRAME_SAMPLES, damage_log::DamageLog, declared_end::DeclaredEnd, resample::Resampler};
use crate::error::MediaError;

/// A timing error above this is a gap or an overlap and is corrected at once.
const GAP_MS: i64 = 40;

/// A timing error above this is drift and is corrected by resampling. Smaller errors come from the rounding of container timestamps.
const DRIFT_MS: i64 = 5;

/// Duration over which drift is corrected; with `GAP_MS` the speed changes by 2 % at most.
const CORRECTION_MS: i64 = 2_000;

/// How far the streams of one mix may be apart in a file: 50 MB of samples of each.
const MAX_BEHIND_SECONDS: i64 = 240;

/// Limit of positions in samples, far above the length of any film, so that wrong timestamps cannot cause overflows.
const MAX_POSITION: i128 = 1 << 60;

/// Decoded audio that waits for the encoder.
pub(super) struct AudioTimeline {
    zero: i64,
    time_base: Ratio,
    sample_rate_hz: i64,
    channels: usize,
    resampler: Option<Resampler>,
    /// Samples placed so far, taken or not.
    position: i64,
    /// Number of coming samples to drop: they lie before zero or overlap earlier ones.
    surplus: i64,
    /// Length of the whole track, in samples.
    end: i64,
    started: bool,
    /// Drift is not measured before this position, where the current correction ends.
    correcting_until: i64,
    /// Placed and not yet taken.
    pieces: VecDeque<Piece>,
    /// Samples in `pieces`.
    ready: usize,
    /// Packets that could not be decoded, and silence where packets are missing.
    damage: DamageLog,
    /// Start and end of the packets since the last decoded frame that could not be decoded, in samples.
    lost: Option<(i64, i64)>,
}

/// A stretch of the track. For silence only its length is stored: hours of it must not fill the memory.
enum Piece {
    Silence(usize),
    Samples { channels: Vec<Vec<f32>>, taken: usize },
}

impl AudioTimeline {
    /// Returns an empty timeline of `samples` samples, whose zero is at `zero` in ticks of `time_base`.
    pub(super) fn new(zero: i64, time_base: Ratio, sample_rate_hz: u32, channels: u32, samples: u64) -> Self {
        Self {
            zero,
            time_base,
            sample_rate_hz: sample_rate_hz.into(),
            channels: channels as usize,
            resampler: None,
            position: 0,
            surplus: 0,
            end: i64::try_from(samples).unwrap_or(i64::MAX),
            started: false,
            correcting_until: 0,
            pieces: VecDeque::new(),
            ready: 0,
            damage: DamageLog::default(),
            lost: None,
        }
    }

    /// Whether the timeline has reached the length of the film.
    pub(super) fn is_full(&self) -> bool {
        self.position >= self.end
    }

    /// Adds a decoded audio frame.
    pub(super) fn push(&mut self, frame: &frame::Audio) -> Result<(), MediaError> {
        if self.resampler.as_ref().is_some_and(|resampler| !resampler.fits(frame)) {
            self.drain()?;
        }
        if let Some(pts) = frame.timestamp() {
            self.align(pts)?;
        }
        self.lost = None;
        let resampler = match &mut self.resampler {
            Some(resampler) => resampler,
            none => none.insert(Resampler::new(frame, self.sample_rate_hz, self.channels)?),
        };
        let samples = resampler.convert(frame)?;
        self.append(samples);
        Ok(())
    }

    /// Records that the audio from `pts` on, for `duration` ticks, could not be decoded.
    pub(super) fn lose(&mut self, pts: i64, duration: i64) {
        let from = self.samples_at(pts);
        let to = self.samples_at(pts.saturating_add(duration)).max(from);
        // Rounded timestamps leave small distances between packets.
        let gap = GAP_MS * self.sample_rate_hz / 1000;
        let (first, last) = self.lost.unwrap_or((from, from));
        self.note_lost(if from - last <= gap { last.min(from) } else { from }, to);
        self.lost = Some((first.min(from), last.max(to)));
    }

    /// Adds the samples that the resampler has buffered, and silence up to the end. The silence is damage as far as the container
    /// declares that the track continues.
    pub(super) fn finish(&mut self, declared: Option<DeclaredEnd>) -> Result<(), MediaError> {
        self.drain()?;
        if let Some(DeclaredEnd { pts, tolerance_ms }) = declared {
            let end = self.samples_at(pts).min(self.end);
            if end - self.position > tolerance_ms * self.sample_rate_hz / 1000 {
                self.note_lost(self.position, end);
            }
        }
        self.append_silence(self.end - self.position);
        Ok(())
    }

    /// Returns what decoding concealed, within the film, which ends at `end_ms`.
    pub(super) fn into_damage(self, end_ms: u64) -> Damage {
        self.damage.finish(end_ms)
    }

    /// Number of samples that are placed so far.
    pub(super) fn position(&self) -> i64 {
        self.position
    }

    /// Inserts silence, as damage, if the timeline is far behind another one of the same mix.
    pub(super) fn catch_up(&mut self, position: i64) {
        let behind = position - self.position;
        if behind > MAX_BEHIND_SECONDS * self.sample_rate_hz {
            self.note_lost(self.position, position);
            self.append_silence(behind);
        }
    }

    /// Whether [`Self::take_frame`] returns a frame.
    pub(super) fn has_frame(&self) -> bool {
        self.ready >= FRAME_SAMPLES
    }

    /// Returns the next frame for the encoder: 1024 samples for each channel; `None` if there are fewer.
    pub(super) fn take_frame(&mut self) -> Option<Vec<Vec<f32>>> {
        if !self.has_frame() {
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
                Piece::Samples { channels, taken } => {
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

    /// Compares the position at `pts` with the position that the next samples would get, and corrects the difference.
    fn align(&mut self, pts: i64) -> Result<(), MediaError> {
        let per_ms = self.sample_rate_hz / 1000;
        let buffered = self.resampler.as_ref().map_or(0, Resampler::buffered);
        let error = self.samples_at(pts).saturating_sub(self.position + buffered - self.surplus);
        if !self.started || error.abs() > GAP_MS * per_ms {
            let lost_from = if self.started { Some(self.position) } else { self.lost.map(|(from, _)| from) };
            self.started = true;
            self.correcting_until = self.position;
            let less_surplus = error.clamp(0, self.surplus);
            if let Some(from) = lost_from {
                self.note_lost(from, self.position + error - less_surplus);
            }
            self.surplus -= less_surplus;
            self.surplus += (-error).max(0);
            self.append_silence(error - less_surplus);
        } else if error.abs() > DRIFT_MS * per_ms
            && self.position >= self.correcting_until
            && let Some(resampler) = &mut self.resampler
        {
            resampler.compensate(error, CORRECTION_MS * per_ms)?;
            self.correcting_until = self.position + CORRECTION_MS * per_ms;
        }
        Ok(())
    }

    /// Returns the number of the sample that plays at `pts`, rounded to the nearest.
    fn samples_at(&self, pts: i64) -> i64 {
        let elapsed = i128::from(pts) - i128::from(self.zero);
        let numerator = elapsed * i128::from(self.time_base.num) * i128::from(self.sample_rate_hz);
        let denominator = i128::from(self.time_base.den.max(1));
        let samples = (numerator * 2 + denominator).div_euclid(denominator * 2);
        i64::try_from(samples.clamp(-MAX_POSITION, MAX_POSITION)).unwrap_or(0)
    }

    /// Adds the samples that the resampler has buffered, and drops the resampler.
    fn drain(&mut self) -> Result<(), MediaError> {
        if let Some(mut resampler) = self.resampler.take() {
            let samples = resampler.drain()?;
            self.append(samples);
        }
        Ok(())
    }

    fn append(&mut self, mut channels: Vec<Vec<f32>>) {
        let length = channels.first().map_or(0, Vec::len);
        let cut = usize::try_from(self.surplus).unwrap_or(0).min(length);
        self.surplus -= signed(cut);
        let free = usize::try_from(self.end - self.position).unwrap_or(0);
        let length = (length - cut).min(free);
        if length == 0 {
            return;
        }
        for channel in &mut channels {
            channel.truncate(cut + length);
        }
        self.pieces.push_back(Piece::Samples { channels, taken: cut });
        self.ready += length;
        self.position += signed(length);
    }

    fn note_lost(&mut self, from: i64, to: i64) {
        self.damage.lose(from.max(0)..to.min(self.end), self.sample_rate_hz);
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
