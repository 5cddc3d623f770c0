//! Creating and editing films. Every edit is one transaction with its entry in the audit log.

use domain::{catalogue::sort_title::sort_title_in, id::FilmId, patch::Patch, slug::Slug};
use serde::Serialize;
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{CreditRole, Film, Texts, Visibility, protect_genres, protect_people, select_films};
use crate::{
    Db, DbError, Result, Tx, expect_one,
    rows::{
        audit::{self, Author, Entry},
        search, slug,
    },
};

/// A film to create: a draft without a master.
#[derive(Clone, Debug)]
pub struct NewFilm {
    /// Its id.
    pub id: FilmId,
    /// Title by BCP 47 language; at least one.
    pub titles: Texts,
    /// Name of its profile.
    pub profile: String,
}

/// A credit of a film, to record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewCredit {
    /// The person.
    pub person_id: Uuid,
    /// The person's role in the film.
    pub role: CreditRole,
    /// The character that an actor plays, or the task of an `Other`; by language.
    pub credited_as: Texts,
}

/// An edit; `None` and `Patch::Keep` leave a field unchanged. See [`Film`] for the fields.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields of a film")]
pub struct FilmChange {
    pub slug: Option<Slug>,
    pub titles: Option<Texts>,
    pub original_title: Patch<String>,
    pub synopses: Option<Texts>,
    pub year: Patch<u16>,
    pub runtime_ms: Patch<u64>,
    pub countries: Option<Vec<String>>,
    pub languages: Option<Vec<String>>,
    pub age_rating: Patch<String>,
    pub festival_notes: Option<Texts>,
    pub available_from: Patch<OffsetDateTime>,
    pub available_until: Patch<OffsetDateTime>,
    pub available_in: Option<Vec<String>>,
    pub region_note: Patch<String>,
    pub visibility: Option<Visibility>,
    pub publish_at: Patch<OffsetDateTime>,
    pub credits_ms: Patch<u64>,
    pub profile: Option<String>,
    /// Replaces all genres; the main one is first.
    pub genres: Option<Vec<Uuid>>,
    /// Replaces all credits, in this order.
    pub credits: Option<Vec<NewCredit>>,
}

impl FilmChange {
    /// Applies the edit to `film`.
    pub(crate) fn apply(self, film: &mut Film) {
        fn replace<T>(field: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *field = value;
            }
        }
        replace(&mut film.slug, self.slug.map(|slug| slug.to_string()));
        replace(&mut film.titles, self.titles);
        self.original_title.apply(&mut film.original_title);
        replace(&mut film.synopses, self.synopses);
        self.year.apply(&mut film.year);
        self.runtime_ms.apply(&mut film.runtime_ms);
        replace(&mut film.countries, self.countries);
        replace(&mut film.languages, self.languages);
        self.age_rating.apply(&mut film.age_rating);
        replace(&mut film.festival_notes, self.festival_notes);
        self.available_from.apply(&mut film.available_from);
        self.available_until.apply(&mut film.available_until);
        replace(&mut film.available_in, self.available_in);
        self.region_note.apply(&mut film.region_note);
        replace(&mut film.visibility, self.visibility);
        self.publish_at.apply(&mut film.publish_at);
        // Only a scheduled film has `publish_at`, so a film that is no longer scheduled loses it implicitly.
        if self.visibility.is_some_and(|visibility| visibility != Visibility::Scheduled) {
            film.publish_at = None;
        }
        self.credits_ms.apply(&mut film.credits_ms);
        replace(&mut film.profile, self.profile);
    }
}

/// Creates a film with the fields of `change`.
pub async fn create(db: &Db, author: &Author, new: NewFilm, mut change: FilmChange) -> Result<Film> {
    let mut tx = db.begin().await?;
    let slug = slug::of_new(&mut tx, slug::Kind::Film, new.id.0, change.slug.take(), &new.titles).await?;
    sqlx::query!(
        "INSERT INTO films (id, slug, titles, profile) VALUES ($1, $2, $3, $4)",
        new.id.0,
        slug,
        Json(&new.titles) as _,
        new.profile,
    )
    .execute(&mut *tx)
    .await?;
    let created =
        lock_whole(&mut tx, new.id).await?.ok_or(DbError::Invariant("reading a film just created"))?;
    let film = write(&mut tx, author, "film.create", &created, change, created.version).await?;
    tx.commit().await?;
    Ok(film)
}

/// Edits the film. Returns `None` if its version is no longer `expected_version`, or if it does not exist.
pub async fn update(
    db: &Db,
    author: &Author,
    id: FilmId,
    change: FilmChange,
    expected_version: i64,
) -> Result<Option<Film>> {
    let mut tx = db.begin().await?;
    let before = lock_whole(&mut tx, id).await?;
    let Some(before) = before.filter(|film| film.version == expected_version) else { return Ok(None) };
    let after = write(&mut tx, author, "film.update", &before, change, expected_version + 1).await?;
    tx.commit().await?;
    Ok(Some(after))
}

