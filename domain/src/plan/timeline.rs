//! The timeline of a plan: how the film's time is divided into frames, segments and chunks.

use serde::{Deserialize, Serialize};

use crate::ratio::Ratio;

/// By how many frames decode times run ahead of presentation: as far as x264's B-frame pyramid reorders frames. It is the same for
/// every rung, so that a player can change between them.
///
/// So no composition offset is negative and no edit list is needed. Players disagree about both: FFmpeg's demuxer (mpv, Kodi, TVs) and
/// GStreamer show video with negative offsets as many frames late, and VLC and GStreamer ignore edit lists in fragmented files.
pub const DECODE_LEAD_FRAMES: u64 = 2;

/// Samples in an AAC frame (ISO/IEC 14496-3 §4.5.1.1).
pub const AAC_FRAME_SAMPLES: u64 = 1024;

/// How the film's time is divided. A dub has the timeline of its film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// Output frames per second.
    pub frame_rate: Ratio,
    /// Output frames in the whole film.
    pub frames: u64,
    /// Ticks per second in the video renditions' media time.
    pub timescale: u32,
    /// Ticks per output frame: `timescale / frame_rate`, exact.
    pub frame_ticks: u32,
    /// Frames per closed GOP (about 2 s).
    pub gop_frames: u32,
    /// Frames per segment, a whole number of GOPs (about 6 s).
    pub segment_frames: u32,
    /// Segments per chunk.
    pub chunk_segments: u32,
}

/// A time in a source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceTime {
    /// Unit of `ticks`: seconds.
    pub time_base: Ratio,
    /// The time.
    pub ticks: i64,
}

/// A chunk of the film, which one job encodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Index in the film, from 0.
    pub index: u32,
    /// First output frame.
    pub first_frame: u64,
    /// Number of output frames.
    pub frames: u64,
    /// Number of its first segment, from 1.
    pub first_segment: u32,
    /// Number of segments.
    pub segments: u32,
}

impl Timeline {
    /// Number of chunks.
    #[expect(clippy::cast_possible_truncation, reason = "a film of 2^32 chunks would last 8,000 years")]
    pub fn chunk_count(&self) -> u32 {
        self.frames.div_ceil(self.chunk_frames()) as u32
    }

    /// Number of segments in each rendition, video and audio.
    #[expect(clippy::cast_possible_truncation, reason = "as above")]
    pub fn segment_count(&self) -> u32 {
        self.frames.div_ceil(u64::from(self.segment_frames)) as u32
    }

    /// Returns chunk `index`; `None` past the end of the film.
    #[expect(clippy::cast_possible_truncation, reason = "bounded by segment_count")]
    pub fn chunk(&self, index: u32) -> Option<Chunk> {
        let first_frame = u64::from(index) * self.chunk_frames();
        let frames = self.frames.checked_sub(first_frame)?.min(self.chunk_frames());
        (frames > 0).then(|| Chunk {
            index,
            first_frame,
            frames,
            first_segment: index * self.chunk_segments + 1,
            segments: frames.div_ceil(u64::from(self.segment_frames)) as u32,
        })
    }

    /// Duration of video segment `number` (from 1), in the video timescale; 0 past the end. It is the time until the next segment's
    /// first decode time: the first segment is shorter than its frames by the [decode lead](DECODE_LEAD_FRAMES), the last is longer.
    pub fn segment_ticks(&self, number: u32) -> u64 {
        let end = |segments: u32| {
            let frames = u64::from(segments) * u64::from(self.segment_frames);
            if frames >= self.frames {
                self.frames * u64::from(self.frame_ticks)
            } else {
                self.decode_ticks(frames)
            }
        };
        let number = number.clamp(1, self.segment_count() + 1);
        end(number).saturating_sub(if number == 1 { 0 } else { end(number - 1) })
    }

    /// Decode time of the film's frame `index` in decoding order, in the video timescale. The first frames are squeezed against zero,
    /// so that the first frame is presented at zero as well: 0, F − 2, F − 1, F, 2 F, … for F ticks per frame.
    pub fn decode_ticks(&self, index: u64) -> u64 {
        let frame = u64::from(self.frame_ticks);
        match index.checked_sub(DECODE_LEAD_FRAMES) {
            Some(0) => frame.saturating_sub(1),
            Some(shown) => shown * frame,
            None if index == 0 => 0,
            None => frame.saturating_sub(1 + DECODE_LEAD_FRAMES - index),
        }
    }

    /// Where the segments of an audio rendition end, in AAC frames from its start: each at the first frame boundary at or after the
    /// end of the video segment of the same number, so that both have equally many.
    pub fn audio_segment_ends(&self, sample_rate_hz: u32) -> Vec<u64> {
        let aac_frames_until = |frame: u64| {
            let samples = u128::from(frame) * u128::from(self.frame_ticks) * u128::from(sample_rate_hz);
            let aac_frames =
                samples.div_ceil(u128::from(self.timescale.max(1)) * u128::from(AAC_FRAME_SAMPLES));
            u64::try_from(aac_frames).unwrap_or(u64::MAX)
        };
        let mut ends: Vec<u64> = (1..u64::from(self.segment_count()))
            .map(|segment| aac_frames_until(segment * u64::from(self.segment_frames)))
            .collect();
        // A last segment shorter than an AAC frame still needs one.
        ends.push(aac_frames_until(self.frames).max(ends.last().map_or(1, |end| end + 1)));
        ends
    }

    /// Duration of each segment of an audio rendition, in samples, which are its timescale.
    pub fn audio_segment_ticks(&self, sample_rate_hz: u32) -> Vec<u64> {
        let mut start = 0;
        let ends = self.audio_segment_ends(sample_rate_hz).into_iter();
        ends.map(|end| (end - std::mem::replace(&mut start, end)).saturating_mul(AAC_FRAME_SAMPLES)).collect()
    }

    /// Duration of the film, in milliseconds, rounded.
    pub fn duration_ms(&self) -> u64 {
        self.frame_ms(self.frames)
    }

    /// Start time of output frame `frame`, in milliseconds, rounded.
    pub fn frame_ms(&self, frame: u64) -> u64 {
        let ticks = frame * u64::from(self.frame_ticks);
        (ticks * 1000 + u64::from(self.timescale) / 2) / u64::from(self.timescale)
    }

    /// Output frames in each chunk except the last.
    pub(crate) fn chunk_frames(&self) -> u64 {
        u64::from(self.segment_frames) * u64::from(self.chunk_segments)
    }
}
