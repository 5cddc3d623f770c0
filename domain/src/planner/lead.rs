//! Audio before the first frame of the video.

use crate::{
    clock::FrameClock,
    facts::{AudioFacts, VideoFacts},
    plan::SourceTime,
    ratio::Ratio,
};

use super::rate::frames_in;

/// Audio that begins less than this before the video is the usual rest of a cut or of an encoder's delay.
const UNHEARD_MS: u64 = 100;
/// From this length on viewers would miss the audio, so it is kept under black frames.
const KEPT_MS: u64 = 1_000;
/// A longer one is a wrong timestamp rather than an overture.
const MAX_KEPT_MS: u64 = 15 * 60_000;

/// What happens to audio before the first frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead {
    /// There is no audio worth mentioning.
    None,
    /// It is kept under black frames.
    Black {
        /// Length.
        ms: u64,
    },
    /// It is cut off.
    Cut {
        /// Length.
        ms: u64,
    },
}

impl Lead {
    /// Decides from the starts of the tracks that are used.
    pub(super) fn of(audio: &[AudioFacts], used: &[u32]) -> Self {
        let used = audio.iter().filter(|track| track.duration_ms > 0 && used.contains(&track.stream_index));
        let earliest_ms = used.map(|track| track.start_ms).min().unwrap_or(0);
        match earliest_ms.min(0).unsigned_abs() {
            ..UNHEARD_MS => Self::None,
            ms @ KEPT_MS..=MAX_KEPT_MS => Self::Black { ms },
            ms => Self::Cut { ms },
        }
    }

    /// Returns the number of black frames, and the time of the first of them in the master.
    pub(super) fn start(self, video: &VideoFacts, rate: Ratio) -> (u64, SourceTime) {
        let first = SourceTime { time_base: video.time_base, ticks: video.first_pts };
        let Self::Black { ms } = self else { return (0, first) };
        let black_frames = frames_in(ms, rate);
        let from_zero = FrameClock::new(rate, SourceTime { ticks: 0, ..first });
        let ticks = video.first_pts.saturating_sub(from_zero.time_of(black_frames));
        (black_frames, SourceTime { ticks, ..first })
    }
}
