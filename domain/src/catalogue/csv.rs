//! A catalogue as a table (RFC 4180), for spreadsheets: a film a row, texts in a column for each language (`title_lo`,
//! `synopsis_en`, `awards_fr`), lists in cells as `cell.rs` says. In UTF-8; read with or without a byte order mark, and with
//! commas, semicolons or tabs between cells, as spreadsheets of different countries save them.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, which may send what is beside it
//! elsewhere or start a program (CWE-1236). Such a cell is written with an apostrophe before it, as spreadsheets do, and
//! read without it; one that has apostrophes there already gets one more, so that every text comes back as it was.

use std::collections::{BTreeMap, BTreeSet};

use csv::{ByteRecord, ReaderBuilder};
use serde_json::{Map, Value};

use super::{
    CarriedFilm, Errors, FilmLine, MAX_FILMS, Texts, cell,
    film::moment_text,
    item::{FieldError, read_film},
    rule::canonical_tag,
};

/// What a table begins with: spreadsheets take one without it for an old encoding, and Lao for nonsense.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Texts by language: what a column's name begins with, and the field.
const BY_LANGUAGE: [(&str, &str); 3] =
    [("title_", "titles"), ("synopsis_", "synopses"), ("awards_", "awards")];
/// Columns, and between them where those of each language are.
const BEFORE_TITLES: [&str; 3] = ["id", "version", "slug"];
const AFTER_TITLES: [&str; 1] = ["original_title"];
const AFTER_SYNOPSES: [&str; 5] = ["year", "runtime_ms", "countries", "languages", "age_rating"];
const AFTER_AWARDS: [&str; 10] = [
    "available_from",
    "available_until",
    "region_note",
    "visibility",
    "publish_at",
    "credits_ms",
    "profile",
    "genres",
    "credits",
    "categories",
];

/// The columns of a table: those of every film, and one for each language that any of them has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Of titles.
    pub titles: BTreeSet<String>,
    /// Of synopses.
    pub synopses: BTreeSet<String>,
    /// Of awards.
    pub awards: BTreeSet<String>,
}

impl Columns {
    /// Adds the row of names.
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

    /// Adds a film's row.
    pub fn write_film(&self, out: &mut Vec<u8>, film: &CarriedFilm) {
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
                    text(&film.region_note),
                    film.visibility.clone(),
                    moment(film.publish_at),
                    film.credits_ms.map(|ms| ms.to_string()).unwrap_or_default(),
                    film.profile.clone(),
                    cell::write_genres(&film.genres),
                    cell::write_credits(&film.credits),
                    cell::write_places(&film.categories),
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

/// Whether a text begins as a formula does, after any apostrophes.
fn may_be_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

/// What a column is about.
enum Column {
    /// A field.
    Field(&'static str),
    /// A field's text in a language.
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

/// What is between cells: whichever the row of names has most of.
fn delimiter(file: &[u8]) -> u8 {
    let header = file.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| header.split(|byte| *byte == delimiter).count();
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// Counts lines. The reader's own count is one behind when lines end in CR LF, and does not know of blank ones.
struct Lines<'a> {
    file: &'a [u8],
    seen: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the row that begins here, or after line ends from here on; never before the last one asked for.
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
            errors.add(line, "", "is not UTF-8: save the table as CSV in UTF-8");
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
            errors.add(line, "", format!("is beyond {MAX_FILMS} films: import them in several files"));
            return (films, errors);
        }
        match read_row(columns, &cells) {
            Ok(film) => films.push((line, film)),
            Err(wrong) => {
                for (field, detail) in wrong {
                    errors.add(line, column_name(&field), detail);
                }
            }
        }
    }
    if columns.is_none() {
        errors.add(1, "", "must be the names of the columns, such as title_lo,year");
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
                let detail = "is not a known column: leave it out, or give it the name it has in an export";
                errors.add(line, named, detail);
            }
            Some(column) => {
                let key = match &column {
                    Column::Field(field) => ((*field).to_owned(), String::new()),
                    Column::Text(field, tag) => ((*field).to_owned(), tag.clone()),
                };
                if names.insert(key, at).is_some() {
                    errors.add(line, name, "is there twice");
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
            "has {} cells where there are {} columns: put cells with commas or line breaks in quotation marks",
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
                    "countries" | "languages" => Ok(cell::read_codes(cell)),
                    "genres" | "categories" => cell::read_things(cell),
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

/// The column that a field's path is in.
fn column_name(path: &str) -> String {
    let (field, rest) = path.split_once('.').unwrap_or((path, ""));
    match BY_LANGUAGE.iter().find(|(_, of)| *of == field) {
        Some((prefix, _)) => format!("{prefix}{rest}"),
        None => field.to_owned(),
    }
}
