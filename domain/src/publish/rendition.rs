//! One rendition: its segments from all jobs, checks against the plan, and measurements.

use super::AssembleError;
use crate::{
    build_record::{Bitrates, Measured},
    hls::{IFrame, IFramePlaylist, MediaPlaylist, SegmentKind, target_duration_s},
    key::{BuildObject, RenditionName},
    output::{PartOutput, RenditionPart, Segment, StoredObject},
    plan::Timeline,
};

/// Maximum difference between the ends of an audio segment and of its video segment, in samples: an AAC frame has 1024
/// samples, and even a shorter last segment contains a whole one.
const AUDIO_TOLERANCE_SAMPLES: u64 = 2048;

/// All parts of one rendition, in order and without gaps.
pub(super) struct Rendition<'a> {
    pub(super) name: &'a RenditionName,
    pub(super) codecs: &'a str,
    init: &'a StoredObject,
    segments: Vec<&'a Segment>,
    timescale: u32,
}

impl<'a> Rendition<'a> {
    /// Collects the segments from all parts. Every segment of the plan must exist exactly once, and all parts must have the
    /// same init section and codecs string.
    pub(super) fn collect(
        timeline: &Timeline,
        parts: &'a [PartOutput],
        name: &'a RenditionName,
        timescale: u32,
    ) -> Result<Self, AssembleError> {
        let missing = |number| AssembleError::MissingSegment { rendition: name.clone(), number };
        let own: Vec<&RenditionPart> =
            parts.iter().flat_map(|part| &part.renditions).filter(|part| part.rendition == *name).collect();
        let first = *own.first().ok_or_else(|| missing(1))?;
        if own.iter().any(|part| part.init != first.init) {
            return Err(AssembleError::InitDiffers(name.clone()));
        }
        if own.iter().any(|part| part.codecs != first.codecs) {
            return Err(AssembleError::CodecsDiffer(name.clone()));
        }
        let mut segments: Vec<&Segment> = own.iter().flat_map(|part| &part.segments).collect();
        segments.sort_by_key(|segment| segment.number);
        if let Some(pair) = segments.windows(2).find(|pair| pair[0].number == pair[1].number) {
            let (rendition, number) = (name.clone(), pair[0].number);
            return Err(AssembleError::DuplicateSegment { rendition, number });
        }
        let planned = timeline.segment_count();
        // The numbers are ascending and unique, so the first number that differs from its position follows a gap.
        for (number, segment) in (1..=planned).zip(segments.iter().map(Some).chain(std::iter::repeat(None))) {
            match segment {
                Some(segment) if segment.number == number => {}
                Some(segment) if segment.number == 0 => return Err(extra(name, 0, planned)),
                _ => return Err(missing(number)),
            }
        }
        match segments.get(planned as usize) {
            Some(segment) => Err(extra(name, segment.number, planned)),
            None => Ok(Self { name, codecs: &first.codecs, init: &first.init, segments, timescale }),
        }
    }

    /// Checks that video segments have exactly the planned durations.
    pub(super) fn check_video(&self, timeline: &Timeline) -> Result<(), AssembleError> {
        for segment in &self.segments {
            let planned_ticks = timeline.segment_ticks(segment.number);
            if segment.duration_ticks != planned_ticks {
                return Err(self.wrong_duration(segment, planned_ticks));
            }
        }
        Ok(())
    }

    /// Checks that each audio segment ends with its video segment, within [`AUDIO_TOLERANCE_SAMPLES`].
    pub(super) fn check_audio(&self, timeline: &Timeline) -> Result<(), AssembleError> {
        let mut end = 0_u64;
        for segment in &self.segments {
            let start = end;
            end = end.saturating_add(segment.duration_ticks);
            let frames =
                (u64::from(segment.number) * u64::from(timeline.segment_frames)).min(timeline.frames);
            let video_ticks =
                u128::from(frames) * u128::from(timeline.frame_ticks) * u128::from(self.timescale);
            let planned_end = u64::try_from(video_ticks / u128::from(timeline.timescale)).unwrap_or(u64::MAX);
            if segment.duration_ticks == 0 || end.abs_diff(planned_end) > AUDIO_TOLERANCE_SAMPLES {
                return Err(self.wrong_duration(segment, planned_end.saturating_sub(start)));
            }
        }
        Ok(())
    }

    fn wrong_duration(&self, segment: &Segment, planned_ticks: u64) -> AssembleError {
        AssembleError::WrongDuration {
            rendition: self.name.clone(),
            number: segment.number,
            found_ticks: segment.duration_ticks,
            planned_ticks,
        }
    }

