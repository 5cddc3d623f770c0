//! Options for FFmpeg's contexts. An option that FFmpeg ignores is an error, because it would be a bug that is found late.

use ffmpeg_next::{Dictionary, ffi};

use crate::error::MediaError;

/// Named options for one call.
#[derive(Default)]
pub(super) struct Options(Dictionary<'static>);

impl Options {
    /// Returns the options in `list`.
    pub(super) fn of(list: &[(&str, &str)]) -> Self {
        Self(list.iter().collect())
    }

    /// Runs a call that removes the options that it knows from a dictionary. Fails if options are left.
    pub(super) fn consume<T>(
        self,
        call: impl FnOnce(*mut *mut ffi::AVDictionary) -> Result<T, MediaError>,
    ) -> Result<T, MediaError> {
        // SAFETY: ownership of the dictionary is given up here and taken back below, also if the call replaced the dictionary.
        let mut raw = unsafe { self.0.disown() };
        let result = call(&raw mut raw);
        // SAFETY: null or a dictionary that the call left to this function.
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
