//! What each line would do: a film made, changed or left as it is, or what is wrong with it. Pure but for new ids.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{
    catalogue::{Errors, FilmLine, FilmVersion, Reference, Texts, TextsPatch, rule::MAX_LANGUAGES},
    id::FilmId,
    slug::Slug,
};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{parts::Parts, things::Things};
use crate::{
    Result,
    rows::{
        audit,
        film::{Film, FilmChange, FilmStatus, NewCredit, Visibility},
    },
};

/// Profile of a new film that names none.
const PROFILE: &str = "default";

/// What is there of what the lines name.
pub(super) struct Present {
    /// Films by id.
    pub(super) films: HashMap<Uuid, Film>,
    /// What belongs to them.
    pub(super) parts: HashMap<Uuid, Parts>,
    /// Films by the addresses in the file, present and former.
    pub(super) slugs: HashMap<String, Uuid>,
    pub(super) genres: Things,
    pub(super) people: Things,
    pub(super) categories: Things,
}

/// What a line does.
pub(super) struct Planned {
    pub(super) line: u64,
    /// False for a new film.
    pub(super) exists: bool,
    /// Its address, if it is to get another than it has.
    pub(super) slug: Option<Slug>,
    pub(super) after: Film,
    pub(super) was: Parts,
    pub(super) genres: Vec<Uuid>,
    pub(super) credits: Vec<NewCredit>,
    /// Categories, and places if it asks for one.
    pub(super) places: Vec<(Uuid, Option<i32>)>,
    /// For the audit log; without places.
    pub(super) changes: audit::Changes,
    /// The version it is based on.
    version: Option<FilmVersion>,
}

impl Planned {
    /// Whether it changes its places.
    pub(super) fn moves(&self) -> bool {
        let mut wanted: Vec<_> = self.places.iter().map(|(category, place)| (*category, *place)).collect();
        wanted.sort_unstable();
        wanted != self.was.places.iter().map(|(category, place)| (*category, Some(*place))).collect::<Vec<_>>()
    }

    /// Whether the film itself changes.
    pub(super) fn edits(&self) -> bool {
        !self.exists || !self.changes.is_empty()
    }

    /// Whether somebody changed meanwhile what this changes as well; the field and what to do.
    fn check_version(&self) -> Result<(), (&'static str, String)> {
        if !self.exists || !(self.edits() || self.moves()) {
            return Ok(());
        }
        let Some(version) = self.version else {
            return Err(("version", "is missing: export the film, and change that".to_owned()));
        };
        if version.film != self.after.version {
            return Err((
                "version",
                format!(
                    "is {}, and the film has been changed since and is {}: export it again, and repeat the change",
                    version.film, self.after.version
                ),
            ));
        }
        if self.moves() && version.places != self.was.places_mark {
            return Err((
                "categories",
                "have been changed since the export: export it again, and repeat the change".to_owned(),
            ));
        }
        Ok(())
    }
}

/// Compares every line with what is there.
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
        let mut wrong = Wrong { line: number, errors: &mut *errors, any: false };
        let Some(film) = plan_line(line, present, &mut wrong, new_id)? else { continue };
        if let Some(first) = seen.insert(film.after.id.0, number) {
            wrong.add("", format!("is the same film as line {first}: leave one of them out"));
        }
        if let Some(slug) = &film.slug
            && !slugs.insert(slug.clone())
        {
            wrong.add("slug", "is another line's: give each film its own");
        }
        if let Err((field, detail)) = film.check_version() {
            wrong.add(field, detail);
        }
        if !wrong.any {
            planned.push(film);
        }
    }
    Ok(planned)
}

/// Where errors of a line go.
struct Wrong<'a> {
    line: u64,
    errors: &'a mut Errors,
    any: bool,
}

impl Wrong<'_> {
    fn add(&mut self, field: &str, detail: impl Into<String>) {
        self.any = true;
        self.errors.add(self.line, field, detail);
    }
}

