//! Writing a planned import, many rows per statement.

use std::collections::{BTreeSet, HashMap};

use domain::{catalogue::sort_title::sort_title_in, slug::Slug};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::types::Json;
use uuid::Uuid;

use super::{categories::Categories, import::Progress, plan::Planned, relations::NewRelation};
use crate::{
    DbError, Result, Tx,
    rows::{
        audit::{self, Author},
        film::{self, Film, Texts},
        search::{self, Words},
        slug::{self, Kind},
    },
};

/// Number of films per statement.
const BATCH: usize = 500;

/// A film's row, without the columns that the transcode pipeline writes.
#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    film: &'a Film,
    sort_title_lo: String,
    sort_title_en: String,
}

impl<'a> Row<'a> {
    fn of(film: &'a Film) -> Self {
        let (sort_title_lo, sort_title_en) =
            (sort_title_in(&film.titles, "lo"), sort_title_in(&film.titles, "en"));
        Self { film, sort_title_lo, sort_title_en }
    }
}

/// Writes films with their slugs, genres and credits, search index and audit log. Returns the search words, which must be added last.
pub(super) async fn films(
    tx: &mut Tx,
    author: &Author,
    mut films: Vec<&mut Planned>,
    progress: Progress<'_>,
) -> Result<Words> {
    let chosen: Vec<_> =
        films.iter().filter_map(|film| Some((film.after.id.0, film.slug.clone()?))).collect();
    slug::take_all(tx, Kind::Film, &chosen).await?;
    let unnamed: Vec<_> = films.iter_mut().filter(|film| !film.exists && film.slug.is_none()).collect();
    let bases: Vec<_> = unnamed
        .iter()
        .map(|film| (film.after.id.0, Slug::of_titles(&film.after.titles, Kind::Film.as_str())))
        .collect();
    let made = slug::allocate_all(tx, Kind::Film, &bases).await?;
    for (film, slug) in unnamed.into_iter().zip(made) {
        film.after.slug = slug;
    }
    for film in &mut films {
        if film.exists {
            film.after.version += 1;
        }
    }
    let all = films.len();
    let mut words = Words::new();
    for (at, films) in films.chunks(BATCH).enumerate() {
        progress(at * BATCH, all);
        write_rows(tx, films).await?;
        write_genres(tx, films).await?;
        write_credits(tx, films).await?;
        let entries = films.iter().map(|film| Entry {
            subject_id: film.after.id.0,
            action: if film.exists { "film.update" } else { "film.create" },
            label: audit::label(&film.after.titles),
            changes: film.changes.clone().into(),
        });
        record(tx, author, "film", entries.collect()).await?;
        let ids: Vec<_> = films.iter().map(|film| film.after.id.0).collect();
        words.extend(search::refresh_films_in(tx, &ids).await?);
    }
    progress(all, all);
    Ok(words)
}

async fn write_rows(tx: &mut Tx, films: &[&mut Planned]) -> Result<()> {
    let rows = |exists: bool| {
        films.iter().filter(|film| film.exists == exists).map(|film| Row::of(&film.after)).collect::<Vec<_>>()
    };
    let (new, changed) = (rows(false), rows(true));
    sqlx::query!(
        "INSERT INTO films (id, slug, titles, original_title, synopses, year, runtime_ms, countries, languages, age_rating,
                            festival_notes, available_from, available_until, available_in, region_note, visibility, publish_at, credits_ms,
                            profile, sort_title_lo, sort_title_en, version)
         SELECT * FROM jsonb_to_recordset($1) AS film (
             id uuid, slug text, titles jsonb, original_title text, synopses jsonb, year smallint, runtime_ms bigint,
             countries text[], languages text[], age_rating text, festival_notes jsonb, available_from timestamptz,
             available_until timestamptz, available_in text[], region_note text, visibility text, publish_at timestamptz, credits_ms bigint,
             profile text, sort_title_lo text, sort_title_en text, version bigint)",
        Json(&new) as _,
    )
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query!(
        "UPDATE films SET slug = film.slug, titles = film.titles, original_title = film.original_title, synopses = film.synopses,
                year = film.year, runtime_ms = film.runtime_ms, countries = film.countries, languages = film.languages,
                age_rating = film.age_rating, festival_notes = film.festival_notes, available_from = film.available_from,
                available_until = film.available_until, available_in = film.available_in, region_note = film.region_note, visibility = film.visibility,
                publish_at = film.publish_at, credits_ms = film.credits_ms, profile = film.profile,
                sort_title_lo = film.sort_title_lo, sort_title_en = film.sort_title_en, version = film.version,
                updated_at = now()
         FROM jsonb_to_recordset($1) AS film (
             id uuid, slug text, titles jsonb, original_title text, synopses jsonb, year smallint, runtime_ms bigint,
             countries text[], languages text[], age_rating text, festival_notes jsonb, available_from timestamptz,
             available_until timestamptz, available_in text[], region_note text, visibility text, publish_at timestamptz, credits_ms bigint,
             profile text, sort_title_lo text, sort_title_en text, version bigint)
         WHERE films.id = film.id AND films.version = film.version - 1",
        Json(&changed) as _,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == changed.len() as u64 {
        Ok(())
    } else {
        Err(DbError::Invariant("editing films of an import"))
    }
}

