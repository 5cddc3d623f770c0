//! Figures of what is watched: by film, day (UTC) and kind of device.
//!
//! The figures of the last weeks are counted from playback sessions when they are read. Before these sessions are deleted,
//! [`keep_old`] writes the figures of their days to `film_days`.

use domain::id::FilmId;
use sqlx::types::Json;
use time::Date;

use crate::{Db, Result, rows::film::Texts};

/// Number of days whose figures are counted from playback sessions, which are deleted after 60 days.
const COUNTED: i32 = 50;
/// Number of days whose playback sessions are certainly not deleted yet.
const COMPLETE: i32 = 58;

/// What was watched of a film on one day with one kind of device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The film.
    pub film_id: FilmId,
    /// Its titles by language.
    pub titles: Texts,
    /// The day (UTC) on which the playback sessions began.
    pub day: Date,
    /// Kind of device: `phone`, `tablet`, `computer`, `tv` or `other`.
    pub device: String,
    /// Playback sessions in which something was watched.
    pub plays: u64,
    /// Of these, sessions in which the film's end was watched.
    pub completed: u64,
    /// Watched length of the film, over all sessions; parts that one session watched twice count once.
    pub watched_ms: u64,
    /// Duration of the film.
    pub duration_ms: Option<u64>,
}

/// Which figures to read.
#[derive(Clone, Copy, Debug)]
pub struct FigureFilter {
    /// The first day.
    pub from: Date,
    /// The last day, inclusive.
    pub to: Date,
    /// Only this film.
    pub film_id: Option<FilmId>,
}

/// Returns the figures, newest day first, and within a day the films with the most plays first.
pub async fn list(db: &Db, filter: FigureFilter) -> Result<Vec<Figure>> {
    let beyond = filter.to.next_day().unwrap_or(Date::MAX);
    let rows = sqlx::query!(
        r#"WITH counted (from_day) AS (
               SELECT (now() AT TIME ZONE 'UTC')::date - $3::integer
           ), figures AS (
               SELECT film_id, day, device, plays, completed, watched_ms FROM film_days CROSS JOIN counted
               WHERE day >= $1 AND day < least($2, from_day)
               UNION ALL
               SELECT film_id, day, device, plays, completed, watched_ms
               FROM counted CROSS JOIN LATERAL count_film_days(greatest($1, from_day), $2)
           )
           SELECT figures.film_id AS "film_id!", films.titles AS "titles: Json<Texts>", figures.day AS "day!",
                  figures.device AS "device!", figures.plays AS "plays!", figures.completed AS "completed!",
                  figures.watched_ms AS "watched_ms!", films.duration_ms
           FROM figures JOIN films ON films.id = figures.film_id
           WHERE $4::uuid IS NULL OR figures.film_id = $4
           ORDER BY figures.day DESC, sum(figures.plays) OVER (PARTITION BY figures.day, figures.film_id) DESC,
                    figures.film_id, figures.device"#,
        filter.from,
        beyond,
        COUNTED,
        filter.film_id.map(|film| film.0),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Figure {
            film_id: FilmId(row.film_id),
            titles: row.titles.0,
            day: row.day,
            device: row.device,
            plays: u64::from(row.plays.unsigned_abs()),
            completed: u64::from(row.completed.unsigned_abs()),
            watched_ms: row.watched_ms.unsigned_abs(),
            duration_ms: row.duration_ms.map(i64::cast_unsigned),
        })
        .collect())
}

/// Writes the figures of days whose playback sessions are about to be deleted. Several servers may do this at once.
pub async fn keep_old(db: &Db) -> Result<()> {
    let mut tx = db.begin_long().await?;
    sqlx::query!(
        "INSERT INTO film_days (film_id, day, device, plays, completed, watched_ms)
         SELECT film_id, day, device, plays, completed, watched_ms 
         FROM count_film_days((now() AT TIME ZONE 'UTC')::date - $1::integer, (now() AT TIME ZONE 'UTC')::date - $2::integer)
         ORDER BY film_id, day, device
         ON CONFLICT (film_id, day, device) DO UPDATE
         SET plays = excluded.plays, completed = excluded.completed, watched_ms = excluded.watched_ms",
        COMPLETE,
        COUNTED,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}
