//! C strings.

use std::ffi::{CStr, c_char};

/// Copies a C string; returns an empty string for a null pointer.
///
/// # Safety
/// A pointer that is not null must point to a C string that is valid during the call.
pub(super) unsafe fn c_text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
