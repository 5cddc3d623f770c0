//! Errors and warnings about places in a file.

use std::fmt;

use super::{MAX_ERRORS, MAX_WARNINGS};

/// One reason why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// Line of the file, from 1.
    pub line: u64,
    /// What is wrong, and how to correct it.
    pub detail: String,
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.detail)
    }
}

/// The errors of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors {
    /// The first [`MAX_ERRORS`] errors, in the order of the file.
    pub first: Vec<LineError>,
    /// Number of all errors.
    pub count: usize,
}

impl Errors {
    pub(super) fn add(&mut self, line: u64, detail: impl Into<String>) {
        self.count += 1;
        if self.first.len() < MAX_ERRORS {
            self.first.push(LineError { line, detail: detail.into() });
        }
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.first.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        match self.count - self.first.len() {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The whole file.
    File,
    /// A line of the file, from 1.
    Line(u64),
    /// A cue, from 1, if the cues do not come directly from a file.
    Cue(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("file"),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Cue(cue) => write!(f, "cue {cue}"),
        }
    }
}

/// What Nang changed in an accepted file, or what an editor should check. Warnings with the same detail are one warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The first place.
    pub place: Place,
    /// Number of further places.
    pub more: usize,
    /// The place that was added last, so that several finds in one line count once.
    last: Place,
    /// What was found and what Nang did.
    pub detail: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.more {
            0 => write!(f, "{}: {}", self.place, self.detail),
            more => write!(f, "{} and {more} more: {}", self.place, self.detail),
        }
    }
}

/// The warnings of a file or an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    /// The first [`MAX_WARNINGS`] different warnings, in the order of the file.
    pub first: Vec<Warning>,
    /// Number of warnings that are not in `first`.
    pub more: usize,
}

impl Warnings {
    /// Adds the warnings of a later operation.
    pub fn extend(&mut self, later: Self) {
        self.more += later.more;
        for warning in later.first {
            if self.first.len() < MAX_WARNINGS {
                self.first.push(warning);
            } else {
                self.more += 1;
            }
        }
    }

    pub(super) fn add(&mut self, place: Place, detail: impl Into<String>) {
        let detail = detail.into();
        if let Some(same) = self.first.iter_mut().find(|warning| warning.detail == detail) {
            same.more += usize::from(same.last != place);
            same.last = place;
            same.place = same.place.min(place);
        } else if self.first.len() < MAX_WARNINGS {
            self.first.push(Warning { place, more: 0, last: place, detail });
        } else {
            self.more += 1;
        }
    }

    pub(super) fn line(&mut self, line: u64, detail: impl Into<String>) {
        self.add(Place::Line(line), detail);
    }

    /// These warnings, with the cue of the same number instead of each line.
    pub(super) fn lines_as_cues(mut self) -> Self {
        let cue = |place: Place| match place {
            Place::Line(line) => Place::Cue(usize::try_from(line).unwrap_or(usize::MAX)),
            place => place,
        };
        for warning in &mut self.first {
            (warning.place, warning.last) = (cue(warning.place), cue(warning.last));
        }
        self
    }

    pub(super) fn sort(&mut self) {
        self.first.sort_by_key(|warning| warning.place);
    }
}