/// Locks the film until the transaction ends, against other edits and, like `super::lock`, against the transcode pipeline; returns it.
pub(crate) async fn lock_whole(tx: &mut Tx, id: FilmId) -> Result<Option<Film>> {
    let row = select_films!("WHERE films.id = $1 FOR NO KEY UPDATE", id.0).fetch_optional(&mut **tx).await?;
    Ok(row.map(Film::from))
}

async fn write(
    tx: &mut Tx,
    author: &Author,
    action: &'static str,
    before: &Film,
    mut change: FilmChange,
    version: i64,
) -> Result<Film> {
    let id = before.id;
    let (genres, credits) = (change.genres.take(), change.credits.take());
    // Locks the new genres and people first, then takes the slug: the lock order of this crate.
    protect_genres(tx, genres.as_deref().unwrap_or_default()).await?;
    let people = credits.iter().flatten().map(|credit| credit.person_id).collect::<Vec<_>>();
    protect_people(tx, &people).await?;
    if let Some(slug) = change.slug.as_ref().filter(|slug| slug.as_str() != before.slug) {
        slug::take(tx, slug::Kind::Film, id.0, slug).await?;
    }
    let mut after = before.clone();
    change.apply(&mut after);
    let done = sqlx::query!(
        "UPDATE films SET slug = $2, titles = $3, original_title = $4, synopses = $5, year = $6, runtime_ms = $7,
                countries = $8, languages = $9, age_rating = $10, festival_notes = $11, available_from = $12,
                available_until = $13, region_note = $14, visibility = $15, publish_at = $16, credits_ms = $17,
                profile = $18, sort_title_lo = $19, sort_title_en = $20, version = $21, available_in = $22, updated_at = now()
         WHERE id = $1",
        id.0,
        after.slug,
        Json(&after.titles) as _,
        after.original_title,
        Json(&after.synopses) as _,
        after.year.map(|year| i16::try_from(year).unwrap_or(i16::MAX)),
        after.runtime_ms.map(u64::cast_signed),
        &after.countries,
        &after.languages,
        after.age_rating,
        Json(&after.festival_notes) as _,
        after.available_from,
        after.available_until,
        after.region_note,
        after.visibility.as_str(),
        after.publish_at,
        after.credits_ms.map(u64::cast_signed),
        after.profile,
        sort_title_in(&after.titles, "lo"),
        sort_title_in(&after.titles, "en"),
        version,
        &after.available_in,
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "editing a film")?;
    let mut changes = audit::differences(before, &after)?;
    if let Some(genres) = genres {
        let was = replace_genres(tx, id, &genres).await?;
        if was != genres {
            changes.insert("genres".to_owned(), json!([was, genres]));
        }
    }
    if let Some(credits) = credits {
        let was = replace_credits(tx, id, &credits).await?;
        if was != credits {
            changes.insert("credits".to_owned(), json!([was, credits]));
        }
    }
    let entry = Entry {
        author,
        action,
        subject: "film",
        subject_id: Some(id.0),
        label: audit::label(&after.titles),
        changes: changes.into(),
    };
    audit::record(tx, entry).await?;
    search::refresh_film(tx, id).await?;
    lock_whole(tx, id).await?.ok_or(DbError::Invariant("reading a film just edited"))
}

/// Replaces the film's genres. Returns the genres that it had before.
async fn replace_genres(tx: &mut Tx, film: FilmId, genres: &[Uuid]) -> Result<Vec<Uuid>> {
    let was =
        sqlx::query_scalar!("SELECT genre_id FROM film_genres WHERE film_id = $1 ORDER BY position", film.0)
            .fetch_all(&mut **tx)
            .await?;
    sqlx::query!("DELETE FROM film_genres WHERE film_id = $1", film.0).execute(&mut **tx).await?;
    sqlx::query!(
        "INSERT INTO film_genres (film_id, genre_id, position)
         SELECT $1, genre.id, genre.place FROM unnest($2::uuid[]) WITH ORDINALITY AS genre (id, place)",
        film.0,
        genres,
    )
    .execute(&mut **tx)
    .await?;
    Ok(was)
}

/// Replaces the film's credits. Returns the credits that it had before.
async fn replace_credits(tx: &mut Tx, film: FilmId, credits: &[NewCredit]) -> Result<Vec<NewCredit>> {
    let was = sqlx::query!(
        r#"SELECT person_id, role AS "role: CreditRole", credited_as AS "credited_as: Json<Texts>"
           FROM film_cast WHERE film_id = $1 ORDER BY position"#,
        film.0
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!("DELETE FROM film_cast WHERE film_id = $1", film.0).execute(&mut **tx).await?;
    sqlx::query!(
        "INSERT INTO film_cast (film_id, person_id, role, credited_as, position)
         SELECT $1, credit.person_id, credit.role, credit.credited_as, credit.place
         FROM ROWS FROM (jsonb_to_recordset($2) AS (person_id uuid, role text, credited_as jsonb))
              WITH ORDINALITY AS credit (person_id, role, credited_as, place)",
        film.0,
        Json(credits) as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(was
        .into_iter()
        .map(|row| NewCredit { person_id: row.person_id, role: row.role, credited_as: row.credited_as.0 })
        .collect())
}
