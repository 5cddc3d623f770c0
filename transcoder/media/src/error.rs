//! What can go wrong between a master's bytes and a finished segment, told apart by whose fault it is: the file's,
//! the way to the file, the way back to the parent, or our own.

use std::io;

/// Why probing or encoding stopped.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The file itself is at fault and will be on every attempt. The text is for the admin: what and what to do.
    #[error("{0}")]
    Refused(String),
    /// The master's bytes could not be had. Not the file's fault: worth another attempt.
    #[error("reading the master failed: {0}")]
    Read(#[source] io::Error),
    /// Whoever takes segments and progress is gone or refused them.
    #[error("handing over the result failed: {0}")]
    Sink(#[source] io::Error),
    /// FFmpeg reported an error.
    #[error("{doing}: {source}")]
    Ffmpeg {
        /// What was being done, as a phrase ("opening the decoder").
        doing: &'static str,
        /// FFmpeg's reason.
        source: ffmpeg_next::Error,
    },
    /// The plan does not fit the master or names something this build of FFmpeg lacks.
    #[error("{0}")]
    Plan(String),
}

impl MediaError {
    /// For `map_err`: an FFmpeg error while `doing` something.
    pub fn while_doing(doing: &'static str) -> impl Fn(ffmpeg_next::Error) -> Self {
        move |source| Self::Ffmpeg { doing, source }
    }

    /// Whether memory ran out.
    pub fn is_out_of_memory(&self) -> bool {
        let errno = ffmpeg_next::error::ENOMEM;
        matches!(self, Self::Ffmpeg { source: ffmpeg_next::Error::Other { errno: e }, .. } if *e == errno)
    }
}
