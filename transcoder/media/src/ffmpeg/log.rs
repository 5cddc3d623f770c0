//! FFmpeg's own words: warnings and errors are kept, the last few of them, so that an error can quote the reason,
//! and written to standard error, where the parent finds them after a crash.
//!
//! FFmpeg has one log callback per process, so there is one list; a line is attributed by its context's address.

use std::{
    collections::VecDeque,
    ffi::{CStr, c_char, c_int, c_void},
    io::Write,
    sync::{Mutex, Once, PoisonError},
};

use ffmpeg_next::ffi;

#[cfg(target_arch = "x86_64")]
type VaList = *mut ffi::__va_list_tag;
#[cfg(not(target_arch = "x86_64"))]
type VaList = ffi::va_list;

const KEPT_LINES: usize = 40;
const LINE_BYTES: u16 = 512;

static LINES: Mutex<VecDeque<Line>> = Mutex::new(VecDeque::new());

struct Line {
    /// Address of the context that spoke. It is a name and nothing more: the context may be gone.
    source: usize,
    text: String,
}

/// Starts listening. Further calls do nothing.
pub fn install() {
    static ONCE: Once = Once::new();
    // SAFETY: the callback has FFmpeg's signature, is safe to call from any thread and never unwinds.
    ONCE.call_once(|| unsafe { ffi::av_log_set_callback(Some(listen)) });
}

/// Whether one of the last warnings and errors of the context at `source` contains `text`.
pub(super) fn has_said<T>(source: *const T, text: &str) -> bool {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.iter().any(|line| line.source == source.addr() && line.text.contains(text))
}

/// Forgets what a context at the same address said before.
pub(super) fn forget<T>(source: *const T) {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).retain(|line| line.source != source.addr());
}

unsafe extern "C" fn listen(source: *mut c_void, level: c_int, format: *const c_char, arguments: VaList) {
    if level > ffi::AV_LOG_WARNING {
        return;
    }
    let mut buffer: [c_char; LINE_BYTES as usize] = [0; LINE_BYTES as usize];
    let mut prefix: c_int = 1;
    // SAFETY: all four pointers come from FFmpeg for this call; the buffer's size is given and the text in it ends
    // with NUL whatever its length.
    let text = unsafe {
        let size = c_int::from(LINE_BYTES);
        ffi::av_log_format_line2(
            source,
            level,
            format,
            arguments,
            buffer.as_mut_ptr(),
            size,
            &raw mut prefix,
        );
        CStr::from_ptr(buffer.as_ptr()).to_string_lossy()
    };
    let line = strip_addresses(text.trim());
    if line.is_empty() {
        return;
    }
    let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    if lines.back().is_some_and(|last| last.text == line) {
        return;
    }
    // A full or closed pipe loses the line; the film is worth more than its log.
    let _ = writeln!(std::io::stderr(), "{line}");
    if lines.len() == KEPT_LINES {
        lines.pop_front();
    }
    lines.push_back(Line { source: source.addr(), text: line });
}

/// `[h264 @ 0x55d0c0ffee00] text` without the address, which says nothing and differs from run to run.
fn strip_addresses(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(" @ 0x") {
        out.push_str(&rest[..at]);
        rest = rest[at + 5..].trim_start_matches(|c: char| c.is_ascii_hexdigit());
    }
    out.push_str(rest);
    out.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_is_kept_without_its_address() {
        assert_eq!(
            super::strip_addresses("[mov,mp4 @ 0x55d0c0ffee00] moov atom\x1b not found"),
            "[mov,mp4] moov atom not found"
        );
    }
}
