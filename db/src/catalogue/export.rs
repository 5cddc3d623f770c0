//! Exporting the catalogue.

use std::collections::HashMap;

use domain::catalogue::{
    ExportedCategory, ExportedCredit, ExportedFilm, ExportedReference, FilmVersion, Format, csv,
    csv::Columns, json,
};
use sqlx::types::Json;
use uuid::Uuid;

use super::parts::{self, Parts};
use crate::{
    Db, DbError, Result, Tx,
    rows::film::{self, Film, Texts},
};

/// Number of films per statement.
const BATCH: i64 = 500;

/// A running export: a snapshot of the catalogue. It holds one connection until it is dropped.
pub struct Export {
    tx: Tx,
    format: Format,
    /// Columns of a CSV file; `None` until its header is written.
    columns: Option<Columns>,
    after: Uuid,
    films: u64,
    ended: bool,
}

impl Export {
    /// Begins an export of all films that are not deleted, in the order of their ids.
    pub async fn begin(db: &Db, format: Format) -> Result<Self> {
        let mut tx = db.begin_long().await?;
        sqlx::query!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").execute(&mut *tx).await?;
        // A client that stops reading in the middle of the file must not hold the snapshot for ever.
        sqlx::query!("SET LOCAL idle_in_transaction_session_timeout = '60s'").execute(&mut *tx).await?;
        Ok(Self { tx, format, columns: None, after: Uuid::nil(), films: 0, ended: false })
    }

    /// Returns the number of films written so far.
    pub fn films(&self) -> u64 {
        self.films
    }

    /// Returns the next part of the file; `None` at its end.
    pub async fn next_part(&mut self) -> Result<Option<Vec<u8>>> {
        if self.ended {
            return Ok(None);
        }
        let mut part = Vec::new();
        let columns = match self.columns.take() {
            Some(columns) => columns,
            None => self.write_beginning(&mut part).await?,
        };
        let films = self.next_films().await?;
        for film in &films {
            match self.format {
                Format::Json => {
                    if self.films > 0 {
                        part.extend_from_slice(json::BETWEEN.as_bytes());
                    }
                    json::write_film(&mut part, film);
                }
                Format::Csv => columns.write_film(&mut part, film),
            }
            self.films += 1;
        }
        if films.is_empty() {
            self.ended = true;
            if self.format == Format::Json {
                part.extend_from_slice(json::END.as_bytes());
            }
        }
        self.columns = Some(columns);
        Ok(Some(part))
    }

    async fn write_beginning(&mut self, part: &mut Vec<u8>) -> Result<Columns> {
        let columns = match self.format {
            Format::Json => {
                part.extend_from_slice(json::BEGIN.as_bytes());
                return Ok(Columns::default());
            }
            Format::Csv => self.languages().await?,
        };
        part.extend_from_slice(csv::BYTE_ORDER_MARK);
        columns.write_header(part);
        Ok(columns)
    }

    /// Returns the languages that a CSV file needs columns for.
    async fn languages(&mut self) -> Result<Columns> {
        let rows = sqlx::query!(
            r#"SELECT DISTINCT 't' AS "field!", jsonb_object_keys(titles) AS "tag!" FROM films WHERE deleted_at IS NULL
               UNION SELECT 's', jsonb_object_keys(synopses) FROM films WHERE deleted_at IS NULL
               UNION SELECT 'a', jsonb_object_keys(festival_notes) FROM films WHERE deleted_at IS NULL"#
        )
        .fetch_all(&mut *self.tx)
        .await?;
        let mut columns = Columns::default();
        for row in rows {
            let tags = match row.field.as_str() {
                "t" => &mut columns.titles,
                "s" => &mut columns.synopses,
                _ => &mut columns.awards,
            };
            tags.insert(row.tag);
        }
        Ok(columns)
    }

    async fn next_films(&mut self) -> Result<Vec<ExportedFilm>> {
        let tx = &mut self.tx;
        let films = film::list_after(tx, self.after, BATCH).await?;
        let Some(last) = films.last() else { return Ok(Vec::new()) };
        self.after = last.id.0;
        let ids: Vec<Uuid> = films.iter().map(|film| film.id.0).collect();
        let mut parts = parts::load(tx, &ids).await?;
        let relations = relations(tx, &parts).await?;
        films
            .into_iter()
            .map(|film| {
                let parts = parts.remove(&film.id.0).unwrap_or_default();
                exported(film, parts, &relations)
                    .ok_or(DbError::Invariant("reading the genres, people and categories of an export"))
            })
            .collect()
    }
}

/// Returns all genres, people and categories of these films, by id.
async fn relations(tx: &mut Tx, parts: &HashMap<Uuid, Parts>) -> Result<HashMap<Uuid, ExportedReference>> {
    let ids: Vec<Uuid> = parts
        .values()
        .flat_map(|parts| {
            let people = parts.credits.iter().map(|credit| credit.person_id);
            parts
                .genres
                .iter()
                .copied()
                .chain(people)
                .chain(parts.places.iter().map(|(category, _)| *category))
        })
        .collect();
    let rows = sqlx::query!(
        r#"SELECT id AS "id!", slug AS "slug!", names AS "names!: Json<Texts>" FROM genres WHERE id = ANY ($1)
           UNION ALL SELECT id, slug, names FROM people WHERE id = ANY ($1)
           UNION ALL SELECT id, slug, names FROM categories WHERE id = ANY ($1)"#,
        &ids
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, ExportedReference { slug: row.slug, names: row.names.0 }))
        .collect())
}

fn exported(film: Film, parts: Parts, relations: &HashMap<Uuid, ExportedReference>) -> Option<ExportedFilm> {
    let relation = |id: &Uuid| relations.get(id).cloned();
    Some(ExportedFilm {
        id: film.id,
        version: FilmVersion { film: film.version, places: parts.places_mark },
        slug: film.slug,
        titles: film.titles,
        original_title: film.original_title,
        synopses: film.synopses,
        year: film.year,
        runtime_ms: film.runtime_ms,
        countries: film.countries,
        languages: film.languages,
        age_rating: film.age_rating,
        awards: film.festival_notes,
        available_from: film.available_from,
        available_until: film.available_until,
        available_in: film.available_in,
        region_note: film.region_note,
        visibility: film.visibility.to_string(),
        publish_at: film.publish_at,
        credits_ms: film.credits_ms,
        profile: film.profile,
        genres: parts.genres.iter().map(relation).collect::<Option<_>>()?,
        credits: parts
            .credits
            .into_iter()
            .map(|credit| {
                Some(ExportedCredit {
                    role: credit.role.to_string(),
                    person: relation(&credit.person_id)?,
                    credited_as: credit.credited_as,
                })
            })
            .collect::<Option<_>>()?,
        categories: parts
            .places
            .iter()
            .map(|(category, place)| Some(ExportedCategory { category: relation(category)?, place: *place }))
            .collect::<Option<_>>()?,
    })
}
