//! Planning an import: for each line, the film that it creates, changes or leaves unchanged, or its errors. Pure except for new ids.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{
    catalogue::{Errors, FilmLine, FilmVersion, Reference, Texts, TextsPatch, rule::MAX_LANGUAGES},
    id::FilmId,
    slug::Slug,
};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{parts::Parts, relations::Relations};
use crate::{
    Result,
    rows::{
        audit,
        film::{Film, FilmChange, FilmStatus, NewCredit, Visibility},
    },
};

/// Profile of a new film whose line names none.
const PROFILE: &str = "default";

/// The existing films, genres, people and categories that the lines name.
pub(super) struct Present {
    /// The films by id.
    pub(super) films: HashMap<Uuid, Film>,
    /// The films' genres, credits and places.
    pub(super) parts: HashMap<Uuid, Parts>,
    /// The films by the slugs in the file, current and former ones.
    pub(super) slugs: HashMap<String, Uuid>,
    pub(super) genres: Relations,
    pub(super) people: Relations,
    pub(super) categories: Relations,
}

/// The effect of a line.
pub(super) struct Planned {
    pub(super) line: u64,
    /// Whether the film already exists.
    pub(super) exists: bool,
    /// The film's new slug, if it changes.
    pub(super) slug: Option<Slug>,
    pub(super) after: Film,
    pub(super) was: Parts,
    pub(super) genres: Vec<Uuid>,
    pub(super) credits: Vec<NewCredit>,
    /// Categories, and the requested place in each, if any.
    pub(super) places: Vec<(Uuid, Option<i32>)>,
    /// Changes for the audit log, without places.
    pub(super) changes: audit::Changes,
    /// The version that the line is based on.
    version: Option<FilmVersion>,
}

impl Planned {
    /// Whether the film's places change.
    pub(super) fn moves(&self) -> bool {
        let mut wanted: Vec<_> = self.places.iter().map(|(category, place)| (*category, *place)).collect();
        wanted.sort_unstable();
        wanted
            != self.was.places.iter().map(|(category, place)| (*category, Some(*place))).collect::<Vec<_>>()
    }

    /// Whether the film itself changes.
    pub(super) fn edits(&self) -> bool {
        !self.exists || !self.changes.is_empty()
    }

    /// Checks that nothing that this line changes was changed since its version. An error is the field and what to do.
    fn check_version(&self) -> Result<(), (&'static str, String)> {
        if !self.exists || !(self.edits() || self.moves()) {
            return Ok(());
        }
        let Some(version) = self.version else {
            return Err(("version", "is missing; export the film and change the exported line".to_owned()));
        };
        if version.film != self.after.version {
            return Err((
                "version",
                format!(
                    "is {}, but the film is now at version {}; export it again and repeat the change",
                    version.film, self.after.version
                ),
            ));
        }
        if self.moves() && version.places != self.was.places_mark {
            return Err((
                "categories",
                "were changed since the export; export the film again and repeat the change".to_owned(),
            ));
        }
        Ok(())
    }
}

/// Compares every line with the catalogue.
pub(super) fn plan(
    lines: Vec<(u64, FilmLine)>,
    present: &mut Present,
    errors: &mut Errors,
    new_id: &mut impl FnMut() -> Uuid,
) -> Result<Vec<Planned>> {
    let mut planned = Vec::with_capacity(lines.len());
    let mut seen: HashMap<Uuid, u64> = HashMap::new();
    let mut slugs = HashSet::new();
    for (number, line) in lines {
        let mut line_errors = LineErrors { line: number, errors: &mut *errors, any: false };
        let Some(film) = plan_line(line, present, &mut line_errors, new_id)? else { continue };
        if let Some(first) = seen.insert(film.after.id.0, number) {
            line_errors.add("", format!("is the same film as line {first}; remove one of the lines"));
        }
        if let Some(slug) = &film.slug
            && !slugs.insert(slug.clone())
        {
            line_errors.add("slug", "is also given in another line; give each film its own slug");
        }
        if let Err((field, detail)) = film.check_version() {
            line_errors.add(field, detail);
        }
        if !line_errors.any {
            planned.push(film);
        }
    }
    Ok(planned)
}

/// Collects the errors of a line.
struct LineErrors<'a> {
    line: u64,
    errors: &'a mut Errors,
    any: bool,
}

