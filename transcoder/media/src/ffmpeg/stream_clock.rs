//! Timestamps of a file whose clock jumps, as one even timeline.
//!
//! Transport and program streams carry the clock of their broadcast. Joining two of them, or losing the signal for a while, makes it jump
//! ahead or back. [`StreamClock`] adds to each packet's times what the corrections say for its place in the file. [`JumpDetector`] finds
//! the corrections.

use domain::facts::ClockCorrection;
use ffmpeg_next::Packet;

/// Corrects packets while they are read.
#[derive(Default)]
pub(super) struct StreamClock {
    /// In order of stream and place.
    corrections: Vec<ClockCorrection>,
    /// The last correction of each stream that was used: some packets have no place of their own.
    last: Vec<(u32, i64)>,
}

impl StreamClock {
    pub(super) fn new(corrections: &[ClockCorrection]) -> Self {
        let mut corrections = corrections.to_vec();
        corrections.sort_by_key(|correction| (correction.stream_index, correction.from_byte));
        Self { corrections, last: Vec::new() }
    }

    /// Whether the file's clock is even.
    pub(super) fn is_even(&self) -> bool {
        self.corrections.is_empty()
    }

    /// Records that reading continues at a place in the file.
    pub(super) fn moved_to(&mut self, position: u64) {
        let mut streams: Vec<u32> =
            self.corrections.iter().map(|correction| correction.stream_index).collect();
        streams.dedup();
        self.last = streams.into_iter().map(|stream| (stream, self.at(stream, position))).collect();
    }

    /// Corrects the times of a packet.
    pub(super) fn correct(&mut self, packet: &mut Packet) {
        if self.is_even() {
            return;
        }
        let Ok(stream_index) = u32::try_from(packet.stream()) else { return };
        let last = self.last.iter().position(|(stream, _)| *stream == stream_index);
        let add_ticks = match (u64::try_from(packet.position()), last) {
            (Ok(position), _) => self.at(stream_index, position),
            (Err(_), Some(last)) => self.last[last].1,
            (Err(_), None) => 0,
        };
        match last {
            Some(last) => self.last[last].1 = add_ticks,
            None => self.last.push((stream_index, add_ticks)),
        }
        let add = |time: i64| time.saturating_add(add_ticks);
        packet.set_pts(packet.pts().map(add));
        packet.set_dts(packet.dts().map(add));
    }

    /// Returns what is added to the times of a stream at a place in the file.
    fn at(&self, stream_index: u32, position: u64) -> i64 {
        let place = (stream_index, position);
        let before = self.corrections.partition_point(|one| (one.stream_index, one.from_byte) <= place);
        let last = before.checked_sub(1).map(|last| self.corrections[last]);
        last.filter(|last| last.stream_index == stream_index).map_or(0, |last| last.add_ticks)
    }
}

/// A step of a stream's clock that is not one from packet to packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Jump {
    from_byte: u64,
    /// How much later the packet is than it should be.
    by_ticks: i64,
    /// When it should be, in corrected time.
    at_ticks: i64,
}

/// What is known of one stream.
#[derive(Default)]
struct Stream {
    last_ticks: Option<i64>,
    last_byte: u64,
    step_ticks: i64,
    jumps: Vec<Jump>,
}

/// Finds jumps from the times and places of all packets of a file, in file order. All times are in ticks of one unit.
pub(super) struct JumpDetector {
    /// Ticks per second.
    second: i64,
    streams: Vec<Stream>,
}

/// Maximum number of jumps of one stream.
pub(super) const MAX_JUMPS: usize = 1000;

/// A stream that pauses for less is silent or shows one frame for long.
const AHEAD_SECONDS: i64 = 10;
/// The other streams of its clock pause for a little less or more.
const FOLLOWS_SECONDS: i64 = AHEAD_SECONDS / 2;
/// A step back by less is a stream whose packets are not in order.
const BACK_SECONDS: i64 = 1;
/// Jumps of two streams belong together if they differ by less, and are in the file within [`NEAR_BYTES`].
const SAME_SECONDS: i64 = 3;
const NEAR_BYTES: u64 = 16 << 20;

