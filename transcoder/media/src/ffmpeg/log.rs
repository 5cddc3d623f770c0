//! FFmpeg's warnings and errors. They are written to standard error, where the parent reads them after a crash, and the last few are
//! kept, so that the code can find the reason of an error.
//!
//! FFmpeg has one log callback per process, so there is one list. Each line carries the address of the context that logged it.

use std::{
    collections::{BTreeMap, VecDeque},
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

/// Number of errors that each watched context has logged, by its address.
static ERRORS: Mutex<BTreeMap<usize, u64>> = Mutex::new(BTreeMap::new());

struct Line {
    /// Address of the context that logged the line. Used only for comparison, since the context may no longer exist.
    source: usize,
    text: String,
}

/// Installs the log callback. Further calls do nothing.
pub fn install() {
    static ONCE: Once = Once::new();
    // SAFETY: the callback has FFmpeg's signature, is safe to call from any thread and never unwinds.
    ONCE.call_once(|| unsafe { ffi::av_log_set_callback(Some(on_log)) });
}

/// Whether one of the last warnings and errors of the context at `source` contains `text`.
pub(super) fn has_logged<T>(source: *const T, text: &str) -> bool {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.iter().any(|line| line.source == source.addr() && line.text.contains(text))
}

/// Begins to count the errors of a new context, and deletes the lines of an earlier one at the same address.
pub(super) fn watch<T>(source: *const T) {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).retain(|line| line.source != source.addr());
    ERRORS.lock().unwrap_or_else(PoisonError::into_inner).insert(source.addr(), 0);
}

/// Returns the number of errors that a watched context has logged. Some demuxers report damage in no other way: they search for the next
/// intact packet and return it.
pub(super) fn errors<T>(source: *const T) -> u64 {
    let errors = ERRORS.lock().unwrap_or_else(PoisonError::into_inner);
    errors.get(&source.addr()).copied().unwrap_or(0)
}

unsafe extern "C" fn on_log(source: *mut c_void, level: c_int, format: *const c_char, arguments: VaList) {
    if level > ffi::AV_LOG_WARNING {
        return;
    }
    if level <= ffi::AV_LOG_ERROR {
        let mut errors = ERRORS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = errors.get_mut(&source.addr()) {
            *count += 1;
        }
    }
    let mut buffer: [c_char; LINE_BYTES as usize] = [0; LINE_BYTES as usize];
    let mut prefix: c_int = 1;
    // SAFETY: all four pointers come from FFmpeg for this call; the buffer's size is given and the text in it always
    // ends with NUL.
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
    // If the pipe is full or closed, the line is lost; the film matters more than its log.
    let _ = writeln!(std::io::stderr(), "{line}");
    if lines.len() == KEPT_LINES {
        lines.pop_front();
    }
    lines.push_back(Line { source: source.addr(), text: line });
}

/// Removes the addresses in lines such as `[h264 @ 0x55d0c0ffee00] text`, which carry no information and differ between runs, and
/// control characters.
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
