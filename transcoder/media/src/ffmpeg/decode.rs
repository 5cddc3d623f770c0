//! Decodes the master's frames in presentation order, from a given time on.
//!
//! The frames for a given time are the same wherever decoding began. After a seek decoding starts at a key packet; frames before it in
//! presentation order (the leading frames of an open GOP) and frames that the decoder marks as corrupt are dropped. A seek that lands
//! too late is repeated to an earlier time, at last from the start of the file. Damaged packets are counted and skipped, and
//! [`Losses`] tells where frames are missing because of them.

use domain::{
    plan::{SourceTime, VideoSource},
    ratio::Ratio,
};
use ffmpeg_next::{Error, Packet, codec, decoder, frame, frame::Flags};

use super::{
    fail::{check_memory, out_of_memory},
    frames,
    input::{Input, Read},
    losses::Losses,
    track_reader::{TrackReader, ticks},
};
use crate::{error::MediaError, memory};

/// Frame threads of the decoder. A fixed number, so that even the concealment of damage does not depend on the machine.
const DECODER_THREADS: u32 = 2;

const DECODING: &str = "decoding video";

/// Distances before the wanted frame at which a seek looks for a key packet, in milliseconds, tried in this order. The last ones find
/// the end of a truncated master without decoding all of it.
const PREROLLS_MS: [i64; 7] = [1_000, 4_000, 16_000, 64_000, 256_000, 1_024_000, 4_096_000];

/// The first undamaged frame after a seek must be at least this much before the wanted one, so that filters that read neighbouring
/// frames have them.
const MARGIN_MS: i64 = 500;

/// Maximum duration of a frame in formats that require frequent times, with a margin. Their demuxers skip damage silently.
const LONGEST_FRAME_MS: i64 = 1_000;

/// A frame of the master with its time.
pub(super) struct TimedFrame {
    /// The samples; `pts` is set.
    pub(super) frame: frame::Video,
    /// Presentation time in the track's time base; greater than that of the previous frame.
    pub(super) pts: i64,
    /// Duration that the master declares for the frame; 0 if it declares none.
    pub(super) duration: i64,
}

impl TimedFrame {
    /// Whether areas of the frame could not be decoded.
    pub(super) fn is_damaged(&self) -> bool {
        self.frame.flags().contains(Flags::CORRUPT) || self.frame.has_decode_errors()
    }
}

/// Reads and decodes one video track.
pub(super) struct FrameReader {
    reader: TrackReader,
    decoder: decoder::Video,
    time_base: Ratio,
    /// Presentation time of the key packet at which decoding began after a seek.
    key_pts: Option<i64>,
    awaiting_key: bool,
    from_start: bool,
    /// Whether a frame since the last seek had no timestamp.
    untimed: bool,
    last: Option<(i64, i64)>,
    /// A frame that was read while seeking.
    pending: Option<TimedFrame>,
    broken: u64,
    losses: Losses,
}

impl FrameReader {
    /// Opens a reader of the plan's video track, at the start of the file.
    pub(super) fn open(input: Input, source: &VideoSource, start: SourceTime) -> Result<Self, MediaError> {
        let mut reader = TrackReader::new(input, &[source.stream_index])?;
        let time_base = reader.time_base(0);
        if time_base != start.time_base {
            return Err(MediaError::Plan(format!(
                "the video track's time base is {time_base} s, but the plan's is {} s",
                start.time_base
            )));
        }
        let decoder = reader
            .decoder(0, DECODER_THREADS)?
            .video()
            .map_err(MediaError::while_doing("opening the video decoder"))?;
        Ok(Self {
            reader,
            decoder,
            time_base,
            key_pts: None,
            awaiting_key: false,
            from_start: true,
            untimed: false,
            last: None,
            pending: None,
            broken: 0,
            losses: Losses::default(),
        })
    }

    /// Returns the track's parameters from the container and the first packets: the same for every reader of one master.
    pub(super) fn parameters(&mut self) -> codec::Parameters {
        self.reader.parameters(0)
    }

    /// Returns the number of damaged packets and frames so far.
    pub(super) fn broken(&self) -> u64 {
        self.broken
    }

    /// Returns where frames are missing, since the last seek.
    pub(super) fn losses(&mut self) -> &mut Losses {
        &mut self.losses
    }

    /// Returns the maximum duration of a frame in ticks, if the format has one.
    pub(super) fn longest_frame(&self) -> Option<i64> {
        self.reader.has_frequent_times().then(|| self.ticks(LONGEST_FRAME_MS))
    }

