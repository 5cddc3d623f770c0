//! The master's pictures in presentation order, from a wanted time on.
//!
//! What comes out for a given time is the same wherever decoding began: after a seek nothing is decoded before a key
//! packet, nothing that precedes it in presentation (the leading pictures of an open GOP) or that the decoder calls
//! corrupt is let through, and a seek that lands too late is repeated earlier, in the end from the start of the file.
//! Broken packets are counted and passed over; whether that is too much is for the caller to judge.

use domain::{plan::VideoSource, ratio::Ratio};
use ffmpeg_next::{Error, Packet, codec, decoder, frame, frame::Flags};

use super::{
    fail::{out_of_memory, pass_over},
    frames,
    input::{Input, Read},
    track_reader::{TrackReader, ticks},
};
use crate::{error::MediaError, memory};

/// Frame threads of the decoder. Fixed, so that even the concealment of damage does not depend on the machine.
const DECODER_THREADS: u32 = 2;

const DECODING: &str = "decoding pictures";

/// How far before the wanted picture to look for a key packet, in milliseconds, one try after another. The last ones
/// find the end of a truncated master without decoding all of it.
const PREROLLS_MS: [i64; 7] = [1_000, 4_000, 16_000, 64_000, 256_000, 1_024_000, 4_096_000];

/// The first clean picture after a seek must be this much before the wanted one, so that filters that look at
/// neighbours have them.
const MARGIN_MS: i64 = 500;

/// A picture of the master with its place in time.
pub(super) struct Picture {
    /// The samples; `pts` is set.
    pub(super) frame: frame::Video,
    /// Presentation time in the track's time base; greater than the one before it.
    pub(super) pts: i64,
    /// How long the master says it is shown; 0 if it does not say.
    pub(super) duration: i64,
}

/// A decoder of one picture track.
pub(super) struct PictureReader {
    reader: TrackReader,
    decoder: decoder::Video,
    time_base: Ratio,
    /// Presentation time of the key packet decoding began with after a seek.
    key_pts: Option<i64>,
    awaiting_key: bool,
    from_start: bool,
    /// Some picture since the last positioning had no timestamp of its own.
    untimed: bool,
    last: Option<(i64, i64)>,
    /// Read ahead while positioning.
    pending: Option<Picture>,
    broken: u64,
}

impl PictureReader {
    /// A reader of the plan's picture track, at the start of the file.
    pub(super) fn open(input: Input, source: &VideoSource) -> Result<Self, MediaError> {
        let mut reader = TrackReader::new(input, source.stream_index)?;
        let time_base = reader.time_base();
        if time_base != source.time_base {
            return Err(MediaError::Plan(format!(
                "the picture track counts in units of {time_base} s, not of {} s",
                source.time_base
            )));
        }
        let decoder = reader
            .decoder(DECODER_THREADS)?
            .video()
            .map_err(MediaError::while_doing("opening the picture decoder"))?;
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
        })
    }

    /// Parameters of the track as the container and its first packets tell them: the same for every reader of one
    /// master.
    pub(super) fn parameters(&mut self) -> codec::Parameters {
        self.reader.parameters()
    }

    /// Broken packets and pictures met so far.
    pub(super) fn broken(&self) -> u64 {
        self.broken
    }

    /// `ms` in the track's ticks.
    pub(super) fn ticks(&self, ms: i64) -> i64 {
        ticks(ms, self.time_base)
    }

    /// Positions the reader so that the picture shown at `pts` and its neighbour before are among those to come.
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
            // Without timestamps of their own pictures are timed by counting, which only works from the start.
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

    /// The next picture; `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<Picture>, MediaError> {
        if let Some(picture) = self.pending.take() {
            return Ok(Some(picture));
        }
        loop {
            let mut frame = frames::video().map_err(MediaError::while_doing(DECODING))?;
            match self.decoder.receive_frame(&mut frame) {
                Ok(()) => {
                    if let Some(picture) = self.admit(frame) {
                        return Ok(Some(picture));
                    }
                }
                // No failure, so that it came near its limit says nothing.
                Err(Error::Eof) if memory::was_noted() => return Err(out_of_memory(DECODING)),
                Err(Error::Eof) => return Ok(None),
                Err(Error::Other { errno: ffmpeg_next::error::EAGAIN }) => self.feed()?,
                Err(error) => {
                    pass_over(error, DECODING)?;
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
    }

    /// Gives the decoder one packet, or the end of the data.
    fn feed(&mut self) -> Result<(), MediaError> {
        let packet = match self.reader.read()? {
            Read::Packet(packet) => packet,
            Read::Damaged => {
                self.broken += 1;
                return Ok(());
            }
            Read::End => {
                self.decoder.send_eof().ok();
                return Ok(());
            }
        };
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
        match self.decoder.send_packet(packet) {
            Ok(()) => Ok(()),
            Err(error) => {
                pass_over(error, DECODING)?;
                self.broken += 1;
                Ok(())
            }
        }
    }

    /// Times a decoded picture and decides whether it may be shown.
    fn admit(&mut self, mut frame: frame::Video) -> Option<Picture> {
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
        Some(Picture { frame, pts, duration })
    }
}
