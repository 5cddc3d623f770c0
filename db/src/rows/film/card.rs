//! Films as lists show them: without the long texts, which are most of a row.

use domain::id::{FilmId, UserId};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Film, Texts};
use crate::{Db, Result, rows::image::Image};

/// A film as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its id.
    pub id: FilmId,
    /// The readable part of its URL.
    pub slug: String,
    /// Title by BCP 47 language.
    pub titles: Texts,
    /// Title in the film's own language and script.
    pub original_title: Option<String>,
    /// Year of first release.
    pub year: Option<u16>,
    /// Duration as its makers state it; `duration_ms` is measured.
    pub runtime_ms: Option<u64>,
    /// Age rating as the country's board writes it.
    pub age_rating: Option<String>,
    /// Duration of the build that viewers play.
    pub duration_ms: Option<u64>,
    /// Frame width of that build's best rung.
    pub width: Option<u32>,
    /// Frame height of that build's best rung.
    pub height: Option<u32>,
    /// Its first poster.
    pub poster: Option<Image>,
    /// Its first backdrop.
    pub backdrop: Option<Image>,
    /// Whether it is on the watchlist of the viewer for whom it was read; `None` if it was read for no account.
    pub in_watchlist: Option<bool>,
    /// When it was created.
    pub created_at: OffsetDateTime,
}

/// Columns of a [`CardRow`].
pub(super) const COLUMNS: &str = "films.id, films.slug, films.titles, films.original_title, films.year, films.runtime_ms, films.age_rating, \
     films.duration_ms, films.width, films.height, films.poster, films.backdrop, films.created_at";

#[derive(sqlx::FromRow)]
pub(super) struct CardRow {
    id: Uuid,
    slug: String,
    titles: Json<Texts>,
    original_title: Option<String>,
    year: Option<i16>,
    runtime_ms: Option<i64>,
    age_rating: Option<String>,
    duration_ms: Option<i64>,
    width: Option<i32>,
    height: Option<i32>,
    poster: Option<Json<Image>>,
    backdrop: Option<Json<Image>>,
    in_watchlist: Option<bool>,
    created_at: OffsetDateTime,
}

impl From<CardRow> for Card {
    fn from(row: CardRow) -> Self {
        Self {
            id: FilmId(row.id),
            slug: row.slug,
            titles: row.titles.0,
            original_title: row.original_title,
            year: row.year.map(i16::cast_unsigned),
            runtime_ms: row.runtime_ms.map(i64::cast_unsigned),
            age_rating: row.age_rating,
            duration_ms: row.duration_ms.map(i64::cast_unsigned),
            width: row.width.map(i32::cast_unsigned),
            height: row.height.map(i32::cast_unsigned),
            poster: row.poster.map(|poster| poster.0),
            backdrop: row.backdrop.map(|backdrop| backdrop.0),
            in_watchlist: row.in_watchlist,
            created_at: row.created_at,
        }
    }
}

impl From<Film> for Card {
    fn from(film: Film) -> Self {
        Self {
            id: film.id,
            slug: film.slug,
            titles: film.titles,
            original_title: film.original_title,
            year: film.year,
            runtime_ms: film.runtime_ms,
            age_rating: film.age_rating,
            duration_ms: film.duration_ms,
            width: film.width,
            height: film.height,
            poster: film.poster,
            backdrop: film.backdrop,
            in_watchlist: None,
            created_at: film.created_at,
        }
    }
}

/// Returns the films with these ids, in this order, without those that do not exist, as `viewer` sees them.
pub async fn list_by_ids(db: &Db, ids: &[Uuid], viewer: Option<UserId>) -> Result<Vec<Card>> {
    let rows = sqlx::query_as!(
        CardRow,
        r#"SELECT films.id, films.slug, films.titles AS "titles: _", films.original_title, films.year, films.runtime_ms,
                  films.age_rating, films.duration_ms, films.width, films.height, films.poster AS "poster: _",
                  films.backdrop AS "backdrop: _", films.created_at,
                  CASE WHEN $2::uuid IS NOT NULL
                       THEN EXISTS (SELECT FROM watchlist WHERE user_id = $2 AND film_id = films.id) END AS in_watchlist
           FROM films JOIN unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place) ON wanted.id = films.id
           ORDER BY wanted.place"#,
        ids,
        viewer.map(|user| user.0),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(Card::from).collect())
}
