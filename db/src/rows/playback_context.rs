//! Data around the playback of a film: whether the viewer may see it, and the next film.

use domain::{country::ViewerCountry, id::FilmId};

use crate::{Audience, Db, Result};

/// Returns the next film in the first of the film's categories that has a later film this audience can see and play now in this
/// country.
pub async fn next_film(
    db: &Db,
    film: FilmId,
    audience: Audience,
    country: ViewerCountry,
) -> Result<Option<FilmId>> {
    let next = sqlx::query_scalar!(
        "SELECT next.film_id FROM film_categories AS this
         JOIN categories ON categories.id = this.category_id AND categories.shown
         CROSS JOIN LATERAL (
             SELECT beside.film_id FROM film_categories AS beside JOIN films ON films.id = beside.film_id
             WHERE beside.category_id = this.category_id AND beside.position > this.position
               AND film_is_listed(films, $2)
               AND coalesce(available_from <= now(), true) AND coalesce(available_until > now(), true)
               AND (available_in = '{}' OR $3 OR coalesce($4 = ANY (available_in), false))
             ORDER BY beside.position LIMIT 1
         ) AS next
         WHERE this.film_id = $1
         ORDER BY categories.position, categories.slug LIMIT 1",
        film.0,
        audience.is_member(),
        country == ViewerCountry::NotLearned || audience == Audience::Editor,
        country.code(),
    )
    .fetch_optional(&db.pools.all)
    .await?;
    Ok(next.map(FilmId))
}

/// Whether this audience sees the film, including unlisted films. Editors see every film that is not deleted.
pub async fn is_shown(db: &Db, film: FilmId, audience: Audience) -> Result<bool> {
    let shown = sqlx::query_scalar!(
        r#"SELECT coalesce(film_is_shown(films, $2) OR ($3 AND deleted_at IS NULL), false) AS "shown!"
           FROM films WHERE id = $1"#,
        film.0,
        audience.is_member(),
        audience == Audience::Editor,
    )
    .fetch_optional(&db.pools.all)
    .await?;
    Ok(shown.unwrap_or(false))
}
