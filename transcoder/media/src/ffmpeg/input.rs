//! A master opened for reading: FFmpeg's demuxer over whatever gives bytes by offset.
//!
//! Invariants: only the allow-listed demuxers and decoders run; FFmpeg opens nothing beside the bytes it is given
//! (an attempt is refused and kept in [`Input::nested_opens`]); a failed read comes back as [`MediaError::Read`]
//! with its reason and is never taken for the end of the file.

use std::{
    ffi::{CStr, CString, c_char, c_int},
    io::{self, Read, Seek, SeekFrom},
    ptr,
    sync::{Arc, Mutex, PoisonError},
};

use ffmpeg_next::{Packet, Rational, codec, ffi, format};

use super::{allowed, declared::declared_bytes, fail::out_of_memory, log, windows::Windows};
use crate::error::MediaError;

/// Bytes by offset: a local file, or the parent process at the other end of a socket.
pub trait ReadAt: Send {
    /// Size of the whole file, in bytes; does not change.
    fn size(&self) -> u64;

    /// Reads up to `buf.len()` bytes at `offset`; 0 only at the end of the file.
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;
}

/// A local file.
pub struct LocalFile {
    file: std::fs::File,
    size: u64,
}

impl LocalFile {
    /// Takes an open file and its size now.
    pub fn new(file: std::fs::File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self { file, size })
    }
}

impl ReadAt for LocalFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, buf, offset)
    }
}

/// FFmpeg's own buffer: small, since [`Windows`] below it already reads in large pieces.
const BUFFER_BYTES: usize = 64 << 10;
/// Damaged packets in a row after which a file counts as broken; a demuxer that does not advance would spin.
const DAMAGED_IN_A_ROW: u32 = 1000;

const OPENING: &str = "opening the file";
const PREPARING: &str = "preparing the decoder";

/// An opened master.
pub struct Input {
    // Owns the AVIOContext and, inside it, the `Reader` that keeps `shared` alive for FFmpeg's callbacks.
    format: format::context::Input,
    shared: Arc<Shared>,
    size_bytes: u64,
    declared_bytes: Option<u64>,
    observer: Option<Observer>,
}

type Observer = Box<dyn FnMut(i64) + Send>;

