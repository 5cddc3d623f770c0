//! How a catalogue is ordered and carried from one server to another.
//!
//! A catalogue is carried as JSON or CSV: written by [`json::write_film`] or [`csv::Columns`], read by [`read()`]. Each film
//! of an import is a merge patch (RFC 7396): what it does not name stays, and empty removes. In CSV a column is a name.

mod cell;
pub mod csv;
mod film;
mod item;
pub mod json;
pub mod rule;
pub mod sort_title;
mod version;

pub use film::{
    CarriedCredit, CarriedFilm, CarriedPlace, CarriedThing, CreditLine, FilmLine, PlaceLine, Reference,
    Texts, TextsPatch,
};
pub use sort_title::sort_title;
pub use version::CarriedVersion;

/// Most films of one import.
pub const MAX_FILMS: usize = 50_000;
/// Most errors that are told of; more are counted.
pub const MAX_ERRORS: usize = 500;

/// How a catalogue is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `{"films": [...]}`, a film a line.
    Json,
    /// A table, a film a row (RFC 4180).
    Csv,
}

impl Format {
    /// What files and queries call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
        }
    }
}

/// Why a word is not a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is neither json nor csv")]
pub struct UnknownFormat;

impl std::str::FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        [Self::Json, Self::Csv].into_iter().find(|format| format.as_str() == word).ok_or(UnknownFormat)
    }
}

/// One thing that keeps a film from being taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// Line of the file on which the film begins, from 1.
    pub line: u64,
    /// The column, or the field's path; empty when it is about the whole line.
    pub field: String,
    /// What to do about it.
    pub detail: String,
}

/// Errors in the order of the file, up to [`MAX_ERRORS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors {
    /// The first of them.
    pub first: Vec<LineError>,
    /// How many there are.
    pub count: usize,
}

impl Errors {
    /// Adds one.
    pub fn add(&mut self, line: u64, field: impl Into<String>, detail: impl Into<String>) {
        self.count += 1;
        if self.first.len() < MAX_ERRORS {
            self.first.push(LineError { line, field: field.into(), detail: detail.into() });
        }
    }
}

/// The films of a file, each with the line on which it begins, and everything that is wrong with the others.
pub fn read(format: Format, file: &[u8]) -> (Vec<(u64, FilmLine)>, Errors) {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    match format {
        Format::Json => json::read(file),
        Format::Csv => csv::read(file),
    }
}
