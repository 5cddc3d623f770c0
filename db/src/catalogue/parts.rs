//! Loading the genres, credits and places in categories of many films at once.

use std::collections::HashMap;

use domain::catalogue::FilmVersion;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Result, Tx,
    rows::film::{CreditRole, NewCredit, Texts},
};

/// The genres, credits and places of one film.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// The genres, the main one first.
    pub(super) genres: Vec<Uuid>,
    /// The credits in their order.
    pub(super) credits: Vec<NewCredit>,
    /// Categories and the film's place in each, in the order of the categories' ids.
    pub(super) places: Vec<(Uuid, i32)>,
    /// Version mark of the places; see `FilmVersion`.
    pub(super) places_mark: Option<u32>,
}

/// Loads the parts of these films. Films without any are absent from the map.
pub(super) async fn load(tx: &mut Tx, films: &[Uuid]) -> Result<HashMap<Uuid, Parts>> {
    let mut parts: HashMap<Uuid, Parts> = HashMap::new();
    let genres = sqlx::query!(
        "SELECT film_id, genre_id FROM film_genres WHERE film_id = ANY ($1) ORDER BY film_id, position",
        films
    );
    for row in genres.fetch_all(&mut **tx).await? {
        parts.entry(row.film_id).or_default().genres.push(row.genre_id);
    }
    let credits = sqlx::query!(
        r#"SELECT film_id, person_id, role AS "role: CreditRole", credited_as AS "credited_as: Json<Texts>"
           FROM film_cast WHERE film_id = ANY ($1) ORDER BY film_id, position"#,
        films
    );
    for row in credits.fetch_all(&mut **tx).await? {
        let credit = NewCredit { person_id: row.person_id, role: row.role, credited_as: row.credited_as.0 };
        parts.entry(row.film_id).or_default().credits.push(credit);
    }
    let places = sqlx::query!(
        "SELECT film_categories.film_id, category_id, film_categories.position, categories.slug
         FROM film_categories JOIN categories ON categories.id = category_id
         WHERE film_id = ANY ($1) ORDER BY film_id, category_id",
        films
    );
    let places = places.fetch_all(&mut **tx).await?;
    for of_film in places.chunk_by(|one, next| one.film_id == next.film_id) {
        let Some(first) = of_film.first() else { continue };
        let parts = parts.entry(first.film_id).or_default();
        parts.places = of_film.iter().map(|row| (row.category_id, row.position)).collect();
        parts.places_mark = FilmVersion::places(of_film.iter().map(|row| (row.slug.as_str(), row.position)));
    }
    Ok(parts)
}