    /// Converts milliseconds to the track's ticks.
    pub(super) fn ticks(&self, ms: i64) -> i64 {
        ticks(ms, self.time_base)
    }

    /// Seeks so that the frame shown at `pts` and the frame before it are still to come.
    pub(super) fn start_at(&mut self, pts: i64, first_pts: i64) -> Result<(), MediaError> {
        for preroll_ms in PREROLLS_MS {
            let target = pts.saturating_sub(self.ticks(preroll_ms));
            if target <= first_pts {
                break;
            }
            if !self.reader.seek(target)? {
                continue;
            }
            self.restart(false);
            let Some(first) = self.next()? else { continue };
            // Frames without timestamps are timed by counting, which works only from the start of the file.
            if !self.untimed && first.pts <= pts.saturating_sub(self.ticks(MARGIN_MS)) {
                self.pending = Some(first);
                return Ok(());
            }
        }
        if !self.reader.is_fresh() {
            self.reader.rewind()?;
            self.restart(true);
        }
        Ok(())
    }

    /// Returns the next frame; `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<TimedFrame>, MediaError> {
        if let Some(frame) = self.pending.take() {
            return Ok(Some(frame));
        }
        loop {
            let mut frame = frames::video().map_err(MediaError::while_doing(DECODING))?;
            match self.decoder.receive_frame(&mut frame) {
                Ok(()) => {
                    if let Some(frame) = self.admit(frame) {
                        return Ok(Some(frame));
                    }
                }
                // An end is not an error, so an address space that came near its limit proves nothing here.
                Err(Error::Eof) if memory::has_failed_allocation() => return Err(out_of_memory(DECODING)),
                Err(Error::Eof) => return Ok(None),
                Err(Error::Other { errno: ffmpeg_next::error::EAGAIN }) => self.feed()?,
                Err(error) => {
                    check_memory(error, DECODING)?;
                    self.broken += 1;
                }
            }
        }
    }

    fn restart(&mut self, from_start: bool) {
        self.decoder.flush();
        self.key_pts = None;
        self.awaiting_key = !from_start;
        self.from_start = from_start;
        self.untimed = false;
        self.last = None;
        self.pending = None;
        self.broken = 0;
        self.losses = Losses::default();
    }

    /// Sends the decoder one packet, or the end of the data.
    fn feed(&mut self) -> Result<(), MediaError> {
        let packet = match self.reader.read()? {
            Read::Packet(packet) => packet,
            Read::Damaged => {
                self.broken += 1;
                self.losses.interrupt();
                return Ok(());
            }
            Read::End => {
                self.decoder.send_eof().ok();
                return Ok(());
            }
        };
        if self.reader.has_skipped() {
            self.losses.interrupt();
        }
        if self.awaiting_key {
            if !packet.is_key() {
                return Ok(());
            }
            self.awaiting_key = false;
            self.key_pts = packet.pts();
        }
        self.send(&packet)
    }

    fn send(&mut self, packet: &Packet) -> Result<(), MediaError> {
        self.losses.note(packet);
        match self.decoder.send_packet(packet) {
            Ok(()) => Ok(()),
            Err(error) => {
                check_memory(error, DECODING)?;
                self.broken += 1;
                Ok(())
            }
        }
    }

    /// Sets the time of a decoded frame; returns `None` if the frame must not be shown.
    fn admit(&mut self, mut frame: frame::Video) -> Option<TimedFrame> {
        if frame.pts().is_none() {
            self.untimed = true;
        }
        let duration = frame.packet().duration.max(0);
        let after_last = self.last.map(|(pts, duration)| pts.saturating_add(duration.max(1)));
        let pts = frame.timestamp().or(after_last)?;
        let damaged = frame.flags().contains(Flags::CORRUPT);
        if damaged || frame.has_decode_errors() {
            self.broken += 1;
        }
        if self.last.is_none() {
            let leading = self.key_pts.is_some_and(|key_pts| pts < key_pts);
            let misses_references = !self.from_start && frame.has_decode_errors();
            if leading || damaged || misses_references {
                return None;
            }
        }
        if self.last.is_some_and(|(last, _)| pts <= last) {
            self.broken += 1;
            return None;
        }
        self.last = Some((pts, duration));
        frame.set_pts(Some(pts));
        Some(TimedFrame { frame, pts, duration })
    }
}
