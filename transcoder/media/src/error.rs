//! The errors of probing and encoding, by cause: the file, reading the file, sending the result to the parent, FFmpeg, or the
//! plan.

use std::io;

use domain::reason::Reason;

/// The reason why probing or encoding stopped.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The file cannot be used, on any attempt. The text tells the editor why, and what to do.
    #[error("{0}")]
    Refused(Reason),
    /// The master's bytes could not be read. The file may be good, so another attempt may succeed.
    #[error("reading the master failed: {0}")]
    Read(#[source] io::Error),
    /// The parent, which takes segments and progress, is gone or refused them.
    #[error("sending the result to the parent failed: {0}")]
    Sink(#[source] io::Error),
    /// FFmpeg reported an error.
    #[error("{doing}: {source}")]
    Ffmpeg {
        /// The action that failed, as a phrase ("opening the decoder").
        doing: &'static str,
        /// FFmpeg's error.
        source: ffmpeg_next::Error,
    },
    /// The plan does not fit the master, or requires something that this build of FFmpeg lacks.
    #[error("{0}")]
    Plan(String),
}

impl MediaError {
    /// Returns a function for `map_err` that turns an FFmpeg error into [`MediaError::Ffmpeg`]; `doing` names the failed action.
    pub fn while_doing(doing: &'static str) -> impl Fn(ffmpeg_next::Error) -> Self {
        move |source| Self::Ffmpeg { doing, source }
    }

    /// Whether FFmpeg failed because it was out of memory.
    pub fn is_out_of_memory(&self) -> bool {
        let errno = ffmpeg_next::error::ENOMEM;
        matches!(self, Self::Ffmpeg { source: ffmpeg_next::Error::Other { errno: e }, .. } if *e == errno)
    }
}
