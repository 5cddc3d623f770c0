//! A catalogue as a table (RFC 4180) for spreadsheets: one row per film, one column per language for texts (`title_lo`,
//! `synopsis_en`, `awards_fr`), and lists in cells in the format of `cell.rs`. The table is UTF-8. The reader accepts it with
//! or without a byte order mark, and with commas, semicolons or tabs between cells, because spreadsheets save differently
//! depending on the country.
//!
//! A spreadsheet treats a cell that begins with `=`, `+`, `-` or `@` as a formula, which could send other cells' contents
//! elsewhere or start a program (CWE-1236). The writer puts an apostrophe before such a cell, as spreadsheets do, and the
//! reader removes it. If the cell already begins with apostrophes, the writer adds one more, so that every text is read
//! back unchanged.

use std::collections::{BTreeMap, BTreeSet};

use csv::{ByteRecord, ReaderBuilder};
use serde_json::{Map, Value};

use super::{
    Errors, ExportedFilm, FilmLine, MAX_FILMS, Texts, cell,
    film::moment_text,
    item::{FieldError, read_film},
    rule::canonical_tag,
};

/// The start of a table. Without it, spreadsheets assume an old encoding and cannot show Lao.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Fields with texts by language: the prefix of the column's name, and the field.
const BY_LANGUAGE: [(&str, &str); 3] =
    [("title_", "titles"), ("synopsis_", "synopses"), ("awards_", "awards")];
/// Fixed columns; the columns of each language are between these groups.
const BEFORE_TITLES: [&str; 3] = ["id", "version", "slug"];
const AFTER_TITLES: [&str; 1] = ["original_title"];
const AFTER_SYNOPSES: [&str; 5] = ["year", "runtime_ms", "countries", "languages", "age_rating"];
const AFTER_AWARDS: [&str; 11] = [
    "available_from",
    "available_until",
    "available_in",
    "region_note",
    "visibility",
    "publish_at",
    "credits_ms",
    "profile",
    "genres",
    "credits",
    "categories",
];

/// The languages for which a table has columns, in addition to its fixed columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Languages of titles.
    pub titles: BTreeSet<String>,
    /// Languages of synopses.
    pub synopses: BTreeSet<String>,
    /// Languages of awards.
    pub awards: BTreeSet<String>,
}

impl Columns {
    /// Appends the header row with the names of the columns.
    pub fn write_header(&self, out: &mut Vec<u8>) {
        let of = |prefix: &str, tags: &BTreeSet<String>| {
            tags.iter().map(|tag| format!("{prefix}{tag}")).collect::<Vec<_>>()
        };
        let fixed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        write_row(
            out,
            &[
                fixed(&BEFORE_TITLES),
                of("title_", &self.titles),
                fixed(&AFTER_TITLES),
                of("synopsis_", &self.synopses),
                fixed(&AFTER_SYNOPSES),
                of("awards_", &self.awards),
                fixed(&AFTER_AWARDS),
            ]
            .concat(),
        );
    }

    /// Appends the row of a film.
    pub fn write_film(&self, out: &mut Vec<u8>, film: &ExportedFilm) {
        let texts = |tags: &BTreeSet<String>, texts: &Texts| {
            tags.iter().map(|tag| texts.get(tag).cloned().unwrap_or_default()).collect::<Vec<_>>()
        };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let moment = |moment: Option<time::OffsetDateTime>| moment.map(moment_text).unwrap_or_default();
        write_row(
            out,
            &[
                vec![film.id.to_string(), film.version.to_string(), film.slug.clone()],
                texts(&self.titles, &film.titles),
                vec![text(&film.original_title)],
                texts(&self.synopses, &film.synopses),
                vec![
                    film.year.map(|year| year.to_string()).unwrap_or_default(),
                    film.runtime_ms.map(|ms| ms.to_string()).unwrap_or_default(),
                    cell::write_codes(&film.countries),
                    cell::write_codes(&film.languages),
                    text(&film.age_rating),
                ],
                texts(&self.awards, &film.awards),
                vec![
                    moment(film.available_from),
                    moment(film.available_until),
                    cell::write_codes(&film.available_in),
                    text(&film.region_note),
                    film.visibility.clone(),
                    moment(film.publish_at),
                    film.credits_ms.map(|ms| ms.to_string()).unwrap_or_default(),
                    film.profile.clone(),
                    cell::write_genres(&film.genres),
                    cell::write_credits(&film.credits),
                    cell::write_categories(&film.categories),
                ],
            ]
            .concat(),
        );
    }
}

