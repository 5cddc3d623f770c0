//! Opens a master: detects its container and starts a demuxer that can read only the bytes it receives.

use std::{
    ffi::{CString, c_char, c_int},
    ptr,
    sync::Arc,
};

use domain::reason::ReasonCode;
use ffmpeg_next::{ffi, format};

use super::{allowed, c_text::c_text, fail::out_of_memory, log, source::Shared};
use crate::error::MediaError;

const OPENING: &str = "opening the file";

/// Detects the container only from the content. Refuses containers that are not on the list before any demuxer runs.
pub(super) fn guess(
    io: &mut format::context::StreamIo,
    shared: &Shared,
    head: &[u8],
) -> Result<*const ffi::AVInputFormat, MediaError> {
    let mut demuxer = ptr::null();
    // SAFETY: the I/O context is valid and borrowed exclusively; without a name FFmpeg judges by content; afterwards `demuxer`
    // points to one of its static tables, or stays null.
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

/// Opens the demuxer without access to anything except the file.
pub(super) fn open(
    mut io: format::context::StreamIo,
    demuxer: *const ffi::AVInputFormat,
    shared: &Arc<Shared>,
) -> Result<format::context::Input, MediaError> {
    let demuxers = c_list(allowed::DEMUXERS);
    let decoders = c_list(allowed::DECODERS);
    // SAFETY: the context is created here and freed by avformat_open_input on failure, else by `Input`'s destructor.
    // The lists are copies that are freed with the context's options. `opaque` points to `Shared`, which the `Reader`
    // inside `io` keeps alive as long as the context: the destructor closes the context before it drops `io`.
    unsafe {
        let mut context = ffi::avformat_alloc_context();
        if context.is_null() {
            return Err(out_of_memory(OPENING));
        }
        log::watch(context);
        let address = context.cast_const();
        (*context).pb = io.as_mut_ptr();
        (*context).flags |= ffi::AVFMT_FLAG_CUSTOM_IO;
        (*context).opaque = Arc::as_ptr(shared).cast_mut().cast();
        (*context).io_open = Some(refuse_open);
        (*context).format_whitelist = ffi::av_strdup(demuxers.as_ptr());
        (*context).codec_whitelist = ffi::av_strdup(decoders.as_ptr());
        (*context).protocol_whitelist = ffi::av_strdup(c"".as_ptr());
        let lists = [(*context).format_whitelist, (*context).codec_whitelist, (*context).protocol_whitelist];
        // Without a list everything would be allowed.
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

/// Returns the reason why the demuxer cannot open a file in an accepted format.
fn cannot_open(error: ffmpeg_next::Error, context: *const ffi::AVFormatContext) -> MediaError {
    if log::has_logged(context, "moov atom not found") {
        return MediaError::Refused(ReasonCode::FileWithoutIndex.into());
    }
    match error {
        ffmpeg_next::Error::Other { errno } if errno == ffmpeg_next::error::ENOMEM => {
            MediaError::Ffmpeg { doing: OPENING, source: error }
        }
        error => MediaError::Refused(ReasonCode::FileHeaderDamaged.with("detail", error)),
    }
}

/// `io_open` of every context, which FFmpeg calls to open other files that a file refers to: records the address and refuses.
unsafe extern "C" fn refuse_open(
    context: *mut ffi::AVFormatContext,
    _io: *mut *mut ffi::AVIOContext,
    url: *const c_char,
    _flags: c_int,
    _options: *mut *mut ffi::AVDictionary,
) -> c_int {
    // SAFETY: FFmpeg calls this with the context made in `open`, whose `opaque` is a valid `Shared`, and a C string.
    let (shared, url) = unsafe { ((*context).opaque.cast::<Shared>().as_ref(), c_text(url)) };
    if let Some(shared) = shared {
        shared.note_open(url);
    }
    ffi::AVERROR(ffi::EPERM)
}

/// Returns the names as a comma-separated list, which is FFmpeg's format.
pub(super) fn c_list(names: &[&str]) -> CString {
    CString::new(names.join(",")).expect("invariant: the allow-lists contain no NUL")
}