async fn write_genres(tx: &mut Tx, films: &[&mut Planned]) -> Result<()> {
    let changed: Vec<_> = films.iter().filter(|film| film.genres != film.was.genres).collect();
    let ids: Vec<_> = changed.iter().map(|film| film.after.id.0).collect();
    sqlx::query!("DELETE FROM film_genres WHERE film_id = ANY ($1)", &ids).execute(&mut **tx).await?;
    let (mut films, mut genres, mut places) = (vec![], vec![], vec![]);
    for film in changed {
        for (place, genre) in (1..).zip(&film.genres) {
            films.push(film.after.id.0);
            genres.push(*genre);
            places.push(place);
        }
    }
    sqlx::query!(
        "INSERT INTO film_genres (film_id, genre_id, position) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[])",
        &films,
        &genres,
        &places as &[i32],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn write_credits(tx: &mut Tx, films: &[&mut Planned]) -> Result<()> {
    let changed: Vec<_> = films.iter().filter(|film| film.credits != film.was.credits).collect();
    let ids: Vec<_> = changed.iter().map(|film| film.after.id.0).collect();
    sqlx::query!("DELETE FROM film_cast WHERE film_id = ANY ($1)", &ids).execute(&mut **tx).await?;
    let credits: Vec<Value> = changed
        .iter()
        .flat_map(|film| {
            (1..).zip(&film.credits).map(|(position, credit)| {
                json!({
                    "film_id": film.after.id, "person_id": credit.person_id, "role": credit.role,
                    "credited_as": credit.credited_as, "position": position
                })
            })
        })
        .collect();
    sqlx::query!(
        "INSERT INTO film_cast (film_id, person_id, role, credited_as, position)
         SELECT * FROM jsonb_to_recordset($1) AS credit (film_id uuid, person_id uuid, role text, credited_as jsonb, position integer)",
        Json(credits) as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Locks the genres and people of the changed films against deletion and merging, before anything is written.
pub(super) async fn protect(tx: &mut Tx, films: &[Planned]) -> Result<()> {
    let changed = |film: &&Planned| film.genres != film.was.genres || film.credits != film.was.credits;
    let genres: BTreeSet<Uuid> =
        films.iter().filter(changed).flat_map(|film| film.genres.iter().copied()).collect();
    film::protect_genres(tx, &genres.into_iter().collect::<Vec<_>>()).await?;
    let people: BTreeSet<Uuid> = films
        .iter()
        .filter(changed)
        .flat_map(|film| film.credits.iter().map(|credit| credit.person_id))
        .collect();
    film::protect_people(tx, &people.into_iter().collect::<Vec<_>>()).await
}

/// Writes the films' places in categories. Each category counts one edit, however many of its films move.
pub(super) async fn places(
    tx: &mut Tx,
    author: &Author,
    planned: &[Planned],
    categorized: &HashMap<Uuid, Vec<Uuid>>,
    categories: &Categories,
) -> Result<()> {
    let moved: Vec<_> = planned.iter().filter(|film| film.moves()).collect();
    let ids: Vec<_> = moved.iter().map(|film| film.after.id.0).collect();
    sqlx::query!("DELETE FROM film_categories WHERE film_id = ANY ($1)", &ids).execute(&mut **tx).await?;
    let (mut on, mut films, mut positions) = (vec![], vec![], vec![]);
    for film in &moved {
        for (category, place) in &film.places {
            on.push(*category);
            films.push(film.after.id.0);
            positions.push(place.ok_or(DbError::Invariant("placing a film of an import"))?);
        }
    }
    sqlx::query!(
        "INSERT INTO film_categories (category_id, film_id, position)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[])",
        &on,
        &films,
        &positions,
    )
    .execute(&mut **tx)
    .await?;
    let touched: BTreeSet<Uuid> = moved
        .iter()
        .flat_map(|film| film.was.places.iter().map(|(category, _)| *category))
        .chain(on)
        .collect();
    let touched: Vec<Uuid> = touched.into_iter().collect();
    let edited = sqlx::query!(
        r#"UPDATE categories SET version = version + 1 WHERE id = ANY ($1) RETURNING id, names AS "names: Json<Texts>""#,
        &touched
    )
    .fetch_all(&mut **tx)
    .await?;
    let entry = |id: Uuid, names: &Texts| Entry {
        subject_id: id,
        action: "category.films",
        label: audit::label(names),
        changes: json!({ "films": [categorized.get(&id), categories.films(id)] }),
    };
    record(tx, author, "category", edited.iter().map(|row| entry(row.id, &row.names)).collect()).await
}

/// Creates genres, people or categories. Returns the search words, which must be added last.
pub(super) async fn relations(
    tx: &mut Tx,
    author: &Author,
    kind: Kind,
    new: &[NewRelation],
) -> Result<Words> {
    let mut words = Words::new();
    if new.is_empty() {
        return Ok(words);
    }
    let chosen: Vec<_> =
        new.iter().filter_map(|relation| Some((relation.id, relation.slug.clone()?))).collect();
    slug::take_all(tx, kind, &chosen).await?;
    let unnamed: Vec<_> = new
        .iter()
        .filter(|relation| relation.slug.is_none())
        .map(|relation| (relation.id, Slug::of_titles(&relation.names, kind.as_str())))
        .collect();
    let made = slug::allocate_all(tx, kind, &unnamed).await?;
    let mut slugs: HashMap<Uuid, String> = unnamed.iter().map(|(id, _)| *id).zip(made).collect();
    slugs.extend(chosen.into_iter().map(|(id, slug)| (id, slug.to_string())));

    let ids: Vec<Uuid> = new.iter().map(|relation| relation.id).collect();
    let rows: Vec<Value> = new
        .iter()
        .map(|relation| {
            json!({
                "id": relation.id, "slug": slugs.get(&relation.id), "names": relation.names,
                "sort_name": sort_title_in(&relation.names, "lo")
            })
        })
        .collect();
    match kind {
        Kind::Genre => {
            sqlx::query!(
                "INSERT INTO genres (id, slug, names)
                 SELECT * FROM jsonb_to_recordset($1) AS genre (id uuid, slug text, names jsonb)",
                Json(&rows) as _
            )
            .execute(&mut **tx)
            .await?;
        }
        Kind::Person => {
            sqlx::query!(
                "INSERT INTO people (id, slug, names, sort_name)
                 SELECT * FROM jsonb_to_recordset($1) AS person (id uuid, slug text, names jsonb, sort_name text)",
                Json(&rows) as _
            )
            .execute(&mut **tx)
            .await?;
            words = search::refresh_people_in(tx, &ids).await?;
        }
        Kind::Category => {
            sqlx::query!(
                "INSERT INTO categories (id, slug, names)
                 SELECT * FROM jsonb_to_recordset($1) AS category (id uuid, slug text, names jsonb)",
                Json(&rows) as _
            )
            .execute(&mut **tx)
            .await?;
        }
        Kind::Film => return Err(DbError::Invariant("creating relations of films")),
    }
    let action = match kind {
        Kind::Genre => "genre.create",
        Kind::Person => "person.create",
        _ => "category.create",
    };
    let entry = |relation: &NewRelation| Entry {
        subject_id: relation.id,
        action,
        label: audit::label(&relation.names),
        changes: json!({ "slug": slugs.get(&relation.id), "names": relation.names }),
    };
    record(tx, author, kind.as_str(), new.iter().map(entry).collect()).await?;
    Ok(words)
}

/// An audit entry of a change of many rows.
#[derive(Serialize)]
struct Entry {
    subject_id: Uuid,
    action: &'static str,
    label: Option<String>,
    changes: Value,
}

async fn record(tx: &mut Tx, author: &Author, subject: &str, entries: Vec<Entry>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO audit_log (user_id, user_email, action, subject, subject_id, label, changes)
         SELECT $1, $2, entry.action, $3, entry.subject_id, entry.label, entry.changes
         FROM jsonb_to_recordset($4) AS entry (action text, subject_id uuid, label text, changes jsonb)",
        author.user_id.map(|user| user.0),
        author.user_email,
        subject,
        Json(entries) as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
