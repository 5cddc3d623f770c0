//! Recommendations: films similar to another film (the SQL function `films_like`), popular films and new films.
//!
//! Films that are unlisted, outside their availability window, or that the viewer has watched to the end are never recommended
//! (`film_is_recommended`, `has_seen_end`).

use std::{collections::BTreeMap, time::Duration};

use domain::id::{FilmId, UserId};
use sqlx::types::Json;

use crate::{Db, Result};

text_enum! {
    /// Why a film is recommended.
    ReasonKind {
        /// It has the same director.
        SameDirector = "same_director",
        /// It credits the same person.
        SameCast = "same_cast",
        /// It has the same genre.
        SameGenre = "same_genre",
        /// Viewers of the one film watch the other.
        WatchedTogether = "watched_together",
        /// Many viewers watch it.
        Popular = "popular",
        /// It was added recently.
        New = "new",
    }
}

/// A recommended film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recommendation {
    /// The film.
    pub film_id: FilmId,
    /// Why it is recommended.
    pub kind: ReasonKind,
    /// Names by language of the shared person or genre, or of the film that it is watched together with.
    pub label: Option<BTreeMap<String, String>>,
}

/// Returns at most `limit` films to watch next to `film`: similar films first, then popular films, then new films.
pub async fn similar(
    db: &Db,
    film: FilmId,
    viewer: Option<UserId>,
    limit: u32,
) -> Result<Vec<Recommendation>> {
    let rows = sqlx::query!(
        r#"WITH similar_films AS (
               SELECT film_id, score, kind, label FROM films_like($1, $2) LIMIT $3
           ), popular AS (
               SELECT films.id, row_number() OVER (ORDER BY recent_viewers DESC, viewers DESC, film_id DESC) AS place
               FROM film_views JOIN films ON films.id = film_id
               WHERE film_is_recommended(films, $2::uuid IS NOT NULL) AND NOT has_seen_end($2, films) AND films.id <> $1
               ORDER BY recent_viewers DESC, viewers DESC, film_id DESC LIMIT $3
           ), newest AS (
               SELECT id, row_number() OVER (ORDER BY created_at DESC, id DESC) AS place FROM films
               WHERE film_is_recommended(films, $2::uuid IS NOT NULL) AND NOT has_seen_end($2, films) AND id <> $1
               ORDER BY created_at DESC, id DESC LIMIT $3
           ), ranked (film_id, kind, label, tier, place) AS (
               SELECT film_id, kind, label, 1, -score::double precision FROM similar_films
               UNION ALL SELECT id, 'popular', NULL, 2, place FROM popular
               UNION ALL SELECT id, 'new', NULL, 3, place FROM newest
           ), once AS (
               SELECT DISTINCT ON (film_id) film_id, kind, label, tier, place FROM ranked ORDER BY film_id, tier
           )
           SELECT film_id AS "film_id!", kind AS "kind!: ReasonKind", label AS "label: Json<BTreeMap<String, String>>"
           FROM once ORDER BY tier, place, film_id DESC LIMIT $3"#,
        film.0,
        viewer.map(|user| user.0),
        i64::from(limit),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Recommendation {
            film_id: FilmId(row.film_id),
            kind: row.kind,
            label: row.label.map(|label| label.0),
        })
        .collect())
}

/// Returns, for each of the last `sources` films that the viewer watched, most recent first, at most `limit` similar films.
pub async fn because_watched(
    db: &Db,
    viewer: UserId,
    sources: u32,
    limit: u32,
) -> Result<Vec<(FilmId, Vec<Recommendation>)>> {
    // The newest thirty rows of history contain these films, unless the viewer watches one film over and over.
    let rows = sqlx::query!(
        r#"WITH recent AS (
               SELECT film_id, begun_at FROM watch_history
               WHERE user_id = $1 ORDER BY begun_at DESC, film_id DESC LIMIT 30
           ), source AS (
               SELECT recent.film_id, max(recent.begun_at) AS begun_at
               FROM recent JOIN films ON films.id = recent.film_id
               WHERE film_is_listed(films, true)
               GROUP BY recent.film_id ORDER BY 2 DESC, 1 DESC LIMIT $2
           )
           SELECT source.film_id AS "source_id!", alike.film_id AS "film_id!", alike.kind AS "kind!: ReasonKind",
                  alike.label AS "label: Json<BTreeMap<String, String>>"
           FROM source CROSS JOIN LATERAL (
               SELECT film_id, score, kind, label FROM films_like(source.film_id, $1) LIMIT $3
           ) AS alike
           ORDER BY source.begun_at DESC, source.film_id DESC, alike.score DESC, alike.film_id DESC"#,
        viewer.0,
        i64::from(sources),
        i64::from(limit),
    )
    .fetch_all(&db.pools.all)
    .await?;
    let mut by_source: Vec<(FilmId, Vec<Recommendation>)> = Vec::new();
    for row in rows {
        let one = Recommendation {
            film_id: FilmId(row.film_id),
            kind: row.kind,
            label: row.label.map(|label| label.0),
        };
        match by_source.last_mut().filter(|(source, _)| source.0 == row.source_id) {
            Some((_, films)) => films.push(one),
            None => by_source.push((FilmId(row.source_id), vec![one])),
        }
    }
    Ok(by_source)
}