fn write_row(out: &mut Vec<u8>, cells: &[String]) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let apostrophe = if may_be_formula(cell) { "'" } else { "" };
        let quoted = cell.contains(['"', ',', ';', '\t', '\n', '\r']);
        if quoted {
            out.push(b'"');
        }
        out.extend_from_slice(apostrophe.as_bytes());
        for byte in cell.bytes() {
            if byte == b'"' {
                out.push(b'"');
            }
            out.push(byte);
        }
        if quoted {
            out.push(b'"');
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// Whether a spreadsheet could treat the text as a formula, also after leading apostrophes.
fn may_be_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

/// The content of a column.
enum Column {
    /// The value of a field.
    Field(&'static str),
    /// The text of a field in one language.
    Text(&'static str, String),
}

impl Column {
    fn of(name: &str) -> Option<Self> {
        if let Some((prefix, field)) = BY_LANGUAGE.iter().find(|(prefix, _)| name.starts_with(prefix)) {
            return canonical_tag(&name[prefix.len()..]).map(|tag| Self::Text(field, tag));
        }
        let fixed = BEFORE_TITLES.iter().chain(&AFTER_TITLES).chain(&AFTER_SYNOPSES).chain(&AFTER_AWARDS);
        fixed.into_iter().find(|fixed| **fixed == name).map(|fixed| Self::Field(fixed))
    }
}

/// The delimiter between cells: the one that is most frequent in the header row.
fn delimiter(file: &[u8]) -> u8 {
    let header = file.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| header.split(|byte| *byte == delimiter).count();
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// Counts lines. The CSV reader's own count is one too low if lines end with CR LF, and ignores blank lines.
struct Lines<'a> {
    file: &'a [u8],
    seen: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line number of the row that begins at `byte`, or after the line ends there. Calls must have ascending offsets.
    fn line_at(&mut self, byte: u64) -> u64 {
        let from = usize::try_from(byte).unwrap_or(usize::MAX);
        let rest = self.file.get(from..).unwrap_or_default();
        let at = from + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = self.file.get(self.seen..at).unwrap_or_default();
        self.line += passed.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        self.seen = at.max(self.seen);
        self.line
    }
}

pub(super) fn read(file: &[u8]) -> (Vec<(u64, FilmLine)>, Errors) {
    let (mut films, mut errors) = (Vec::new(), Errors::default());
    let mut rows =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter(file)).from_reader(file);
    let mut row = ByteRecord::new();
    let mut columns: Option<Vec<Column>> = None;
    let mut lines = Lines { file, seen: 0, line: 1 };
    let mut seen = 0_usize;
    while let Ok(true) = rows.read_byte_record(&mut row) {
        let line = lines.line_at(row.position().map_or(0, csv::Position::byte));
        let Some(cells) = row.iter().map(|cell| std::str::from_utf8(cell).ok()).collect::<Option<Vec<_>>>()
        else {
            errors.add(line, "", "is not UTF-8: save the table as CSV with the encoding UTF-8");
            if columns.is_none() {
                return (films, errors);
            }
            continue;
        };
        let Some(columns) = &columns else {
            columns = read_header(line, &cells, &mut errors);
            if columns.is_none() {
                return (films, errors);
            }
            continue;
        };
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        seen += 1;
        if seen > MAX_FILMS {
            errors.add(
                line,
                "",
                format!(
                    "exceeds the limit of {MAX_FILMS} films per import: split the table into several files"
                ),
            );
            return (films, errors);
        }
        match read_row(columns, &cells) {
            Ok(film) => films.push((line, film)),
            Err(field_errors) => {
                for (field, detail) in field_errors {
                    errors.add(line, column_name(&field), detail);
                }
            }
        }
    }
    if columns.is_none() {
        errors.add(1, "", "must contain the names of the columns, such as title_lo,year");
    }
    (films, errors)
}

fn read_header(line: u64, cells: &[&str], errors: &mut Errors) -> Option<Vec<Column>> {
    let mut columns = Vec::with_capacity(cells.len());
    let mut names = BTreeMap::new();
    for (at, cell) in cells.iter().enumerate() {
        let name = cell.trim();
        match Column::of(name) {
            None => {
                let named = if name.is_empty() { format!("column {}", at + 1) } else { name.to_owned() };
                let detail = "is not a known column: remove it, or use the name that it has in an export";
                errors.add(line, named, detail);
            }
            Some(column) => {
                let key = match &column {
                    Column::Field(field) => ((*field).to_owned(), String::new()),
                    Column::Text(field, tag) => ((*field).to_owned(), tag.clone()),
                };
                if names.insert(key, at).is_some() {
                    errors.add(line, name, "appears twice; remove one of the two columns");
                }
                columns.push(column);
            }
        }
    }
    (errors.count == 0).then_some(columns)
}

fn read_row(columns: &[Column], cells: &[&str]) -> Result<FilmLine, Vec<FieldError>> {
    if columns.len() != cells.len() {
        let detail = format!(
            "has {} cells but the table has {} columns: put cells that contain commas or line breaks in quotation marks",
            cells.len(),
            columns.len()
        );
        return Err(vec![(String::new(), detail)]);
    }
    let (mut object, mut errors) = (Map::new(), Vec::new());
    for (column, cell) in columns.iter().zip(cells) {
        let trimmed = cell.trim();
        let cell = match trimmed.strip_prefix('\'') {
            Some(rest) if may_be_formula(rest) => rest,
            _ => trimmed,
        };
        match column {
            Column::Text(field, tag) => {
                let texts = object.entry(*field).or_insert_with(|| Map::new().into());
                if let Value::Object(texts) = texts {
                    let text = if cell.is_empty() { Value::Null } else { Value::from(cell) };
                    texts.insert(tag.clone(), text);
                }
            }
            Column::Field(field) => {
                let value = match *field {
                    _ if cell.is_empty() => Ok(Value::Null),
                    "year" | "runtime_ms" | "credits_ms" => {
                        Ok(cell.parse::<u64>().map_or_else(|_| Value::from(cell), Value::from))
                    }
                    "countries" | "languages" | "available_in" => Ok(cell::read_codes(cell)),
                    "genres" | "categories" => cell::read_references(cell),
                    "credits" => cell::read_credits(cell),
                    _ => Ok(Value::from(cell)),
                };
                match value {
                    Ok(value) => {
                        object.insert((*field).to_owned(), value);
                    }
                    Err(detail) => errors.push(((*field).to_owned(), detail)),
                }
            }
        }
    }
    match read_film(object) {
        Ok(film) if errors.is_empty() => Ok(film),
        Ok(_) => Err(errors),
        Err(more) => {
            errors.extend(more);
            Err(errors)
        }
    }
}

/// The name of the column that contains the field with this path.
fn column_name(path: &str) -> String {
    let (field, rest) = path.split_once('.').unwrap_or((path, ""));
    match BY_LANGUAGE.iter().find(|(_, of)| *of == field) {
        Some((prefix, _)) => format!("{prefix}{rest}"),
        None => field.to_owned(),
    }
}
