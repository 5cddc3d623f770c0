//! Statuses of C functions as errors.

use ffmpeg_next::Error;

use crate::{error::MediaError, memory};

/// The status itself, or an error if it is negative.
pub(super) fn check(status: i32, doing: &'static str) -> Result<i32, MediaError> {
    if status < 0 { Err(MediaError::while_doing(doing)(Error::from(status))) } else { Ok(status) }
}

/// An allocation that failed.
pub(super) fn out_of_memory(doing: &'static str) -> MediaError {
    MediaError::Ffmpeg { doing, source: Error::Other { errno: ffmpeg_next::error::ENOMEM } }
}

/// Passes over what FFmpeg calls broken, unless that may be for want of memory.
pub(super) fn pass_over(error: Error, doing: &'static str) -> Result<(), MediaError> {
    let lacked = error == Error::Other { errno: ffmpeg_next::error::ENOMEM } || memory::was_lacking();
    if lacked { Err(out_of_memory(doing)) } else { Ok(()) }
}

/// A number for an `int` of C; what does not fit becomes the greatest, which C then refuses.
pub(super) fn c_int<T: TryInto<i32>>(value: T) -> i32 {
    value.try_into().unwrap_or(i32::MAX)
}
