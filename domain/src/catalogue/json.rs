//! A catalogue as JSON: `{"films": [...]}` with each film on its own line, so that the line number of an error identifies
//! the film.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{Errors, ExportedFilm, FilmLine, MAX_FILMS, item};

/// Text before the first film.
pub const BEGIN: &str = "{\"films\":[\n";
/// Text between two films.
pub const BETWEEN: &str = ",\n";
/// Text after the last film.
pub const END: &str = "\n]}\n";

/// Appends a film to the file, as one line.
pub fn write_film(out: &mut Vec<u8>, film: &ExportedFilm) {
    // Serialising plain data into a Vec cannot fail.
    let _ = serde_json::to_writer(out, film);
}

/// The document. The films are parsed one by one, so that each one's errors are reported.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'a> {
    #[serde(borrow)]
    films: Vec<&'a RawValue>,
}

pub(super) fn read(file: &[u8]) -> (Vec<(u64, FilmLine)>, Errors) {
    let (mut films, mut errors) = (Vec::new(), Errors::default());
    let text = match std::str::from_utf8(file) {
        Ok(text) => text,
        Err(error) => {
            let line = lines_in(file.get(..error.valid_up_to()).unwrap_or_default()) + 1;
            errors.add(line, "", "is not UTF-8: save the file with the encoding UTF-8");
            return (films, errors);
        }
    };
    let document: Document<'_> = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) => {
            errors.add(
                u64::try_from(error.line().max(1)).unwrap_or(1),
                "",
                format!("is not JSON of the form {{\"films\": [...]}}: {error}"),
            );
            return (films, errors);
        }
    };
    if document.films.len() > MAX_FILMS {
        errors.add(
            1,
            "films",
            format!("exceed the limit of {MAX_FILMS} films per import: split the file into several files"),
        );
        return (films, errors);
    }
    let (mut line, mut seen) = (1, 0);
    for raw in document.films {
        // The offset of the film in the file, which `raw` borrows from.
        let at = raw.get().as_ptr().addr() - text.as_ptr().addr();
        line += lines_in(file.get(seen..at).unwrap_or_default());
        seen = at;
        match serde_json::from_str(raw.get()) {
            Ok(Value::Object(object)) => match item::read_film(object) {
                Ok(film) => films.push((line, film)),
                Err(field_errors) => {
                    for (field, detail) in field_errors {
                        errors.add(line, field, detail);
                    }
                }
            },
            Ok(_) => errors.add(line, "", "must be an object with the fields of a film"),
            Err(error) => errors.add(line, "", format!("is not JSON: {error}")),
        }
    }
    (films, errors)
}

fn lines_in(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}