impl LineErrors<'_> {
    fn add(&mut self, field: &str, detail: impl Into<String>) {
        self.any = true;
        self.errors.add(self.line, field, detail);
    }
}

fn plan_line(
    line: FilmLine,
    present: &mut Present,
    line_errors: &mut LineErrors<'_>,
    new_id: &mut impl FnMut() -> Uuid,
) -> Result<Option<Planned>> {
    let at_slug = line.slug.as_ref().and_then(|slug| present.slugs.get(slug.as_str()).copied());
    let id = match (line.id, at_slug) {
        (Some(id), at_slug) => {
            if at_slug.is_some_and(|other| other != id.0) {
                line_errors.add(
                    "slug",
                    "is or was the slug of another film; give another slug, or leave out the id to change that film",
                );
            }
            Some(id.0)
        }
        (None, at_slug) => at_slug,
    };
    let before = id.and_then(|id| present.films.get(&id)).cloned();
    if before.as_ref().is_some_and(|film| film.deleted_at.is_some()) {
        line_errors.add("", "is a deleted film; restore it first, or remove the line");
        return Ok(None);
    }
    let exists = before.is_some();
    let was = before.as_ref().and_then(|film| present.parts.get(&film.id.0)).cloned().unwrap_or_default();
    let base = before.unwrap_or_else(|| new_film(id.unwrap_or_else(&mut *new_id), &line));
    // A film found by a former slug keeps its current one.
    let slug = line.slug.clone().filter(|slug| match line.id {
        None if exists => false,
        _ => !exists || slug.as_str() != base.slug,
    });

    let genres = match &line.genres {
        Some(genres) => resolve_all(genres, "genres", &mut present.genres, line_errors, new_id),
        None => was.genres.clone(),
    };
    let credits = match &line.credits {
        Some(credits) => {
            let people: Vec<_> = credits.iter().map(|credit| &credit.person).collect();
            let people = resolve_each(&people, "credits", &mut present.people, line_errors, new_id);
            let credit = |(credit, person_id): (&domain::catalogue::CreditLine, Option<Uuid>)| {
                let role = credit.role.parse().ok()?;
                Some(NewCredit { person_id: person_id?, role, credited_as: credit.credited_as.clone() })
            };
            credits.iter().zip(people).filter_map(credit).collect()
        }
        None => was.credits.clone(),
    };
    let mut parts = HashSet::new();
    if !credits.iter().all(|credit| parts.insert((credit.person_id, credit.role))) {
        line_errors.add("credits", "name a person twice in the same role; remove one of them");
    }
    let places = match &line.categories {
        Some(places) => {
            let categories: Vec<_> = places.iter().map(|place| place.category.clone()).collect();
            let categories =
                resolve_all(&categories, "categories", &mut present.categories, line_errors, new_id);
            let now =
                |category: Uuid| was.places.iter().find(|(on, _)| *on == category).map(|(_, place)| *place);
            categories
                .into_iter()
                .zip(places)
                .map(|(category, line)| (category, line.place.or_else(|| now(category))))
                .collect()
        }
        None => was.places.iter().map(|(category, place)| (*category, Some(*place))).collect(),
    };

    let version = line.version;
    let mut after = base.clone();
    change(&base, line, slug.clone(), line_errors).apply(&mut after);
    check_film(&after, line_errors);
    let mut changes = audit::differences(&base, &after)?;
    if genres != was.genres {
        changes.insert("genres".to_owned(), json!([was.genres, genres]));
    }
    if credits != was.credits {
        changes.insert("credits".to_owned(), json!([was.credits, credits]));
    }
    let line = line_errors.line;
    let planned = Planned { line, exists, slug, after, was, genres, credits, places, changes, version };
    Ok((!line_errors.any).then_some(planned))
}

/// Returns the id for each reference. An ambiguous or unknown reference is reported as an error and gives `None`.
fn resolve_each(
    references: &[&Reference],
    field: &str,
    relations: &mut Relations,
    line_errors: &mut LineErrors<'_>,
    new_id: &mut impl FnMut() -> Uuid,
) -> Vec<Option<Uuid>> {
    let resolve = |reference: &&Reference| match relations.resolve(reference, new_id) {
        Ok(id) => Some(id),
        Err(detail) => {
            line_errors.add(field, detail);
            None
        }
    };
    references.iter().map(resolve).collect()
}