    pub(super) fn target_duration_s(&self) -> u64 {
        let longest = self.segments.iter().map(|segment| segment.duration_ticks).max().unwrap_or(0);
        target_duration_s(longest, self.timescale)
    }

    pub(super) fn measured(&self, target_s: u64) -> Measured {
        let segment_bytes: u64 = self.segments.iter().map(|segment| segment.object.size_bytes).sum();
        Measured {
            bitrates: self.bitrates(target_s, |segment| segment.object.size_bytes),
            size_bytes: segment_bytes + self.init.size_bytes,
            segments: u32::try_from(self.segments.len()).unwrap_or(u32::MAX),
        }
    }

    fn bitrates(&self, target_s: u64, size_bytes: impl Fn(&Segment) -> u64) -> Bitrates {
        let bytes = self.segments.iter().map(|segment| size_bytes(segment)).sum();
        let ticks = self.segments.iter().map(|segment| segment.duration_ticks).sum();
        let average_bps = bits_per_second(bytes, ticks, self.timescale);
        Bitrates { average_bps, peak_bps: self.peak_bps(target_s, size_bytes).max(average_bps) }
    }

    /// The largest bitrate of any consecutive segments that last 0.5 to 1.5 target durations together (RFC 8216 §4.1); 0 if
    /// there are no such segments.
    fn peak_bps(&self, target_s: u64, size_bytes: impl Fn(&Segment) -> u64) -> u64 {
        let target_ticks = u128::from(target_s) * u128::from(self.timescale);
        let mut peak_bps = 0;
        for start in 0..self.segments.len() {
            let (mut bytes, mut ticks) = (0_u64, 0_u64);
            for segment in &self.segments[start..] {
                bytes += size_bytes(segment);
                ticks += segment.duration_ticks;
                let doubled = u128::from(ticks) * 2;
                if doubled > 3 * target_ticks {
                    break;
                }
                if doubled >= target_ticks {
                    peak_bps = peak_bps.max(bits_per_second(bytes, ticks, self.timescale));
                }
            }
        }
        peak_bps
    }

    pub(super) fn playlist(&self, target_duration_s: u64) -> (String, String) {
        let playlist = MediaPlaylist {
            rendition: self.name.clone(),
            target_duration_s,
            timescale: self.timescale,
            segment_ticks: self.segments.iter().map(|segment| segment.duration_ticks).collect(),
            segments: SegmentKind::Mp4,
        };
        (BuildObject::MediaPlaylist(self.name).to_string(), playlist.render())
    }

    /// The first frame of each segment; `None` if a worker did not record where the frame ends.
    fn iframes(&self) -> Option<Vec<IFrame>> {
        let iframe = |segment: &&Segment| {
            Some(IFrame { ticks: segment.duration_ticks, bytes: segment.first_frame_bytes? })
        };
        self.segments.iter().map(iframe).collect()
    }

    pub(super) fn iframe_playlist(&self, target_duration_s: u64) -> Option<(String, String)> {
        let playlist = IFramePlaylist {
            rendition: self.name.clone(),
            target_duration_s,
            timescale: self.timescale,
            frames: self.iframes()?,
        };
        Some((BuildObject::IFramePlaylist(self.name).to_string(), playlist.render()))
    }

    /// Bitrates of the I-frame playlist: each I-frame is shown until the next.
    pub(super) fn iframe_bitrates(&self, target_duration_s: u64) -> Option<Bitrates> {
        self.iframes()?;
        Some(self.bitrates(target_duration_s, |segment| segment.first_frame_bytes.unwrap_or_default()))
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = (String, StoredObject)> {
        let init = (BuildObject::Init(self.name).to_string(), self.init.clone());
        let segments = self.segments.iter().map(|segment| {
            (BuildObject::Segment(self.name, segment.number).to_string(), segment.object.clone())
        });
        std::iter::once(init).chain(segments)
    }
}

fn extra(name: &RenditionName, number: u32, segments: u32) -> AssembleError {
    AssembleError::ExtraSegment { rendition: name.clone(), number, segments }
}

/// Rounded up, so that the declared bitrate is never less than the real one.
fn bits_per_second(bytes: u64, ticks: u64, timescale: u32) -> u64 {
    let bits_times_scale = u128::from(bytes) * 8 * u128::from(timescale);
    u64::try_from(bits_times_scale.div_ceil(u128::from(ticks.max(1)))).unwrap_or(u64::MAX)
}
