//! Converts a film's JSON object to a [`FilmLine`] and reports every field that is invalid.

use serde_json::{Map, Value};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use super::{
    CategoryLine, CreditLine, FilmLine, Reference, Texts, TextsPatch,
    rule::{self, MAX_LANGUAGES, canonical_tag},
};
use crate::{patch::Patch, profile::Profile};

/// Values of `visibility`: which users may see a film.
const VISIBILITIES: [&str; 5] = ["draft", "scheduled", "public", "members", "unlisted"];
/// Values of `role` in a credit.
const ROLES: [&str; 10] = [
    "director",
    "writer",
    "producer",
    "actor",
    "cinematographer",
    "editor",
    "composer",
    "sound",
    "production_design",
    "other",
];
/// Maximum number of categories of a film.
const MAX_CATEGORIES: usize = 100;

/// The path of a field and the reason why it is invalid.
pub(super) type FieldError = (String, String);

/// Reads a film. The error contains every field that is invalid.
pub(super) fn read_film(object: Map<String, Value>) -> Result<FilmLine, Vec<FieldError>> {
    let mut item = Item { fields: object, errors: Vec::new() };
    let film = FilmLine {
        id: item.parsed("id"),
        version: item.parsed("version"),
        slug: item.parsed("slug"),
        titles: item.texts("titles", rule::title),
        original_title: item.line("original_title", rule::MAX_TITLE_CHARS),
        synopses: item.texts("synopses", rule::prose),
        year: item
            .number("year", *rule::YEARS.start(), *rule::YEARS.end())
            .map(|year| u16::try_from(year).unwrap_or(u16::MAX)),
        runtime_ms: item.number("runtime_ms", 1, rule::MAX_MS),
        countries: item.codes("countries", rule::countries),
        languages: item
            .codes("languages", rule::languages)
            .map(|tags| tags.iter().filter_map(|tag| canonical_tag(tag)).collect()),
        age_rating: item.line("age_rating", rule::MAX_AGE_RATING_CHARS),
        awards: item.texts("awards", rule::prose),
        available_from: item.moment("available_from"),
        available_until: item.moment("available_until"),
        available_in: item.codes("available_in", rule::available_in),
        region_note: item.line("region_note", rule::MAX_REGION_NOTE_CHARS),
        visibility: item.word("visibility", &VISIBILITIES),
        publish_at: item.moment("publish_at"),
        credits_ms: item.number("credits_ms", 0, rule::MAX_MS),
        profile: item.word("profile", &Profile::shipped_names().collect::<Vec<_>>()),
        genres: item.list("genres", rule::MAX_GENRES, Item::genre),
        credits: item.list("credits", rule::MAX_CREDITS, Item::credit),
        categories: item.list("categories", MAX_CATEGORIES, Item::category),
    };
    item.refuse_rest();
    if item.errors.is_empty() { Ok(film) } else { Err(item.errors) }
}