fn plan_line(
    line: FilmLine,
    present: &mut Present,
    wrong: &mut Wrong<'_>,
    new_id: &mut impl FnMut() -> Uuid,
) -> Result<Option<Planned>> {
    let at_slug = line.slug.as_ref().and_then(|slug| present.slugs.get(slug.as_str()).copied());
    let id = match (line.id, at_slug) {
        (Some(id), at_slug) => {
            if at_slug.is_some_and(|other| other != id.0) {
                wrong.add(
                    "slug",
                    "is or was another film's: give another, or leave the id out to change that film",
                );
            }
            Some(id.0)
        }
        (None, at_slug) => at_slug,
    };
    let before = id.and_then(|id| present.films.get(&id)).cloned();
    if before.as_ref().is_some_and(|film| film.deleted_at.is_some()) {
        wrong.add("", "is a deleted film: restore it first, or leave it out");
        return Ok(None);
    }
    let exists = before.is_some();
    let was = before.as_ref().and_then(|film| present.parts.get(&film.id.0)).cloned().unwrap_or_default();
    let base = before.unwrap_or_else(|| new_film(id.unwrap_or_else(&mut *new_id), &line));
    // Found by a former address, it keeps its present one.
    let slug = line.slug.clone().filter(|slug| match line.id {
        None if exists => false,
        _ => !exists || slug.as_str() != base.slug,
    });

    let genres = match &line.genres {
        Some(genres) => resolve_all(genres, "genres", &mut present.genres, wrong, new_id),
        None => was.genres.clone(),
    };
    let credits = match &line.credits {
        Some(credits) => {
            let people: Vec<_> = credits.iter().map(|credit| &credit.person).collect();
            let people = resolve_each(&people, "credits", &mut present.people, wrong, new_id);
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
        wrong.add("credits", "name a person twice in one role: leave one of them out");
    }
    let places = match &line.categories {
        Some(places) => {
            let categories: Vec<_> = places.iter().map(|place| place.category.clone()).collect();
            let categories = resolve_all(&categories, "categories", &mut present.categories, wrong, new_id);
            let now = |category: Uuid| was.places.iter().find(|(on, _)| *on == category).map(|(_, place)| *place);
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
    change(&base, line, slug.clone(), wrong).apply(&mut after);
    check_film(&after, wrong);
    let mut changes = audit::differences(&base, &after)?;
    if genres != was.genres {
        changes.insert("genres".to_owned(), json!([was.genres, genres]));
    }
    if credits != was.credits {
        changes.insert("credits".to_owned(), json!([was.credits, credits]));
    }
    let line = wrong.line;
    let planned = Planned { line, exists, slug, after, was, genres, credits, places, changes, version };
    Ok((!wrong.any).then_some(planned))
}

/// The things that these mean; those that cannot be told are reported and left out.
fn resolve_each(
    references: &[&Reference],
    field: &str,
    things: &mut Things,
    wrong: &mut Wrong<'_>,
    new_id: &mut impl FnMut() -> Uuid,
) -> Vec<Option<Uuid>> {
    let resolve = |reference: &&Reference| match things.resolve(reference, new_id) {
        Ok(id) => Some(id),
        Err(detail) => {
            wrong.add(field, detail);
            None
        }
    };
    references.iter().map(resolve).collect()
}

/// As that, each of them once.
fn resolve_all(
    references: &[Reference],
    field: &str,
    things: &mut Things,
    wrong: &mut Wrong<'_>,
    new_id: &mut impl FnMut() -> Uuid,
) -> Vec<Uuid> {
    let references: Vec<_> = references.iter().collect();
    let ids: Vec<_> = resolve_each(&references, field, things, wrong, new_id).into_iter().flatten().collect();
    if ids.iter().collect::<HashSet<_>>().len() < ids.len() {
        wrong.add(field, "name one twice: leave one of them out");
    }
    ids
}

/// A film as it is made: a draft with titles and no master.
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
        region_note: None,
        visibility: Visibility::Draft,
        publish_at: None,
        credits_ms: None,
        audio_languages: Vec::new(),
        subtitle_languages: Vec::new(),
        status: FilmStatus::Empty,
        failure: None,
        profile: line.profile.clone().unwrap_or_else(|| PROFILE.to_owned()),
        build_id: None,
        duration_ms: None,
        width: None,
        height: None,
        poster: None,
        deleted_at: None,
        // One that comes from another server goes on counting.
        version: line.version.map_or(1, |version| version.film),
        created_at: OffsetDateTime::UNIX_EPOCH,
        updated_at: OffsetDateTime::UNIX_EPOCH,
    }
}

/// Texts after a change.
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

fn change(film: &Film, line: FilmLine, slug: Option<Slug>, wrong: &mut Wrong<'_>) -> FilmChange {
    let texts = |texts: &Texts, change: &TextsPatch| (!change.is_empty()).then(|| merged(texts, change));
    let visibility = line.visibility.and_then(|word| word.parse::<Visibility>().ok());
    if line.publish_at.value().is_some() && visibility.unwrap_or(film.visibility) != Visibility::Scheduled {
        wrong.add("publish_at", "is for scheduled films alone: make visibility scheduled, or leave it empty");
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
        region_note: line.region_note,
        visibility,
        publish_at: line.publish_at,
        credits_ms: line.credits_ms,
        profile: line.profile,
        genres: None,
        credits: None,
    }
}

/// What the table's constraints would refuse, in words for the line.
fn check_film(film: &Film, wrong: &mut Wrong<'_>) {
    if film.titles.is_empty() {
        wrong.add("titles", "are missing: a film needs a title in at least one language");
    }
    let texts: BTreeMap<_, _> =
        [("titles", &film.titles), ("synopses", &film.synopses), ("awards", &film.festival_notes)].into();
    for (field, texts) in texts {
        if texts.len() > MAX_LANGUAGES {
            wrong.add(field, format!("must be in at most {MAX_LANGUAGES} languages"));
        }
    }
    if let (Some(from), Some(until)) = (film.available_from, film.available_until)
        && from >= until
    {
        wrong.add("available_until", "must be after available_from");
    }
    if film.visibility == Visibility::Scheduled && film.publish_at.is_none() {
        wrong.add("publish_at", "is missing: a scheduled film needs the moment at which it becomes public");
    }
}