impl JumpDetector {
    pub(super) fn new(second: i64, streams: usize) -> Self {
        Self { second, streams: std::iter::repeat_with(Stream::default).take(streams).collect() }
    }

    /// Adds a packet: its stream, its place if it has one of its own, and its decoding time.
    pub(super) fn add(&mut self, stream: usize, place: Option<u64>, ticks: i64, duration: i64) {
        let (ahead, back) = (FOLLOWS_SECONDS * self.second, BACK_SECONDS * self.second);
        let Some(stream) = self.streams.get_mut(stream) else { return };
        let from_byte = place.unwrap_or(stream.last_byte);
        stream.last_byte = from_byte;
        if let Some(last) = stream.last_ticks {
            let step = ticks.saturating_sub(last);
            if (step > ahead || step < -back) && stream.jumps.len() <= MAX_JUMPS {
                let at_ticks = last.saturating_add(stream.step_ticks);
                stream.jumps.push(Jump { from_byte, by_ticks: ticks.saturating_sub(at_ticks), at_ticks });
            } else if step > 0 {
                stream.step_ticks = step;
            }
        }
        if duration > 0 && stream.step_ticks == 0 {
            stream.step_ticks = duration;
        }
        stream.last_ticks = Some(ticks);
    }

    /// Whether a stream jumps more often than [`MAX_JUMPS`].
    pub(super) fn is_broken(&self) -> bool {
        self.streams.iter().any(|stream| stream.jumps.len() > MAX_JUMPS)
    }

    /// Returns the corrections of the streams, each a group of streams with a common clock: the first of a group is its video, or its
    /// first audio. Also returns the jumps of the first streams, with the corrected times.
    pub(super) fn corrections(&self, groups: &[Vec<usize>]) -> (Vec<ClockCorrection>, Vec<(usize, i64)>) {
        let mut corrections = Vec::new();
        let mut times = Vec::new();
        for group in groups {
            let [first, others @ ..] = group.as_slice() else { continue };
            let shared = self.shared_jumps(*first, others);
            for &stream in group {
                // All streams of a group are moved by the same time, so that they stay in sync.
                let together =
                    shared.iter().filter_map(|jump| Some((self.matching(stream, jump)?.from_byte, *jump)));
                let alone = self.undone_jumps(stream).map(|jump| (jump.from_byte, jump));
                let mut own: Vec<(u64, Jump)> = together.chain(alone).collect();
                own.sort_by_key(|(from_byte, _)| *from_byte);
                own.dedup_by_key(|(from_byte, _)| *from_byte);
                let mut add_ticks = 0_i64;
                for (from_byte, jump) in own {
                    if stream == *first {
                        times.push((stream, jump.at_ticks.saturating_add(add_ticks)));
                    }
                    add_ticks = add_ticks.saturating_sub(jump.by_ticks);
                    let stream_index = u32::try_from(stream).unwrap_or(u32::MAX);
                    corrections.push(ClockCorrection { stream_index, from_byte, add_ticks });
                }
            }
        }
        corrections.sort_by_key(|correction| (correction.stream_index, correction.from_byte));
        (corrections, times)
    }

    fn jumps(&self, stream: usize) -> &[Jump] {
        self.streams.get(stream).map_or(&[], |stream| &stream.jumps)
    }

    /// The jumps of a stream that another jump undoes soon after: wrong timestamps of a few packets.
    fn undone_jumps(&self, stream: usize) -> impl Iterator<Item = Jump> {
        let jumps = self.jumps(stream);
        let undo = |one: &Jump, other: &Jump| {
            self.is_same(one.by_ticks.saturating_neg(), other.by_ticks)
                && one.from_byte.abs_diff(other.from_byte) <= NEAR_BYTES
        };
        let is_undone = move |at: usize| {
            let before = at.checked_sub(1).is_some_and(|before| undo(&jumps[before], &jumps[at]));
            before || jumps.get(at + 1).is_some_and(|after| undo(&jumps[at], after))
        };
        (0..jumps.len()).filter(move |at| is_undone(*at)).map(|at| jumps[at])
    }

