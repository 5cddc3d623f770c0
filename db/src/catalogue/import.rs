//! Importing a catalogue: all of it or nothing.

use std::collections::{BTreeSet, HashMap};

use domain::catalogue::{Errors, FilmLine};
use uuid::Uuid;

use super::{
    apply,
    categories::Categories,
    parts,
    plan::{Planned, Present, plan},
    relations::{NewRelation, Relations, slugs_of},
};
use crate::{
    Db, Result, Tx,
    rows::{
        audit::{self, Author},
        film,
        search::{self, Words},
        slug::Kind,
    },
};

/// Advisory lock that serializes imports: an arbitrary number that nothing else uses.
const IMPORT_LOCK: i64 = 0x6e61_6e67_0011;

/// The result of an import or a dry run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Whether the import was applied: false for a dry run and if there is any error.
    pub applied: bool,
    /// Number of new films.
    pub created: usize,
    /// Number of changed films.
    pub changed: usize,
    /// Number of films that already are as their line says.
    pub unchanged: usize,
    /// Names of new genres.
    pub new_genres: Vec<String>,
    /// Names of new people.
    pub new_people: Vec<String>,
    /// Names of new categories.
    pub new_categories: Vec<String>,
    /// The errors of all lines.
    pub errors: Errors,
}

/// Receives the progress of an import: films written, and their total.
pub type Progress<'a> = &'a mut (dyn FnMut(usize, usize) + Send);

/// Compares the films of a file (`domain::catalogue::read`) with the catalogue and, unless it is a dry run or a line has an
/// error, applies the changes. A line that changes something must name the film's current version. A line that changes nothing
/// may name any version, so an import can be repeated.
pub async fn import(
    db: &Db,
    author: &Author,
    (lines, mut errors): (Vec<(u64, FilmLine)>, Errors),
    dry_run: bool,
    mut new_id: impl FnMut() -> Uuid + Send,
    progress: Progress<'_>,
) -> Result<Report> {
    let mut tx = db.begin_long().await?;
    if !dry_run {
        sqlx::query!("SELECT pg_advisory_xact_lock($1)", IMPORT_LOCK).execute(&mut *tx).await?;
    }
    let mut present = load(&mut tx, &lines, dry_run, &mut new_id).await?;
    let mut planned = plan(lines, &mut present, &mut errors, &mut new_id)?;

    let on: BTreeSet<Uuid> = planned
        .iter()
        .flat_map(|film| {
            film.was
                .places
                .iter()
                .map(|(category, _)| *category)
                .chain(film.places.iter().map(|(category, _)| *category))
        })
        .collect();
    if !dry_run {
        apply::protect(&mut tx, &planned).await?;
    }
    let mut categories = Categories::load(&mut tx, &on.iter().copied().collect::<Vec<_>>(), !dry_run).await?;
    let categorized: HashMap<Uuid, Vec<Uuid>> =
        on.iter().map(|category| (*category, categories.films(*category))).collect();
    for (line, detail) in categories.arrange(&mut planned) {
        errors.add(line, "categories", detail);
    }
    errors.first.sort_by_key(|error| error.line);

    let labels =
        |new: &[NewRelation]| new.iter().filter_map(|relation| audit::label(&relation.names)).collect();
    let changes = |film: &&Planned| film.exists && (film.edits() || film.moves());
    let report = Report {
        applied: !dry_run && errors.count == 0,
        created: planned.iter().filter(|film| !film.exists).count(),
        changed: planned.iter().filter(changes).count(),
        unchanged: planned.iter().filter(|film| film.exists && !film.edits() && !film.moves()).count(),
        new_genres: labels(&present.genres.new),
        new_people: labels(&present.people.new),
        new_categories: labels(&present.categories.new),
        errors,
    };
    if report.applied {
        let mut words = Words::new();
        for (kind, new) in [
            (Kind::Genre, &present.genres.new),
            (Kind::Person, &present.people.new),
            (Kind::Category, &present.categories.new),
        ] {
            words.extend(apply::relations(&mut tx, author, kind, new).await?);
        }
        let edited = planned.iter_mut().filter(|film| film.edits()).collect();
        words.extend(apply::films(&mut tx, author, edited, progress).await?);
        apply::places(&mut tx, author, &planned, &categorized, &categories).await?;
        search::add_words(&mut tx, words).await?;
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    Ok(report)
}

/// Loads everything that the lines name. For a real import, locks the films against edits, in the order of their ids.
async fn load(
    tx: &mut Tx,
    lines: &[(u64, FilmLine)],
    dry_run: bool,
    new_id: &mut (impl FnMut() -> Uuid + Send),
) -> Result<Present> {
    let slugs = lines.iter().filter_map(|(_, line)| line.slug.as_ref().map(ToString::to_string)).collect();
    let slugs = slugs_of(tx, Kind::Film, slugs).await?;
    let named = lines.iter().filter_map(|(_, line)| line.id.map(|id| id.0));
    let ids: Vec<Uuid> = named.chain(slugs.values().copied()).collect::<BTreeSet<_>>().into_iter().collect();
    let films = if dry_run { film::find_all(tx, &ids).await? } else { film::lock_all(tx, &ids).await? };
    Ok(Present {
        films: films.into_iter().map(|film| (film.id.0, film)).collect(),
        parts: parts::load(tx, &ids).await?,
        slugs,
        genres: Relations::load(tx, Kind::Genre, lines, new_id).await?,
        people: Relations::load(tx, Kind::Person, lines, new_id).await?,
        categories: Relations::load(tx, Kind::Category, lines, new_id).await?,
    })
}
