//! A catalogue as JSON: `{"films": [...]}` with each film on a line of its own, so that an error's line leads to it.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{CarriedFilm, Errors, FilmLine, MAX_FILMS, item};

/// What comes before the first film.
pub const BEGIN: &str = "{\"films\":[\n";
/// What comes between two films.
pub const BETWEEN: &str = ",\n";
/// What comes after the last film.
pub const END: &str = "\n]}\n";

/// Adds a film to the file: one line.
pub fn write_film(out: &mut Vec<u8>, film: &CarriedFilm) {
    // Plain data and a growing buffer cannot fail.
    let _ = serde_json::to_writer(out, film);
}

/// The document; films are looked at one by one.
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
            errors.add(line, "", "is not UTF-8: save the file as UTF-8");
            return (films, errors);
        }
    };
    let document: Document<'_> = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) => {
            errors.add(
                u64::try_from(error.line().max(1)).unwrap_or(1),
                "",
                format!("is not {{\"films\": [...]}}: {error}"),
            );
            return (films, errors);
        }
    };
    if document.films.len() > MAX_FILMS {
        errors.add(1, "films", format!("are more than {MAX_FILMS}: import them in several files"));
        return (films, errors);
    }
    let (mut line, mut seen) = (1, 0);
    for raw in document.films {
        // Where in the file the item is: it borrows from it.
        let at = raw.get().as_ptr().addr() - text.as_ptr().addr();
        line += lines_in(file.get(seen..at).unwrap_or_default());
        seen = at;
        match serde_json::from_str(raw.get()) {
            Ok(Value::Object(object)) => match item::read_film(object) {
                Ok(film) => films.push((line, film)),
                Err(wrong) => wrong.into_iter().for_each(|(field, detail)| errors.add(line, field, detail)),
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