    /// The jumps of the first stream that others with data make too.
    fn shared_jumps(&self, first: usize, others: &[usize]) -> Vec<Jump> {
        let has_data = |stream: &usize| self.streams.get(*stream).is_some_and(|one| one.last_ticks.is_some());
        let with_data: Vec<usize> = others.iter().copied().filter(has_data).collect();
        let is_long = |jump: &&Jump| jump.by_ticks < 0 || jump.by_ticks > AHEAD_SECONDS * self.second;
        let is_shared = |jump: &&Jump| {
            with_data.is_empty() || with_data.iter().any(|other| self.matching(*other, jump).is_some())
        };
        self.jumps(first).iter().filter(is_long).filter(is_shared).copied().collect()
    }

    fn matching(&self, stream: usize, jump: &Jump) -> Option<&Jump> {
        let near = |own: &&Jump| {
            self.is_same(own.by_ticks, jump.by_ticks) && own.from_byte.abs_diff(jump.from_byte) <= NEAR_BYTES
        };
        self.jumps(stream).iter().filter(near).min_by_key(|own| own.from_byte.abs_diff(jump.from_byte))
    }

    fn is_same(&self, one: i64, other: i64) -> bool {
        one.abs_diff(other) < (SAME_SECONDS * self.second).unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use super::JumpDetector;

    const SECOND: i64 = 90_000;

    /// Adds a second of video (stream 0) and audio (stream 1) from these times on.
    fn add_second(detector: &mut JumpDetector, byte: u64, video: i64, audio: i64) {
        for k in 0..25 {
            detector.add(0, Some(byte + k * 100), video + i64::try_from(k).unwrap() * 3600, 3600);
            detector.add(1, Some(byte + k * 100 + 50), audio + i64::try_from(k).unwrap() * 3600, 3600);
        }
    }

    fn found(detector: &JumpDetector) -> Vec<(u32, u64, i64)> {
        let (corrections, _) = detector.corrections(&[vec![0, 1]]);
        corrections.iter().map(|one| (one.stream_index, one.from_byte, one.add_ticks)).collect()
    }

    #[test]
    fn a_clock_that_jumps_ahead_and_one_that_starts_again_are_even_afterwards() {
        for to in [60 * SECOND, -SECOND * 30] {
            let mut detector = JumpDetector::new(SECOND, 2);
            add_second(&mut detector, 0, 0, 500);
            add_second(&mut detector, 10_000, SECOND + to, SECOND + to + 500);
            add_second(&mut detector, 20_000, 2 * SECOND + to, 2 * SECOND + to + 500);
            assert_eq!(found(&detector), [(0, 10_000, -to), (1, 10_050, -to)]);
            assert_eq!(detector.corrections(&[vec![0, 1]]).1, [(0, SECOND)]);
        }
    }

    #[test]
    fn a_video_that_pauses_while_its_audio_continues_does_not_jump() {
        let mut detector = JumpDetector::new(SECOND, 2);
        detector.add(0, Some(0), 0, 3600);
        for second in 0..40 {
            detector.add(1, Some(100 + u64::try_from(second).unwrap()), second * SECOND, SECOND);
        }
        detector.add(0, Some(50_000), 40 * SECOND, 3600);
        assert_eq!(found(&detector), []);
    }

    #[test]
    fn one_wrong_timestamp_is_corrected_alone() {
        let mut detector = JumpDetector::new(SECOND, 2);
        add_second(&mut detector, 0, 0, 0);
        detector.add(0, Some(5_000), SECOND + 3600 * SECOND, 3600);
        add_second(&mut detector, 10_000, SECOND + 3600, SECOND);
        assert_eq!(found(&detector), [(0, 5_000, -3600 * SECOND), (0, 10_000, 0)]);
    }
}
