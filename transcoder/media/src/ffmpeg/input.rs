//! A master opened for reading: FFmpeg's demuxer over whatever gives bytes by offset.
//!
//! Invariants: only the allow-listed demuxers and decoders run; FFmpeg opens nothing beside the bytes it is given
//! (an attempt is refused and kept in [`Input::nested_opens`]); a failed read comes back as [`MediaError::Read`]
//! with its reason and is never taken for the end of the file.

use std::{ffi::c_int, ptr, sync::Arc};

use ffmpeg_next::{Error, Packet, Rational, codec, ffi, format};

use super::{
    allowed,
    declared::declared_bytes,
    fail::{out_of_memory, pass_over},
    log,
    opening::{c_list, guess, open},
    source::{Reader, Shared},
    windows::Windows,
};
use crate::error::MediaError;

pub use super::source::{LocalFile, ReadAt};

/// FFmpeg's own buffer: small, since [`Windows`] below it already reads in large pieces.
const BUFFER_BYTES: usize = 64 << 10;
/// Damaged reads in a row after which the rest of the file counts as gone: a demuxer that does not advance would spin.
const MAX_DAMAGED_IN_A_ROW: u32 = 1000;

const PREPARING: &str = "preparing the decoder";

/// What one read gave.
pub(super) enum Read {
    /// A packet of any track.
    Packet(Packet),
    /// A damaged place, which may be passed over.
    Damaged,
    /// Nothing more.
    End,
}

