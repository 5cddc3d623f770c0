//! Opens a master with FFmpeg's demuxer over a source that reads bytes by offset.
//!
//! Invariants: only allow-listed demuxers and decoders run; FFmpeg opens nothing except the bytes it receives (an attempt is refused
//! and recorded in [`Input::nested_opens`]); a failed read is returned as [`MediaError::Read`] with its reason and never treated as
//! the end of the file.

use std::{ffi::c_int, ptr, sync::Arc};

use domain::{
    facts::ClockCorrection,
    matroska::{self, Geometry},
    reason::ReasonCode,
};
use ffmpeg_next::{Error, Packet, Rational, codec, ffi, format};

use super::{
    allowed,
    declared::declared_bytes,
    fail::{check_memory, out_of_memory},
    log,
    opening::{c_list, guess, open},
    source::{Reader, Shared},
    stream_clock::StreamClock,
    windows::Windows,
};
use crate::error::MediaError;

pub use super::source::{LocalFile, ReadAt};

/// Size of FFmpeg's own buffer: small, since the [`Windows`] below it already read in large pieces.
const BUFFER_BYTES: usize = 64 << 10;
/// Maximum number of consecutive damaged reads; after it the rest of the file counts as unreadable. Without this limit a demuxer that
/// does not advance would loop forever.
const MAX_DAMAGED_IN_A_ROW: u32 = 1000;

/// A search by places ends when the place is known to this many bytes: a second of a film at most.
const SEARCHED_BYTES: u64 = 256 << 10;
/// Maximum number of packets that are read for one step of such a search.
const SEARCHED_PACKETS: u32 = 5_000;

const PREPARING: &str = "preparing the decoder";

/// The result of one read.
pub(super) enum Read {
    /// A packet of any track.
    Packet(Packet),
    /// A damaged place, which the caller may skip.
    Damaged,
    /// The end of the file.
    End,
}

/// An opened master.
pub struct Input {
    // Owns the AVIOContext, whose `Reader` keeps `shared` alive for FFmpeg's callbacks.
    format: format::context::Input,
    shared: Arc<Shared>,
    size_bytes: u64,
    declared_bytes: Option<u64>,
    /// Of a Matroska file: what its demuxer leaves out of the video tracks, in file order.
    geometries: Vec<Geometry>,
    clock: StreamClock,
    observer: Option<Observer>,
    damaged_in_a_row: u32,
}

type Observer = Box<dyn FnMut(i64) + Send>;

impl Input {
    /// Opens a master and reads its header and stream descriptions.
    pub fn open(file: Box<dyn ReadAt>) -> Result<Self, MediaError> {
        ffmpeg_next::init().map_err(MediaError::while_doing("starting FFmpeg"))?;
        log::install();
        let mut windows = Windows::new(file);
        let size_bytes = windows.size();
        if size_bytes == 0 {
            return Err(MediaError::Refused(ReasonCode::FileEmpty.into()));
        }
        let mut head = [0; 4096];
        let count = windows.read_at(0, &mut head).map_err(MediaError::Read)?;
        let head = &head[..count];

        let declared_bytes = declared_bytes(head);
        let geometries = matroska::video_tracks(|offset, count| {
            let mut bytes = vec![0; count];
            let mut filled = 0;
            while filled < count {
                match windows.read_at(offset.saturating_add(filled as u64), &mut bytes[filled..])? {
                    0 => break,
                    read => filled += read,
                }
            }
            bytes.truncate(filled);
            Ok(bytes)
        });
        let geometries = geometries.map_err(MediaError::Read)?;
        let shared = Arc::new(Shared::default());
        let reader = Reader::new(windows, Arc::clone(&shared));
        let mut io = format::context::StreamIo::from_read_seek_with_capacity(reader, BUFFER_BYTES)
            .map_err(MediaError::while_doing("preparing to read"))?;
        let demuxer = guess(&mut io, &shared, head)?;
        let format = open(io, demuxer, &shared)?;
        let mut input = Self {
            format,
            shared,
            size_bytes,
            declared_bytes,
            geometries,
            clock: StreamClock::default(),
            observer: None,
            damaged_in_a_row: 0,
        };
        // SAFETY: the context is open and borrowed exclusively.
        let found = unsafe { ffi::avformat_find_stream_info(input.format.as_mut_ptr(), ptr::null_mut()) };
        if found < 0 {
            return Err(input.to_error(found.into(), "reading the stream descriptions"));
        }
        input.check_io()?;
        Ok(input)
    }

    /// Returns the demuxing context. Read packets with `Input::read_packet`, not with the context's iterator, which treats every error
    /// as the end of the file.
    pub fn format(&mut self) -> &mut format::context::Input {
        &mut self.format
    }

    /// Returns libavformat's short name of the container.
    pub fn container(&self) -> String {
        self.format.format().name().to_owned()
    }

