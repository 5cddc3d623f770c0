//! The films of a person.

use std::collections::HashMap;

use domain::id::UserId;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Card, CreditRole, Texts, list_by_ids};
use crate::{Audience, Db, Result};

/// A person's credit in a film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The film.
    pub film: Card,
    /// The person's role in the film.
    pub role: CreditRole,
    /// The character that an actor plays, or the task of an `Other`; by language.
    pub credited_as: Texts,
}

/// Returns at most `limit` credits of a person in films that `audience` may see in lists, newest film first, as `viewer` sees them.
pub async fn filmography(
    db: &Db,
    audience: Audience,
    viewer: Option<UserId>,
    id: Uuid,
    limit: u32,
) -> Result<Vec<Part>> {
    let parts = sqlx::query!(
        r#"SELECT film_cast.film_id, film_cast.role AS "role: CreditRole", film_cast.credited_as AS "credited_as: Json<Texts>"
           FROM film_cast JOIN films ON films.id = film_cast.film_id
           WHERE film_cast.person_id = $1 AND film_is_listed(films, $2)
           ORDER BY coalesce(films.year, 0) DESC, films.id DESC, film_cast.position LIMIT $3"#,
        id,
        audience.is_member(),
        i64::from(limit),
    )
    .fetch_all(&db.pools.all)
    .await?;
    let ids: Vec<Uuid> = parts.iter().map(|part| part.film_id).collect();
    let films: HashMap<Uuid, Card> =
        list_by_ids(db, &ids, viewer).await?.into_iter().map(|film| (film.id.0, film)).collect();
    Ok(parts
        .into_iter()
        .filter_map(|row| {
            let film = films.get(&row.film_id)?.clone();
            Some(Part { film, role: row.role, credited_as: row.credited_as.0 })
        })
        .collect())
}