/// Like [`resolve_each`], and reports an error if an id occurs twice.
fn resolve_all(
    references: &[Reference],
    field: &str,
    relations: &mut Relations,
    line_errors: &mut LineErrors<'_>,
    new_id: &mut impl FnMut() -> Uuid,
) -> Vec<Uuid> {
    let references: Vec<_> = references.iter().collect();
    let ids: Vec<_> =
        resolve_each(&references, field, relations, line_errors, new_id).into_iter().flatten().collect();
    if ids.iter().collect::<HashSet<_>>().len() < ids.len() {
        line_errors.add(field, "contain the same entry twice; remove one of them");
    }
    ids
}

/// Returns a new film: a draft with titles and without a master.
fn new_film(id: Uuid, line: &FilmLine) -> Film {
    Film {
        id: FilmId(id),
        slug: String::new(),
        titles: merged(&Texts::new(), &line.titles),
        original_title: None,
        synopses: Texts::new(),
        year: None,
        runtime_ms: None,
        countries: Vec::new(),
        languages: Vec::new(),
        age_rating: None,
        festival_notes: Texts::new(),
        available_from: None,
        available_until: None,
        available_in: Vec::new(),
        region_note: None,
        visibility: Visibility::Draft,
        publish_at: None,
        credits_ms: None,
        audio_languages: Vec::new(),
        subtitle_languages: Vec::new(),
        status: FilmStatus::Empty,
        failure: None,
        failure_reason: None,
        profile: line.profile.clone().unwrap_or_else(|| PROFILE.to_owned()),
        presentation_id: None,
        build_id: None,
        duration_ms: None,
        width: None,
        height: None,
        poster: None,
        backdrop: None,
        deleted_at: None,
        // The version of a film from another server continues from there.
        version: line.version.map_or(1, |version| version.film),
        created_at: OffsetDateTime::UNIX_EPOCH,
        updated_at: OffsetDateTime::UNIX_EPOCH,
    }
}

/// Returns the texts after a change.
fn merged(texts: &Texts, change: &TextsPatch) -> Texts {
    let mut merged = texts.clone();
    for (tag, text) in change {
        match text {
            Some(text) => merged.insert(tag.clone(), text.clone()),
            None => merged.remove(tag),
        };
    }
    merged
}

fn change(film: &Film, line: FilmLine, slug: Option<Slug>, line_errors: &mut LineErrors<'_>) -> FilmChange {
    let texts = |texts: &Texts, change: &TextsPatch| (!change.is_empty()).then(|| merged(texts, change));
    let visibility = line.visibility.and_then(|word| word.parse::<Visibility>().ok());
    if line.publish_at.value().is_some() && visibility.unwrap_or(film.visibility) != Visibility::Scheduled {
        line_errors.add(
            "publish_at",
            "is only for scheduled films; set visibility to scheduled, or leave publish_at empty",
        );
    }
    FilmChange {
        slug,
        titles: texts(&film.titles, &line.titles),
        original_title: line.original_title,
        synopses: texts(&film.synopses, &line.synopses),
        year: line.year,
        runtime_ms: line.runtime_ms,
        countries: line.countries,
        languages: line.languages,
        age_rating: line.age_rating,
        festival_notes: texts(&film.festival_notes, &line.awards),
        available_from: line.available_from,
        available_until: line.available_until,
        available_in: line.available_in,
        region_note: line.region_note,
        visibility,
        publish_at: line.publish_at,
        credits_ms: line.credits_ms,
        profile: line.profile,
        genres: None,
        credits: None,
    }
}

/// Reports what the table's constraints would reject, with texts for the line.
fn check_film(film: &Film, line_errors: &mut LineErrors<'_>) {
    if film.titles.is_empty() {
        line_errors.add("titles", "are missing; a film needs a title in at least one language");
    }
    let texts: BTreeMap<_, _> =
        [("titles", &film.titles), ("synopses", &film.synopses), ("awards", &film.festival_notes)].into();
    for (field, texts) in texts {
        if texts.len() > MAX_LANGUAGES {
            line_errors.add(field, format!("must contain at most {MAX_LANGUAGES} languages"));
        }
    }
    if let (Some(from), Some(until)) = (film.available_from, film.available_until)
        && from >= until
    {
        line_errors.add("available_until", "must be after available_from");
    }
    if film.visibility == Visibility::Scheduled && film.publish_at.is_none() {
        line_errors
            .add("publish_at", "is missing; a scheduled film needs the time at which it becomes public");
    }
}