/// Returns at most `limit` popular films, by viewers in the last 30 days, then by viewers of all time.
pub async fn popular(db: &Db, viewer: Option<UserId>, limit: u32) -> Result<Vec<Recommendation>> {
    let ids = sqlx::query_scalar!(
        "SELECT films.id FROM film_views JOIN films ON films.id = film_id WHERE film_is_recommended(films, $1::uuid IS NOT NULL) AND NOT has_seen_end($1, films)
         ORDER BY recent_viewers DESC, viewers DESC, film_id DESC LIMIT $2",
        viewer.map(|user| user.0),
        i64::from(limit),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(ids.into_iter().map(|id| plain(FilmId(id), ReasonKind::Popular)).collect())
}

/// Returns at most `limit` films, the most recently added first.
pub async fn newest(db: &Db, viewer: Option<UserId>, limit: u32) -> Result<Vec<Recommendation>> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM films WHERE film_is_recommended(films, $1::uuid IS NOT NULL) AND NOT has_seen_end($1, films) ORDER BY created_at DESC, id DESC LIMIT $2",
        viewer.map(|user| user.0),
        i64::from(limit),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(ids.into_iter().map(|id| plain(FilmId(id), ReasonKind::New)).collect())
}

fn plain(film_id: FilmId, kind: ReasonKind) -> Recommendation {
    Recommendation { film_id, kind, label: None }
}

/// Recounts the viewers of each film and the films that are watched together, unless that was done within `fresh`. Returns false if
/// it was.
///
/// A film counts as watched from a tenth of its duration or a minute on, whichever is less. Only each viewer's last 20 films of the
/// past year are paired, so the work grows with the number of viewers and not with the history of the most active ones.
pub async fn count(db: &Db, fresh: Duration) -> Result<bool> {
    let mut tx = db.begin_long().await?;
    // Locks the one row against other servers that count at the same time: they skip it, and find fresh counts next time.
    let due = sqlx::query_scalar!(
        "SELECT counted_at <= now() - $1::double precision * interval '1 second' FROM watch_counts FOR UPDATE SKIP LOCKED",
        fresh.as_secs_f64(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    if due.flatten() != Some(true) {
        return Ok(false);
    }
    sqlx::query!("DELETE FROM film_views").execute(&mut *tx).await?;
    sqlx::query!(
        "INSERT INTO film_views (film_id, viewers, recent_viewers)
         SELECT film_id, count(DISTINCT user_id),
                count(DISTINCT user_id) FILTER (WHERE begun_at > now() - interval '30 days')
         FROM watch_history JOIN films ON films.id = film_id
         WHERE watched_ms >= least(60000, duration_ms / 10)
         GROUP BY film_id"
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("DELETE FROM films_watched_together").execute(&mut *tx).await?;
    sqlx::query!(
        "WITH latest AS MATERIALIZED (
             SELECT user_id, film_id,
                    row_number() OVER (PARTITION BY user_id ORDER BY max(begun_at) DESC, film_id DESC) AS place
             FROM watch_history JOIN films ON films.id = film_id
             WHERE begun_at > now() - interval '1 year' AND watched_ms >= least(60000, duration_ms / 10)
             GROUP BY user_id, film_id
         ), taken AS MATERIALIZED (
             SELECT user_id, film_id FROM latest WHERE place <= 20
         ), viewers AS (
             SELECT film_id, count(*) AS viewers FROM taken GROUP BY film_id
         ), pair AS (
             SELECT one.film_id, other.film_id AS other_id, count(*) AS viewers
             FROM taken AS one JOIN taken AS other ON other.user_id = one.user_id AND other.film_id <> one.film_id
             GROUP BY one.film_id, other.film_id HAVING count(*) >= 3
         ), close AS (
             SELECT pair.film_id, other_id, pair.viewers,
                    pair.viewers / sqrt(one.viewers::double precision * other.viewers) AS closeness
             FROM pair JOIN viewers AS one ON one.film_id = pair.film_id
                       JOIN viewers AS other ON other.film_id = other_id
         ), ranked AS (
             SELECT *, row_number() OVER (PARTITION BY film_id ORDER BY closeness DESC, other_id) AS place FROM close
         )
         INSERT INTO films_watched_together (film_id, other_id, viewers, closeness)
         SELECT film_id, other_id, viewers, closeness FROM ranked WHERE place <= 20"
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("UPDATE watch_counts SET counted_at = now()").execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(true)
}
