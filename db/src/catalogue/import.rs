//! Taking a catalogue in: all of it or nothing.

use std::collections::{BTreeSet, HashMap};

use domain::catalogue::{Errors, FilmLine};
use uuid::Uuid;

use super::{
    apply, parts,
    plan::{Planned, Present, plan},
    categories::Categories,
    things::{NewThing, Things, slugs_of},
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

/// Lets imports take turns; any number that nothing else uses.
const IMPORT_LOCK: i64 = 0x6e61_6e67_0011;

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Whether it was done. Not in a dry run, and not with any error.
    pub applied: bool,
    /// New films.
    pub created: usize,
    /// Films that change.
    pub changed: usize,
    /// Films that are so already.
    pub unchanged: usize,
    /// Names of genres that are made.
    pub new_genres: Vec<String>,
    /// Names of people who are made.
    pub new_people: Vec<String>,
    /// Names of categories that are made.
    pub new_categories: Vec<String>,
    /// Everything that is wrong.
    pub errors: Errors,
}

/// How far an import is: films written, of how many.
pub type Progress<'a> = &'a mut (dyn FnMut(usize, usize) + Send);

/// Compares the films of a file (`domain::catalogue::read`) with the catalogue and, unless it is a dry run or anything is
/// wrong, makes it so. A line that would change nothing is well whatever version it names, so that an import can be
/// repeated; one that would must name the present version.
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
            film.was.places.iter().map(|(category, _)| *category).chain(film.places.iter().map(|(category, _)| *category))
        })
        .collect();
    if !dry_run {
        apply::keep(&mut tx, &planned).await?;
    }
    let mut categories = Categories::load(&mut tx, &on.iter().copied().collect::<Vec<_>>(), !dry_run).await?;
    let categorized: HashMap<Uuid, Vec<Uuid>> = on.iter().map(|category| (*category, categories.films(*category))).collect();
    for (line, detail) in categories.arrange(&mut planned) {
        errors.add(line, "categories", detail);
    }
    errors.first.sort_by_key(|error| error.line);

    let labels = |new: &[NewThing]| new.iter().filter_map(|thing| audit::label(&thing.names)).collect();
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
            words.extend(apply::things(&mut tx, author, kind, new).await?);
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

/// Everything that the lines name. The films are locked for a real import, in the order of their ids, against edits.
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
        genres: Things::load(tx, Kind::Genre, lines, new_id).await?,
        people: Things::load(tx, Kind::Person, lines, new_id).await?,
        categories: Things::load(tx, Kind::Category, lines, new_id).await?,
    })
}