    /// Returns the size of the file.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Returns the length that the file declares for itself, if any.
    pub fn declared_bytes(&self) -> Option<u64> {
        self.declared_bytes
    }

    /// Returns what the demuxer of a Matroska file leaves out of the video track with this number, from 0.
    pub(super) fn geometry(&self, number: usize) -> Option<Geometry> {
        self.geometries.get(number).copied()
    }

    /// Corrects the times of all packets from now on.
    pub(super) fn correct_clock(&mut self, corrections: &[ClockCorrection]) {
        self.clock = StreamClock::new(corrections);
    }

    /// Whether the file keeps video or audio in other files, which are never opened.
    pub fn refers_to_other_files(&self) -> bool {
        // SAFETY: only the address is used.
        let context = unsafe { self.format.as_ptr() };
        log::has_logged(context, "Skipped opening external track") || !self.nested_opens().is_empty()
    }

    /// Returns the addresses that FFmpeg tried to open in addition to the file. All were refused.
    pub fn nested_opens(&self) -> Vec<String> {
        self.shared.nested_opens()
    }

    /// Returns the number of errors that the demuxer has logged.
    pub(super) fn logged_errors(&self) -> u64 {
        // SAFETY: only the address is used.
        log::errors(unsafe { self.format.as_ptr() })
    }

    /// Calls `observer` with the film time, in milliseconds, of each packet read, so that the report of a crash can state the time.
    pub fn observe(&mut self, observer: impl FnMut(i64) + Send + 'static) {
        self.observer = Some(Box::new(observer));
    }

    /// Reads the next packet of any track. A failed read of the master is an error, damaged data is not.
    pub(super) fn read(&mut self) -> Result<Read, MediaError> {
        let mut packet = Packet::empty();
        match packet.read(&mut self.format) {
            Ok(()) => {
                self.damaged_in_a_row = 0;
                self.clock.correct(&mut packet);
                self.note_position(&packet);
                Ok(Read::Packet(packet))
            }
            Err(error) => {
                // A storage error must not look like the end of the film.
                self.check_io()?;
                if error == Error::Eof {
                    return Ok(Read::End);
                }
                check_memory(error, "reading the master")?;
                if self.has_given_up() {
                    return Ok(Read::End);
                }
                self.damaged_in_a_row += 1;
                Ok(Read::Damaged)
            }
        }
    }

    /// Reads the next packet of any track; `false` at the end of the file. Skips damaged packets; refuses a file that
    /// has only damaged packets for a long stretch.
    pub(super) fn read_packet(&mut self, packet: &mut Packet) -> Result<bool, MediaError> {
        loop {
            match self.read()? {
                Read::Packet(next) => {
                    *packet = next;
                    return Ok(true);
                }
                Read::Damaged => {}
                Read::End if self.has_given_up() => {
                    return Err(MediaError::Refused(ReasonCode::FileStretchUnreadable.into()));
                }
                Read::End => return Ok(false),
            }
        }
    }

    fn has_given_up(&self) -> bool {
        self.damaged_in_a_row >= MAX_DAMAGED_IN_A_ROW
    }

    /// Seeks to the last key packet at or before `timestamp` (in the stream's time base). Returns whether the container could.
    pub(super) fn seek(&mut self, stream_index: u32, timestamp: i64) -> Result<bool, MediaError> {
        if !self.clock.is_even() {
            return self.seek_by_byte(stream_index, timestamp);
        }
        let stream =
            c_int::try_from(stream_index).map_err(|_| MediaError::Plan("no such stream".to_owned()))?;
        self.damaged_in_a_row = 0;
        // SAFETY: the context is open and borrowed exclusively; the stream index is checked by FFmpeg.
        let done = unsafe {
            ffi::avformat_seek_file(self.format.as_mut_ptr(), stream, i64::MIN, timestamp, timestamp, 0)
        };
        self.check_io()?;
        Ok(done >= 0)
    }

    /// Seeks by places in the file to one whose packets of the stream are at most a little before `timestamp`. Demuxers search by the
    /// times in the file, which are not in order if its clock jumps.
    fn seek_by_byte(&mut self, stream_index: u32, timestamp: i64) -> Result<bool, MediaError> {
        let (mut low, mut high) = (0, self.size_bytes);
        while high - low > SEARCHED_BYTES {
            let middle = low.midpoint(high);
            match self.time_after(stream_index, middle)? {
                Some(time) if time <= timestamp => low = middle,
                _ => high = middle,
            }
        }
        Ok(self.go_to_byte(low)? >= 0)
    }