/// An object whose fields are removed as they are read; fields that remain are unknown.
struct Item {
    fields: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Item {
    fn error(&mut self, field: &str, detail: impl Into<String>) {
        self.errors.push((field.to_owned(), detail.into()));
    }

    /// Adds the errors of a nested object, with its path before theirs.
    fn take_errors(&mut self, path: &str, errors: Vec<FieldError>) {
        self.errors.extend(errors.into_iter().map(|(field, detail)| {
            let dot = if field.is_empty() { "" } else { "." };
            (format!("{path}{dot}{field}"), detail)
        }));
    }

    /// Removes a field and returns it; `None` if it is missing or null.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    /// Reads a field that null clears.
    fn patch<T>(&mut self, name: &str, read: impl FnOnce(Value) -> Result<T, String>) -> Patch<T> {
        match self.fields.remove(name) {
            None => Patch::Keep,
            Some(Value::Null) => Patch::Clear,
            Some(value) => match read(value) {
                Ok(value) => Patch::Set(value),
                Err(detail) => {
                    self.error(name, detail);
                    Patch::Keep
                }
            },
        }
    }

    fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(&mut self, name: &str) -> Option<T> {
        let text = match self.take(name)? {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => {
                self.error(name, "must be a string");
                return None;
            }
        };
        match text.trim().parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let detail = error.to_string();
                self.error(name, if detail.starts_with("is ") { detail } else { format!("is {detail}") });
                None
            }
        }
    }

    fn line(&mut self, name: &str, max_chars: usize) -> Patch<String> {
        self.patch(name, |value| {
            let text = text(value)?;
            rule::line(&text, max_chars)?;
            Ok(text.trim().to_owned())
        })
    }

    fn number(&mut self, name: &str, least: u64, most: u64) -> Patch<u64> {
        self.patch(name, |value| match value.as_u64() {
            Some(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(format!("must be a whole number, {least} to {most}")),
        })
    }

    fn moment(&mut self, name: &str) -> Patch<OffsetDateTime> {
        self.patch(name, |value| {
            let moment = OffsetDateTime::parse(text(value)?.trim(), &Rfc3339);
            let utc = moment.ok().and_then(|moment| moment.checked_to_offset(UtcOffset::UTC));
            utc.filter(|utc| (1..=9999).contains(&utc.year()))
                // PostgreSQL stores microseconds.
                .and_then(|utc| utc.replace_nanosecond(utc.nanosecond() / 1000 * 1000).ok())
                .ok_or_else(|| "must be a date and time such as 2026-12-31T18:00:00Z".to_owned())
        })
    }

    fn word(&mut self, name: &str, words: &[&str]) -> Option<String> {
        let value = self.take(name)?;
        let word = value.as_str().map(str::trim).filter(|word| words.contains(word));
        if word.is_none() {
            self.error(name, format!("must be one of {}", words.join(", ")));
        }
        word.map(str::to_owned)
    }

    fn codes(
        &mut self,
        name: &str,
        check: impl FnOnce(&[String]) -> Result<(), String>,
    ) -> Option<Vec<String>> {
        let texts = |value| match value {
            Value::Array(values) => {
                values.into_iter().map(|value| Some(text(value).ok()?.trim().to_owned())).collect()
            }
            _ => None,
        };
        let codes = match self.fields.remove(name)? {
            Value::Null => return Some(Vec::new()),
            value => texts(value).unwrap_or_else(|| vec![String::new()]),
        };
        match check(&codes) {
            Ok(()) => Some(codes),
            Err(detail) => {
                self.error(name, detail);
                None
            }
        }
    }

    fn texts(&mut self, name: &str, check: fn(&str) -> Result<(), String>) -> TextsPatch {
        let mut texts = TextsPatch::new();
        let object = match self.take(name) {
            None => return texts,
            Some(Value::Object(object)) => object,
            Some(_) => {
                self.error(name, "must be an object with a text for each language");
                return texts;
            }
        };
        if object.len() > MAX_LANGUAGES {
            self.error(name, format!("must contain at most {MAX_LANGUAGES} languages"));
        }
        for (tag, value) in object {
            let field = format!("{name}.{tag}");
            let Some(canonical) = canonical_tag(&tag) else {
                self.error(&field, "is not a BCP 47 language tag such as lo or en");
                continue;
            };
            let read = match value {
                Value::Null => Ok(None),
                value => text(value).and_then(|text| check(&text).map(|()| Some(text.trim().to_owned()))),
            };
            match read {
                Ok(text) => {
                    if texts.insert(canonical, text).is_some() {
                        self.error(&field, "is the same language as another entry; remove one of them");
                    }
                }
                Err(detail) => self.error(&field, detail),
            }
        }
        texts
    }

    /// Reads texts by language; null has the same effect as a missing language.
    fn new_texts(&mut self, name: &str, check: fn(&str) -> Result<(), String>) -> Texts {
        let texts = self.texts(name, check);
        texts.into_iter().filter_map(|(tag, text)| Some((tag, text?))).collect()
    }

    fn list<T>(
        &mut self,
        name: &str,
        most: usize,
        read: fn(&mut Self, Value) -> Option<T>,
    ) -> Option<Vec<T>> {
        let values = match self.fields.remove(name)? {
            Value::Null => return Some(Vec::new()),
            Value::Array(values) if values.len() <= most => values,
            _ => {
                self.error(name, format!("must be a list of at most {most} entries"));
                return None;
            }
        };
        let mut list = Vec::with_capacity(values.len());
        for (at, value) in values.into_iter().enumerate() {
            let mut item = Self { fields: Map::new(), errors: Vec::new() };
            list.extend(read(&mut item, value));
            self.take_errors(&format!("{name}.{at}"), item.errors);
        }
        Some(list)
    }

    fn genre(&mut self, value: Value) -> Option<Reference> {
        let genre = self.reference(value);
        self.refuse_rest();
        genre
    }

    fn category(&mut self, value: Value) -> Option<CategoryLine> {
        let category = self.reference(value);
        let place = match self.number("place", 1, 1_000_000) {
            Patch::Set(place) => i32::try_from(place).ok(),
            _ => None,
        };
        self.refuse_rest();
        Some(CategoryLine { category: category?, place })
    }

    fn credit(&mut self, value: Value) -> Option<CreditLine> {
        let Value::Object(fields) = value else {
            self.error("", "must have a role and a person");
            return None;
        };
        self.fields = fields;
        if self.fields.get("role").is_none_or(Value::is_null) {
            self.error("role", format!("must be one of {}", ROLES.join(", ")));
        }
        let role = self.word("role", &ROLES);
        let person = if let Some(person) = self.take("person") {
            let mut item = Self { fields: Map::new(), errors: Vec::new() };
            let read = item.genre(person);
            self.take_errors("person", item.errors);
            read
        } else {
            self.error("person", "is missing");
            None
        };
        let credited_as = self.new_texts("credited_as", rule::prose);
        self.refuse_rest();
        Some(CreditLine { role: role?, person: person?, credited_as })
    }

    /// Reads a slug or name, or an object with `name`, or with `slug`, `names` or both. The object's other fields stay in
    /// `self.fields`.
    fn reference(&mut self, value: Value) -> Option<Reference> {
        let word = |word: &str| rule::title(word).map(|()| Reference::Word(word.trim().to_owned()));
        match value {
            Value::String(name) => match word(&name) {
                Ok(reference) => return Some(reference),
                Err(detail) => self.error("", detail),
            },
            Value::Object(fields) => {
                self.fields = fields;
                match self.take("name").map(|name| text(name).and_then(|name| word(&name))) {
                    Some(Ok(reference)) => return Some(reference),
                    Some(Err(detail)) => self.error("name", detail),
                    None => {}
                }
                let before = self.errors.len();
                let slug = self.parsed("slug");
                let names = self.new_texts("names", rule::title);
                match slug {
                    Some(slug) => return Some(Reference::Slug(slug, names)),
                    None if !names.is_empty() => return Some(Reference::Names(names)),
                    None if self.errors.len() == before => self.error("", "must have a slug or names"),
                    None => {}
                }
            }
            _ => self.error("", "must be a slug, a name, or an object with a slug, names or both"),
        }
        None
    }

    fn refuse_rest(&mut self) {
        for name in std::mem::take(&mut self.fields).keys() {
            self.error(name, "is not a known field");
        }
    }
}

fn text(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err("must be a string".to_owned()),
    }
}
