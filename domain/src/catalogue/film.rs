//! A film as it is carried: whole, as an export writes it, and as an import asks for it.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use super::CarriedVersion;
use crate::{id::FilmId, patch::Patch, slug::Slug};

/// Texts by BCP 47 language.
pub type Texts = BTreeMap<String, String>;
/// Texts to be changed: others stay, `None` removes one.
pub type TextsPatch = BTreeMap<String, Option<String>>;

/// A genre, person or shelf as a film names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CarriedThing {
    /// Its address.
    pub slug: String,
    /// What it is called.
    pub names: Texts,
}

/// Somebody's part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CarriedCredit {
    /// What they did.
    pub role: String,
    /// Who.
    pub person: CarriedThing,
    /// The part, or what an `other` did.
    pub credited_as: Texts,
}

/// A place on a shelf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CarriedPlace {
    /// The shelf.
    #[serde(flatten)]
    pub shelf: CarriedThing,
    /// From 1.
    pub place: i32,
}

/// A whole film. Its fields are those of JSON, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields of a film, as the API has them")]
pub struct CarriedFilm {
    pub id: FilmId,
    #[serde(serialize_with = "as_text")]
    pub version: CarriedVersion,
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
    pub region_note: Option<String>,
    pub visibility: String,
    #[serde(serialize_with = "as_moment")]
    pub publish_at: Option<OffsetDateTime>,
    pub credits_ms: Option<u64>,
    pub profile: String,
    pub genres: Vec<CarriedThing>,
    pub credits: Vec<CarriedCredit>,
    pub categories: Vec<CarriedPlace>,
}

/// A genre, person or shelf as a line asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A slug or a name, whichever there is; else the name of a new one.
    Word(String),
    /// The one with this slug; else a new one.
    Slug(Slug, Texts),
    /// The one with one of these names; else a new one.
    Names(Texts),
}

/// Somebody's part as a line asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditLine {
    /// What they did.
    pub role: String,
    /// Who.
    pub person: Reference,
    /// The part, or what an `other` did.
    pub credited_as: Texts,
}

/// A place on a shelf as a line asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceLine {
    /// The shelf.
    pub shelf: Reference,
    /// From 1; after all others if not given.
    pub place: Option<i32>,
}

/// One line of an import: `None`, `Patch::Keep` and texts that are not named stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of a film, as the API has them")]
pub struct FilmLine {
    pub id: Option<FilmId>,
    pub version: Option<CarriedVersion>,
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
    pub region_note: Patch<String>,
    pub visibility: Option<String>,
    pub publish_at: Patch<OffsetDateTime>,
    pub credits_ms: Patch<u64>,
    pub profile: Option<String>,
    pub genres: Option<Vec<Reference>>,
    pub credits: Option<Vec<CreditLine>>,
    pub categories: Option<Vec<PlaceLine>>,
}

/// A moment as it is written: RFC 3339 in UTC.
pub(super) fn moment_text(moment: OffsetDateTime) -> String {
    let utc = moment.checked_to_offset(UtcOffset::UTC).unwrap_or(moment);
    utc.format(&Rfc3339).unwrap_or_default()
}

#[expect(clippy::ref_option, reason = "serde calls it so")]
fn as_moment<S: Serializer>(moment: &Option<OffsetDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    moment.map(moment_text).serialize(serializer)
}

fn as_text<S: Serializer>(version: &CarriedVersion, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(version)
}
