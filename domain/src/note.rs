//! What was guessed or mended in a master, for editors.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::reason::Reason;

/// One thing that an editor should know of a master. Displays as an English sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The stream that it is about; `None` for the whole file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_index: Option<u32>,
    /// What it is: a stable code with its values.
    #[serde(flatten)]
    pub reason: Reason,
}

impl Note {
    /// A note about a stream.
    pub fn of_stream(stream_index: u32, reason: impl Into<Reason>) -> Self {
        Self { stream_index: Some(stream_index), reason: reason.into() }
    }

    /// A note about the whole file.
    pub fn of_file(reason: impl Into<Reason>) -> Self {
        Self { stream_index: None, reason: reason.into() }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.stream_index {
            Some(stream_index) => write!(f, "stream {stream_index}: {}", self.reason),
            None => self.reason.fmt(f),
        }
    }
}
