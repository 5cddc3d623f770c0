//! Converts results of C functions to errors.

use ffmpeg_next::Error;

use crate::{error::MediaError, memory};

/// Returns the status, or an error if it is negative.
pub(super) fn check(status: i32, doing: &'static str) -> Result<i32, MediaError> {
    if status < 0 { Err(MediaError::while_doing(doing)(Error::from(status))) } else { Ok(status) }
}

/// Returns the error for a failed allocation.
pub(super) fn out_of_memory(doing: &'static str) -> MediaError {
    MediaError::Ffmpeg { doing, source: Error::Other { errno: ffmpeg_next::error::ENOMEM } }
}

/// Returns an out-of-memory error if `error` may be due to lack of memory, else `Ok`. Callers that skip damaged data call this first,
/// because FFmpeg also reports corrupt data when memory runs out.
pub(super) fn check_memory(error: Error, doing: &'static str) -> Result<(), MediaError> {
    let may_be_memory =
        error == Error::Other { errno: ffmpeg_next::error::ENOMEM } || memory::may_have_run_out();
    if may_be_memory { Err(out_of_memory(doing)) } else { Ok(()) }
}

/// Converts a number to a C `int`. A number that does not fit becomes `i32::MAX`, which C then refuses.
pub(super) fn c_int<T: TryInto<i32>>(value: T) -> i32 {
    value.try_into().unwrap_or(i32::MAX)
}
