//! Films with all their public data, in one statement for any number of films.

use domain::{id::FilmId, presentation::Track};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use super::{CreditRole, Film, Row, Texts};
use crate::{
    Audience, Db, Result,
    rows::{image::Image, slug::Address},
};

/// A genre, person or category as a film's page names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labelled {
    /// Its id.
    pub id: Uuid,
    /// Its slug.
    pub slug: String,
    /// Its names by language.
    pub names: Texts,
}

/// A credit of a film.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// The person.
    pub person: Labelled,
    /// The person's portrait.
    pub portrait: Option<Image>,
    /// The person's role in the film.
    pub role: CreditRole,
    /// The character that an actor plays, or the task of an `Other`; by language.
    pub credited_as: Texts,
}

/// A film with all its public data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilmPage {
    /// The film.
    pub film: Film,
    /// Its genres, the main one first.
    pub genres: Vec<Labelled>,
    /// Its categories that viewers see.
    pub categories: Vec<Labelled>,
    /// Its credits in their order.
    pub credits: Vec<Credit>,
    /// Its images by kind, in their order.
    pub images: Vec<Image>,
    /// Its audio tracks in menu order.
    pub audio_tracks: Vec<Track>,
    /// Its subtitle tracks in menu order.
    pub subtitle_tracks: Vec<Track>,
}

#[derive(sqlx::FromRow)]
struct PageRow {
    #[sqlx(flatten)]
    film: Row,
    genres: Json<Vec<Labelled>>,
    categories: Json<Vec<Labelled>>,
    credits: Json<Vec<Credit>>,
    images: Json<Vec<Image>>,
    audio_tracks: Json<Vec<Track>>,
    subtitle_tracks: Json<Vec<Track>>,
}

impl From<PageRow> for FilmPage {
    fn from(row: PageRow) -> Self {
        Self {
            film: row.film.into(),
            genres: row.genres.0,
            categories: row.categories.0,
            credits: row.credits.0,
            images: row.images.0,
            audio_tracks: row.audio_tracks.0,
            subtitle_tracks: row.subtitle_tracks.0,
        }
    }
}

/// A statement for film pages with this condition. It is a macro so that each statement is one constant. sqlx does not check it at
/// compile time, since its checked macros do not support nested rows.
macro_rules! select_pages {
    ($condition:literal) => {
        concat!(
            "SELECT films.*,
                 (SELECT coalesce(jsonb_agg(jsonb_build_object('id', genres.id, 'slug', genres.slug, 'names', genres.names)
                                            ORDER BY film_genres.position), '[]')
                  FROM film_genres JOIN genres ON genres.id = film_genres.genre_id
                  WHERE film_genres.film_id = films.id) AS genres,
                 (SELECT coalesce(jsonb_agg(jsonb_build_object('id', categories.id, 'slug', categories.slug, 'names', categories.names)
                                            ORDER BY categories.position, categories.id), '[]')
                  FROM film_categories JOIN categories ON categories.id = film_categories.category_id
                  WHERE film_categories.film_id = films.id AND categories.shown) AS categories,
                 (SELECT coalesce(jsonb_agg(jsonb_build_object(
                             'person', jsonb_build_object('id', people.id, 'slug', people.slug, 'names', people.names),
                             'portrait', people.portrait,
                             'role', film_cast.role, 'credited_as', film_cast.credited_as) ORDER BY film_cast.position), '[]')
                  FROM film_cast JOIN people ON people.id = film_cast.person_id
                  WHERE film_cast.film_id = films.id) AS credits,
                 (SELECT coalesce(jsonb_agg(image_facts(images) ORDER BY images.kind, images.position, images.id), '[]')
                  FROM images WHERE images.film_id = films.id) AS images,
                 coalesce(presentations.content -> 'audio', '[]') AS audio_tracks,
                 coalesce(presentations.content -> 'subtitles', '[]') AS subtitle_tracks
             FROM films LEFT JOIN presentations ON presentations.id = films.presentation_id WHERE ",
            $condition
        )
    };
}

/// Returns the film with this id or slug; `None` if it does not exist or `audience` may not see it.
pub async fn page(db: &Db, audience: Audience, address: &Address) -> Result<Option<FilmPage>> {
    let query = match address {
        Address::Id(id) => {
            sqlx::query_as(select_pages!("films.id = $1 AND film_is_shown(films, $2)")).bind(id)
        }
        Address::Slug(slug) => {
            sqlx::query_as(select_pages!("films.slug = $1 AND film_is_shown(films, $2)")).bind(slug.as_str())
        }
    };
    let query = query.bind(audience.is_member());
    let row: Option<PageRow> = query.fetch_optional(&db.pools.lookups).await?;
    Ok(row.map(FilmPage::from))
}

/// Whether all viewers who are logged in may see the film, and no others.
pub async fn is_for_members(db: &Db, film: FilmId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM films WHERE id = $1 AND film_is_shown(films, true)
                                              AND NOT film_is_shown(films, false)) AS "found!""#,
        film.0,
    );
    Ok(found.fetch_one(&db.pools.all).await?)
}

/// Returns these films as editors see them, in this order, without those that do not exist.
pub async fn pages(db: &Db, ids: &[FilmId]) -> Result<Vec<FilmPage>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<PageRow> =
        sqlx::query_as(select_pages!("films.id = ANY($1) ORDER BY array_position($1, films.id)"))
            .bind(&ids)
            .fetch_all(&db.pools.all)
            .await?;
    Ok(rows.into_iter().map(FilmPage::from).collect())
}
