//! A film in a catalogue file: complete, as an export writes it, and the changes that a line of an import contains.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use super::FilmVersion;
use crate::{id::FilmId, patch::Patch, slug::Slug};

/// Texts by BCP 47 language tag.
pub type Texts = BTreeMap<String, String>;
/// Changes to texts by language tag: `None` removes a text; languages without an entry keep theirs.
pub type TextsPatch = BTreeMap<String, Option<String>>;

/// A genre, person or category that a film refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportedReference {
    /// Its slug.
    pub slug: String,
    /// Its names by language.
    pub names: Texts,
}

/// A person's credit in a film.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportedCredit {
    /// The person's role, such as `director`.
    pub role: String,
    /// The person.
    pub person: ExportedReference,
    /// The character's name; for the role `other`, the kind of work.
    pub credited_as: Texts,
}

/// A film's place in a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportedCategory {
    /// The category.
    #[serde(flatten)]
    pub category: ExportedReference,
    /// Place in the category, from 1.
    pub place: i32,
}

/// A complete film. Its fields are those of the JSON file, in the same order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the same fields as in the API, which documents them")]
pub struct ExportedFilm {
    pub id: FilmId,
    #[serde(serialize_with = "as_text")]
    pub version: FilmVersion,
    pub slug: String,
    pub titles: Texts,
    pub original_title: Option<String>,
    pub synopses: Texts,
    pub year: Option<u16>,
    pub runtime_ms: Option<u64>,
    pub countries: Vec<String>,
    pub languages: Vec<String>,
    pub age_rating: Option<String>,
    pub awards: Texts,
    #[serde(serialize_with = "as_moment")]
    pub available_from: Option<OffsetDateTime>,
    #[serde(serialize_with = "as_moment")]
    pub available_until: Option<OffsetDateTime>,
    pub available_in: Vec<String>,
    pub region_note: Option<String>,
    pub visibility: String,
    #[serde(serialize_with = "as_moment")]
    pub publish_at: Option<OffsetDateTime>,
    pub credits_ms: Option<u64>,
    pub profile: String,
    pub genres: Vec<ExportedReference>,
    pub credits: Vec<ExportedCredit>,
    pub categories: Vec<ExportedCategory>,
}

/// A genre, person or category that a line of an import refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// The slug or a name of an existing one; else the name of a new one.
    Word(String),
    /// The slug of an existing one; else of a new one with these names.
    Slug(Slug, Texts),
    /// An existing one with one of these names; else a new one with these names.
    Names(Texts),
}

/// A person's credit in a line of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditLine {
    /// The person's role, such as `director`.
    pub role: String,
    /// The person.
    pub person: Reference,
    /// The character's name; for the role `other`, the kind of work.
    pub credited_as: Texts,
}

/// A film's place in a category, in a line of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryLine {
    /// The category.
    pub category: Reference,
    /// Place in the category, from 1; `None` appends the film to the end.
    pub place: Option<i32>,
}

/// One line of an import. `None`, `Patch::Keep` and texts without an entry do not change the film.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the same fields as in the API, which documents them")]
pub struct FilmLine {
    pub id: Option<FilmId>,
    pub version: Option<FilmVersion>,
    pub slug: Option<Slug>,
    pub titles: TextsPatch,
    pub original_title: Patch<String>,
    pub synopses: TextsPatch,
    pub year: Patch<u16>,
    pub runtime_ms: Patch<u64>,
    pub countries: Option<Vec<String>>,
    pub languages: Option<Vec<String>>,
    pub age_rating: Patch<String>,
    pub awards: TextsPatch,
    pub available_from: Patch<OffsetDateTime>,
    pub available_until: Patch<OffsetDateTime>,
    pub available_in: Option<Vec<String>>,
    pub region_note: Patch<String>,
    pub visibility: Option<String>,
    pub publish_at: Patch<OffsetDateTime>,
    pub credits_ms: Patch<u64>,
    pub profile: Option<String>,
    pub genres: Option<Vec<Reference>>,
    pub credits: Option<Vec<CreditLine>>,
    pub categories: Option<Vec<CategoryLine>>,
}

/// Formats a time as RFC 3339 in UTC.
pub(super) fn moment_text(moment: OffsetDateTime) -> String {
    let utc = moment.checked_to_offset(UtcOffset::UTC).unwrap_or(moment);
    utc.format(&Rfc3339).unwrap_or_default()
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn as_moment<S: Serializer>(moment: &Option<OffsetDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    moment.map(moment_text).serialize(serializer)
}

fn as_text<S: Serializer>(version: &FilmVersion, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(version)
}
