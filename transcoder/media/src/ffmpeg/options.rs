//! Options for FFmpeg's contexts, of which none may be ignored: one that did nothing is a bug found late.

use ffmpeg_next::{Dictionary, ffi};

use crate::error::MediaError;

/// Named options for one call.
#[derive(Default)]
pub(super) struct Options(Dictionary<'static>);

impl Options {
    /// Options as a list.
    pub(super) fn of(list: &[(&str, &str)]) -> Self {
        Self(list.iter().collect())
    }

    /// Runs a call that takes what it knows out of a dictionary and gives back the rest; fails if there is a rest.
    pub(super) fn consume<T>(
        self,
        call: impl FnOnce(*mut *mut ffi::AVDictionary) -> Result<T, MediaError>,
    ) -> Result<T, MediaError> {
        // SAFETY: the dictionary is given up here and taken back below, whatever the call made of it.
        let mut raw = unsafe { self.0.disown() };
        let result = call(&raw mut raw);
        // SAFETY: null or a dictionary that the call left to us.
        let rest = unsafe { Dictionary::own(raw) };
        let value = result?;
        let ignored: Vec<&str> =
            if raw.is_null() { Vec::new() } else { rest.iter().map(|(name, _)| name).collect() };
        if ignored.is_empty() {
            Ok(value)
        } else {
            Err(MediaError::Plan(format!(
                "this build of FFmpeg does not know the options {}",
                ignored.join(", ")
            )))
        }
    }
}