    /// Returns the time of the stream's first packet after a place in the file.
    fn time_after(&mut self, stream_index: u32, byte: u64) -> Result<Option<i64>, MediaError> {
        if self.go_to_byte(byte)? < 0 {
            return Ok(None);
        }
        let mut packet = Packet::empty();
        for _ in 0..SEARCHED_PACKETS {
            if !self.read_packet(&mut packet)? {
                return Ok(None);
            }
            if packet.stream() == stream_index as usize
                && let Some(time) = packet.dts().or(packet.pts())
            {
                return Ok(Some(time));
            }
        }
        Ok(None)
    }

    fn go_to_byte(&mut self, byte: u64) -> Result<c_int, MediaError> {
        self.damaged_in_a_row = 0;
        let position = i64::try_from(byte).unwrap_or(i64::MAX);
        // SAFETY: the context is open and borrowed exclusively.
        let done =
            unsafe { ffi::av_seek_frame(self.format.as_mut_ptr(), -1, position, ffi::AVSEEK_FLAG_BYTE) };
        self.clock.moved_to(byte);
        self.check_io().map(|()| done)
    }

    /// Seeks to the first byte, in formats that can be read from anywhere.
    pub(super) fn rewind_by_byte(&mut self) -> Result<(), MediaError> {
        let done = self.go_to_byte(0)?;
        if done >= 0 { Ok(()) } else { Err(self.to_error(done.into(), "seeking in the file")) }
    }

    /// Seeks to the first packet.
    pub(super) fn seek_to_start(&mut self) -> Result<(), MediaError> {
        if !self.clock.is_even() {
            return self.rewind_by_byte();
        }
        self.damaged_in_a_row = 0;
        // Raw DV multiplies the time by the size of a frame, which overflows for the lowest times; its own times begin at zero.
        let earliest = if self.container() == "dv" { 0 } else { i64::MIN + 1 };
        // SAFETY: the context is open and borrowed exclusively.
        let done = unsafe {
            let context = self.format.as_mut_ptr();
            match ffi::avformat_seek_file(context, -1, i64::MIN, earliest, 0, 0) {
                0.. => 0,
                _ => match ffi::avformat_seek_file(context, -1, i64::MIN, 0, i64::MAX, 0) {
                    0.. => 0,
                    // Formats without an index: by byte.
                    _ => ffi::av_seek_frame(context, -1, 0, ffi::AVSEEK_FLAG_BYTE),
                },
            }
        };
        if done >= 0 { self.check_io() } else { Err(self.to_error(done.into(), "seeking in the file")) }
    }

    /// Returns a codec context with the stream's parameters, on which the caller sets threading and opens a decoder. It can open only
    /// allow-listed decoders.
    pub fn decoder_context(&self, stream_index: u32) -> Result<codec::Context, MediaError> {
        let stream = self
            .format
            .stream(stream_index as usize)
            .ok_or_else(|| MediaError::Plan(format!("the master has no stream {stream_index}")))?;
        let time_base = stream.time_base();
        let mut context = codec::Context::new();
        let list = c_list(allowed::DECODERS);
        // SAFETY: the context was just created and has no other users; av_strdup's copy is freed with the context's options.
        unsafe {
            let context = context.as_mut_ptr();
            if context.is_null() {
                return Err(out_of_memory(PREPARING));
            }
            (*context).codec_whitelist = ffi::av_strdup(list.as_ptr());
            // Without a list every decoder would be allowed.
            if (*context).codec_whitelist.is_null() {
                return Err(out_of_memory(PREPARING));
            }
            (*context).pkt_timebase = time_base.into();
        }
        context.set_parameters(stream.parameters()).map_err(MediaError::while_doing(PREPARING))?;
        Ok(context)
    }

    /// Converts an FFmpeg error: returns the failed read that caused it, if any, else FFmpeg's error.
    pub fn to_error(&self, error: ffmpeg_next::Error, doing: &'static str) -> MediaError {
        self.shared.take_read_error().unwrap_or(MediaError::Ffmpeg { doing, source: error })
    }

    /// Fails if a read has failed since the last call. Must be called after every error from FFmpeg and at every end of data, since a
    /// failed read may cause either.
    pub fn check_io(&self) -> Result<(), MediaError> {
        self.shared.take_read_error().map_or(Ok(()), Err)
    }

    /// Passes the time of a packet to the observer.
    fn note_position(&mut self, packet: &Packet) {
        let Some(observer) = &mut self.observer else { return };
        let stream = self.format.stream(packet.stream());
        if let (Some(stream), Some(pts)) = (stream, packet.pts().or(packet.dts())) {
            observer(rescale_ms(pts, stream.time_base()));
        }
    }
}

/// Converts a timestamp to milliseconds.
pub(crate) fn rescale_ms(timestamp: i64, time_base: Rational) -> i64 {
    // SAFETY: pure arithmetic on values; a zero denominator cannot come from FFmpeg's streams and yields a number.
    unsafe { ffi::av_rescale_q(timestamp, time_base.into(), ffi::AVRational { num: 1, den: 1000 }) }
}