/// An opened master.
pub struct Input {
    // Owns the AVIOContext and, inside it, the `Reader` that keeps `shared` alive for FFmpeg's callbacks.
    format: format::context::Input,
    shared: Arc<Shared>,
    size_bytes: u64,
    declared_bytes: Option<u64>,
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
            return Err(MediaError::Refused("This file is empty. Upload it again.".to_owned()));
        }
        let mut head = [0; 4096];
        let count = windows.read_at(0, &mut head).map_err(MediaError::Read)?;
        let head = &head[..count];

        let declared_bytes = declared_bytes(head);
        let shared = Arc::new(Shared::default());
        let reader = Reader::new(windows, Arc::clone(&shared));
        let mut io = format::context::StreamIo::from_read_seek_with_capacity(reader, BUFFER_BYTES)
            .map_err(MediaError::while_doing("preparing to read"))?;
        let demuxer = guess(&mut io, &shared, head)?;
        let format = open(io, demuxer, &shared)?;
        let mut input =
            Self { format, shared, size_bytes, declared_bytes, observer: None, damaged_in_a_row: 0 };
        // SAFETY: the context is open and exclusively ours.
        let found = unsafe { ffi::avformat_find_stream_info(input.format.as_mut_ptr(), ptr::null_mut()) };
        if found < 0 {
            return Err(input.raise(found.into(), "reading the stream descriptions"));
        }
        input.check_io()?;
        Ok(input)
    }

    /// The demuxing context. Read packets with `Input::read_packet`, not with its iterator, which takes every
    /// error for the end.
    pub fn format(&mut self) -> &mut format::context::Input {
        &mut self.format
    }

    /// libavformat's short name of the container.
    pub fn container(&self) -> String {
        self.format.format().name().to_owned()
    }

    /// Size of the file.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The length the file itself declares, if it does.
    pub fn declared_bytes(&self) -> Option<u64> {
        self.declared_bytes
    }

    /// Whether the file keeps pictures or sound in other files, which are never opened.
    pub fn refers_to_other_files(&self) -> bool {
        // SAFETY: only the address is used.
        let context = unsafe { self.format.as_ptr() };
        log::has_said(context, "Skipped opening external track") || !self.nested_opens().is_empty()
    }

    /// What FFmpeg tried to open beside the file, all refused.
    pub fn nested_opens(&self) -> Vec<String> {
        self.shared.nested_opens()
    }

    /// Calls `observer` with the film time in milliseconds of packets as they are read, so that a crash can say where.
    pub fn observe(&mut self, observer: impl FnMut(i64) + Send + 'static) {
        self.observer = Some(Box::new(observer));
    }

    /// Reads on.
    pub(super) fn read(&mut self) -> Result<Read, MediaError> {
        let mut packet = Packet::empty();
        match packet.read(&mut self.format) {
            Ok(()) => {
                self.damaged_in_a_row = 0;
                self.note_position(&packet);
                Ok(Read::Packet(packet))
            }
            Err(error) => {
                // Storage that failed must not make a short film of a long one.
                self.check_io()?;
                if error == Error::Eof {
                    return Ok(Read::End);
                }
                pass_over(error, "reading the master")?;
                if self.has_given_up() {
                    return Ok(Read::End);
                }
                self.damaged_in_a_row += 1;
                Ok(Read::Damaged)
            }
        }
    }

    /// Reads the next packet of any track; `false` at the end of the file. Damaged packets are passed over; a file that
    /// has nothing else for a long stretch is refused.
    pub(super) fn read_packet(&mut self, packet: &mut Packet) -> Result<bool, MediaError> {
        loop {
            match self.read()? {
                Read::Packet(next) => {
                    *packet = next;
                    return Ok(true);
                }
                Read::Damaged => {}
                Read::End if self.has_given_up() => {
                    return Err(MediaError::Refused(
                        "The file is damaged: nothing readable follows for a long stretch. Upload it again."
                            .to_owned(),
                    ));
                }
                Read::End => return Ok(false),
            }
        }
    }

    fn has_given_up(&self) -> bool {
        self.damaged_in_a_row >= MAX_DAMAGED_IN_A_ROW
    }

    /// Seeks to the last key packet at or before `timestamp` (in the stream's time base); whether the container could.
    pub(super) fn seek(&mut self, stream_index: u32, timestamp: i64) -> Result<bool, MediaError> {
        let stream =
            c_int::try_from(stream_index).map_err(|_| MediaError::Plan("no such stream".to_owned()))?;
        self.damaged_in_a_row = 0;
        // SAFETY: the context is open and exclusively ours; the stream index is checked by FFmpeg.
        let done = unsafe {
            ffi::avformat_seek_file(self.format.as_mut_ptr(), stream, i64::MIN, timestamp, timestamp, 0)
        };
        self.check_io()?;
        Ok(done >= 0)
    }

    /// Goes back to the first packet.
    pub(super) fn seek_to_start(&mut self) -> Result<(), MediaError> {
        self.damaged_in_a_row = 0;
        // SAFETY: the context is open and exclusively ours.
        let done = unsafe {
            let context = self.format.as_mut_ptr();
            match ffi::avformat_seek_file(context, -1, i64::MIN, i64::MIN + 1, 0, 0) {
                0.. => 0,
                _ => match ffi::avformat_seek_file(context, -1, i64::MIN, 0, i64::MAX, 0) {
                    0.. => 0,
                    // Formats without an index: by byte.
                    _ => ffi::av_seek_frame(context, -1, 0, ffi::AVSEEK_FLAG_BYTE),
                },
            }
        };
        if done >= 0 { self.check_io() } else { Err(self.raise(done.into(), "seeking in the file")) }
    }

    /// A codec context with the stream's parameters, ready for threading to be set and a decoder to be opened.
    /// It can open allow-listed decoders only.
    pub fn decoder_context(&self, stream_index: u32) -> Result<codec::Context, MediaError> {
        let stream = self
            .format
            .stream(stream_index as usize)
            .ok_or_else(|| MediaError::Plan(format!("the master has no stream {stream_index}")))?;
        let time_base = stream.time_base();
        let mut context = codec::Context::new();
        let list = c_list(allowed::DECODERS);
        // SAFETY: the context was just made and is ours; av_strdup's copy is freed with the context's options.
        unsafe {
            let context = context.as_mut_ptr();
            if context.is_null() {
                return Err(out_of_memory(PREPARING));
            }
            (*context).codec_whitelist = ffi::av_strdup(list.as_ptr());
            // Without a list anything would be allowed.
            if (*context).codec_whitelist.is_null() {
                return Err(out_of_memory(PREPARING));
            }
            (*context).pkt_timebase = time_base.into();
        }
        context.set_parameters(stream.parameters()).map_err(MediaError::while_doing(PREPARING))?;
        Ok(context)
    }

    /// The reason behind an FFmpeg error: the failed read, if there was one, else FFmpeg's own.
    pub fn raise(&self, error: ffmpeg_next::Error, doing: &'static str) -> MediaError {
        self.shared.take_read_error().unwrap_or(MediaError::Ffmpeg { doing, source: error })
    }

    /// Fails if a read has failed since the last call: to be asked after every error from FFmpeg and at every end
    /// of data, both of which may be a failed read in disguise.
    pub fn check_io(&self) -> Result<(), MediaError> {
        self.shared.take_read_error().map_or(Ok(()), Err)
    }

    /// Tells the observer of a packet.
    fn note_position(&mut self, packet: &Packet) {
        let Some(observer) = &mut self.observer else { return };
        let stream = self.format.stream(packet.stream());
        if let (Some(stream), Some(pts)) = (stream, packet.pts().or(packet.dts())) {
            observer(rescale_ms(pts, stream.time_base()));
        }
    }
}

/// A timestamp in milliseconds.
pub(crate) fn rescale_ms(timestamp: i64, time_base: Rational) -> i64 {
    // SAFETY: pure arithmetic on values; a zero denominator cannot come from FFmpeg's streams and yields a number.
    unsafe { ffi::av_rescale_q(timestamp, time_base.into(), ffi::AVRational { num: 1, den: 1000 }) }
}
