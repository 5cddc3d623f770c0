//! Catalogue files for export and import, rules for the catalogue's texts, and the order of titles.
//!
//! A catalogue is exported as JSON or CSV with [`json::write_film`] or [`csv::Columns`] and imported with [`read()`]. Each
//! film of an import is a merge patch (RFC 7396): fields that it does not contain do not change, and empty fields are
//! cleared. In CSV, each column is a field.

mod cell;
pub mod csv;
mod film;
mod item;
pub mod json;
pub mod rule;
pub mod sort_title;
mod version;

pub use film::{
    CategoryLine, CreditLine, ExportedCategory, ExportedCredit, ExportedFilm, ExportedReference, FilmLine,
    Reference, Texts, TextsPatch,
};
pub use sort_title::sort_title;
pub use version::FilmVersion;

/// Maximum number of films in one import.
pub const MAX_FILMS: usize = 50_000;
/// Maximum number of errors that are reported; further errors are only counted.
pub const MAX_ERRORS: usize = 500;

/// The format of a catalogue file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `{"films": [...]}`, one film per line.
    Json,
    /// A table, one film per row (RFC 4180).
    Csv,
}

impl Format {
    /// Its name in file names and query parameters.
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

/// The text is not the name of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is neither json nor csv")]
pub struct UnknownFormat;

impl std::str::FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        [Self::Json, Self::Csv].into_iter().find(|format| format.as_str() == word).ok_or(UnknownFormat)
    }
}

/// One reason why a film cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// Line of the file where the film begins, from 1.
    pub line: u64,
    /// The column or the path of the field; empty if the error concerns the whole line.
    pub field: String,
    /// What is wrong, as a predicate of the field, and how to correct it.
    pub detail: String,
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
    /// Adds an error.
    pub fn add(&mut self, line: u64, field: impl Into<String>, detail: impl Into<String>) {
        self.count += 1;
        if self.first.len() < MAX_ERRORS {
            self.first.push(LineError { line, field: field.into(), detail: detail.into() });
        }
    }
}

/// Reads a file: returns the valid films, each with the line where it begins, and the errors of the others.
pub fn read(format: Format, file: &[u8]) -> (Vec<(u64, FilmLine)>, Errors) {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    match format {
        Format::Json => json::read(file),
        Format::Csv => csv::read(file),
    }
}