/// What FFmpeg's callbacks leave behind for us, since it only hands on error numbers.
#[derive(Default)]
struct Shared {
    read_error: Mutex<Option<(io::ErrorKind, String)>>,
    nested_opens: Mutex<Vec<String>>,
}

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
        let reader = Reader { windows, position: 0, shared: Arc::clone(&shared) };
        let mut io = format::context::StreamIo::from_read_seek_with_capacity(reader, BUFFER_BYTES)
            .map_err(MediaError::while_doing("preparing to read"))?;
        let demuxer = guess(&mut io, &shared, head)?;
        let format = open(io, demuxer, &shared)?;
        let mut input = Self { format, shared, size_bytes, declared_bytes, observer: None };
        // SAFETY: the context is open and exclusively ours.
        let found = unsafe { ffi::avformat_find_stream_info(input.format.as_mut_ptr(), ptr::null_mut()) };
        if found < 0 {
            return Err(input.raise(found.into(), "reading the stream descriptions"));
        }
        input.check_io()?;
        Ok(input)
    }

    /// The demuxing context. Read packets with [`Input::read_packet`], not with its iterator, which takes every
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
        self.shared.nested_opens.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Calls `observer` with the film time in milliseconds of packets as they are read, so that a crash can say where.
    pub fn observe(&mut self, observer: impl FnMut(i64) + Send + 'static) {
        self.observer = Some(Box::new(observer));
    }

    /// Reads the next packet; `false` at the end of the file. Damaged packets are passed over.
    pub fn read_packet(&mut self, packet: &mut Packet) -> Result<bool, MediaError> {
        for _ in 0..DAMAGED_IN_A_ROW {
            match packet.read(&mut self.format) {
                Ok(()) => {
                    self.note_position(packet);
                    return Ok(true);
                }
                Err(ffmpeg_next::Error::Eof) => return self.check_io().map(|()| false),
                Err(ffmpeg_next::Error::InvalidData) => self.check_io()?,
                Err(error) => return Err(self.raise(error, "reading the file")),
            }
        }
        Err(MediaError::Refused(
            "The file is damaged: nothing readable follows for a long stretch. Upload it again.".to_owned(),
        ))
    }

    /// Seeks to the last key frame at or before `timestamp` (in the stream's time base), or to the first one.
    pub fn seek(&mut self, stream_index: u32, timestamp: i64) -> Result<(), MediaError> {
        let stream =
            c_int::try_from(stream_index).map_err(|_| MediaError::Plan("no such stream".to_owned()))?;
        // SAFETY: the context is open and exclusively ours; the stream index is checked by FFmpeg.
        let done = unsafe {
            ffi::avformat_seek_file(self.format.as_mut_ptr(), stream, i64::MIN, timestamp, timestamp, 0)
        };
        if done >= 0 {
            return Ok(());
        }
        self.check_io()?;
        // Some demuxers cannot go to before the first key frame they know: begin at the beginning.
        self.seek_to_start()
    }

    /// Goes back to the first packet.
    pub fn seek_to_start(&mut self) -> Result<(), MediaError> {
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
        if done >= 0 { Ok(()) } else { Err(self.raise(done.into(), "seeking in the file")) }
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

    /// Tells the observer of a packet; [`Input::read_packet`] does so by itself.
    pub fn note_position(&mut self, packet: &Packet) {
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

/// Guesses the container from the content alone, and refuses what is not on the list before any demuxer runs.
fn guess(
    io: &mut format::context::StreamIo,
    shared: &Shared,
    head: &[u8],
) -> Result<*const ffi::AVInputFormat, MediaError> {
    let mut demuxer = ptr::null();
    // SAFETY: the I/O context is alive and ours; without a name FFmpeg judges by content; `demuxer` points to one
    // of its static tables afterwards, or stays null.
    let score = unsafe {
        ffi::av_probe_input_buffer2(io.as_mut_ptr(), &raw mut demuxer, ptr::null(), ptr::null_mut(), 0, 0)
    };
    if let Some(error) = shared.take_read_error() {
        return Err(error);
    }
    let (name, long_name) = if score < 0 || demuxer.is_null() {
        (None, "unknown".to_owned())
    } else {
        // SAFETY: both names are static C strings of a registered demuxer; only long_name may be null.
        unsafe { (Some(c_text((*demuxer).name)), c_text((*demuxer).long_name)) }
    };
    match name {
        Some(name) if allowed::is_container(&name) => Ok(demuxer),
        name => Err(MediaError::Refused(allowed::refusal(name.as_deref(), &long_name, head))),
    }
}

/// Opens the demuxer with every way out of the file shut.
fn open(
    mut io: format::context::StreamIo,
    demuxer: *const ffi::AVInputFormat,
    shared: &Arc<Shared>,
) -> Result<format::context::Input, MediaError> {
    let demuxers = c_list(allowed::DEMUXERS);
    let decoders = c_list(allowed::DECODERS);
    // SAFETY: the context is made here and freed by avformat_open_input on failure, by `Input`'s destructor after.
    // The lists are copies which the context's options free. `opaque` points to `Shared`, which the `Reader`
    // inside `io` keeps alive as long as the context: the destructor closes the context before it drops `io`.
    unsafe {
        let mut context = ffi::avformat_alloc_context();
        if context.is_null() {
            return Err(out_of_memory(OPENING));
        }
        log::forget(context);
        let address = context.cast_const();
        (*context).pb = io.as_mut_ptr();
        (*context).flags |= ffi::AVFMT_FLAG_CUSTOM_IO;
        (*context).opaque = Arc::as_ptr(shared).cast_mut().cast();
        (*context).io_open = Some(refuse_open);
        (*context).format_whitelist = ffi::av_strdup(demuxers.as_ptr());
        (*context).codec_whitelist = ffi::av_strdup(decoders.as_ptr());
        (*context).protocol_whitelist = ffi::av_strdup(c"".as_ptr());
        let lists = [(*context).format_whitelist, (*context).codec_whitelist, (*context).protocol_whitelist];
        // Without a list anything would be allowed.
        if lists.iter().any(|list| list.is_null()) {
            ffi::avformat_free_context(context);
            return Err(out_of_memory(OPENING));
        }
        let done = ffi::avformat_open_input(&raw mut context, ptr::null(), demuxer, ptr::null_mut());
        if done >= 0 {
            return Ok(format::context::Input::wrap_with_custom_io(context, io));
        }
        drop(io);
        Err(shared.take_read_error().unwrap_or_else(|| cannot_open(done.into(), address)))
    }
}

/// Why the demuxer gave up on a file whose kind is right.
fn cannot_open(error: ffmpeg_next::Error, context: *const ffi::AVFormatContext) -> MediaError {
    if log::has_said(context, "moov atom not found") {
        return MediaError::Refused(
            "The file has no index (moov): its copying or recording was broken off before the end. \
             Copy it again from its source."
                .to_owned(),
        );
    }
    match error {
        ffmpeg_next::Error::Other { errno } if errno == ffmpeg_next::error::ENOMEM => {
            MediaError::Ffmpeg { doing: OPENING, source: error }
        }
        error => MediaError::Refused(format!(
            "The file is damaged: its header cannot be read ({error}). Upload it again."
        )),
    }
}

/// `io_open` of every context: FFmpeg asks it for whatever a file refers to.
unsafe extern "C" fn refuse_open(
    context: *mut ffi::AVFormatContext,
    _io: *mut *mut ffi::AVIOContext,
    url: *const c_char,
    _flags: c_int,
    _options: *mut *mut ffi::AVDictionary,
) -> c_int {
    // SAFETY: FFmpeg calls this with the context made in `open`, whose `opaque` is a live `Shared`, and a C string.
    let (shared, url) = unsafe { ((*context).opaque.cast::<Shared>().as_ref(), c_text(url)) };
    if let Some(shared) = shared {
        shared.nested_opens.lock().unwrap_or_else(PoisonError::into_inner).push(url);
    }
    ffi::AVERROR(ffi::EPERM)
}

/// A C string that may be null.
///
/// # Safety
/// A pointer that is not null must point to a C string that lives through the call.
pub(super) unsafe fn c_text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

fn c_list(names: &[&str]) -> CString {
    CString::new(names.join(",")).expect("invariant: the allow-lists hold no NUL")
}

impl Shared {
    fn take_read_error(&self) -> Option<MediaError> {
        let (kind, text) = self.read_error.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(MediaError::Read(io::Error::new(kind, text)))
    }
}

/// What FFmpeg reads from.
struct Reader {
    windows: Windows,
    position: u64,
    shared: Arc<Shared>,
}

impl Read for Reader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.windows.read_at(self.position, buf);
        match &read {
            Ok(count) => self.position += *count as u64,
            Err(error) => {
                let mut kept = self.shared.read_error.lock().unwrap_or_else(PoisonError::into_inner);
                kept.get_or_insert_with(|| (error.kind(), error.to_string()));
            }
        }
        read
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, by) = match to {
            SeekFrom::Start(offset) => (offset, 0),
            SeekFrom::Current(by) => (self.position, by),
            SeekFrom::End(by) => (self.windows.size(), by),
        };
        self.position = base.checked_add_signed(by).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
