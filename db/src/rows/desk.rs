//! What needs an editor now, over all films.

use std::time::Duration;

use domain::{id::FilmId, reason::Reason};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Db, Result, rows::film::Texts, stored_reason::from_json};

text_enum! {
    /// Why a film needs an editor.
    Concern {
        /// Its newest master could not be read or encoded.
        Failed = "failed",
        /// A complete build waits because its master is damaged.
        Damaged = "damaged",
        /// No data of an upload has arrived for an hour.
        StoppedUpload = "stopped_upload",
        /// It can be played, but viewers do not see it.
        Unpublished = "unpublished",
        /// Viewers can play it from a moment within the next days on.
        Opening = "opening",
        /// Viewers can play it until a moment within the next days.
        Closing = "closing",
    }
}

/// A film that needs an editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Why.
    pub concern: Concern,
    /// The film.
    pub film_id: FilmId,
    /// Its titles by language.
    pub titles: Texts,
    /// The build or the upload, if one is concerned.
    pub part_id: Option<Uuid>,
    /// When it happened, or when the period begins or ends.
    pub at: OffsetDateTime,
    /// Why the build failed, or the name of the file.
    pub detail: Option<String>,
    /// Why the build failed, as a code with values; `None` if an earlier version of Nang stored it.
    pub reason: Option<Reason>,
    /// Number of all items with this concern.
    pub count: u64,
}

/// Returns of each concern at most `limit` items: what happened most recently, and what comes next. Periods count that begin or end
/// within `days`. `upload_expiry` is the time after which uploads expire to which no data arrives.
pub async fn list(db: &Db, days: i32, upload_expiry: Duration, limit: u32) -> Result<Vec<Item>> {
    let rows = sqlx::query!(
        r#"WITH item (concern, film_id, titles, part_id, at, detail, reason) AS (
               -- Reading the master failed, so there is no build.
               SELECT 'failed', films.id, films.titles, NULL::uuid, films.updated_at, films.failure, films.failure_reason
               FROM films
               WHERE films.status = 'failed' AND films.deleted_at IS NULL
                 AND NOT EXISTS (SELECT FROM builds WHERE builds.film_id = films.id AND builds.state = 'failed' AND builds.deleted_at IS NULL)
               UNION ALL
               -- A build that failed last of its film's, whether an older one can be played or not.
               SELECT 'failed', films.id, films.titles, builds.id, builds.finished_at, builds.failure, builds.failure_reason
               FROM builds JOIN films ON films.id = builds.film_id
               WHERE builds.state = 'failed' AND builds.deleted_at IS NULL AND films.deleted_at IS NULL
                 AND NOT EXISTS (SELECT FROM builds AS later
                                 WHERE later.film_id = builds.film_id AND later.kind = builds.kind
                                   AND later.track_id IS NOT DISTINCT FROM builds.track_id AND later.created_at > builds.created_at)
               UNION ALL
               SELECT 'damaged', films.id, films.titles, builds.id, builds.finished_at, NULL, NULL
               FROM builds JOIN films ON films.id = builds.film_id
               WHERE builds.state = 'damaged' AND builds.deleted_at IS NULL AND films.deleted_at IS NULL
               UNION ALL
               SELECT 'stopped_upload', films.id, films.titles, film_files.id, film_files.expires_at - make_interval(secs => $3),
                      film_files.name, NULL
               FROM film_files JOIN films ON films.id = film_files.film_id
               WHERE film_files.state = 'uploading' AND films.deleted_at IS NULL AND coalesce(film_files.lease_until < now(), true)
                 AND film_files.expires_at < now() - interval '1 hour' + make_interval(secs => $3)
               UNION ALL
               SELECT 'unpublished', films.id, films.titles, NULL, films.updated_at, NULL, NULL FROM films
               WHERE films.status = 'ready' AND films.visibility = 'draft' AND films.deleted_at IS NULL
               UNION ALL
               SELECT 'opening', films.id, films.titles, NULL, opening.at, NULL, NULL
               FROM films CROSS JOIN LATERAL (VALUES (greatest(films.available_from, films.publish_at))) AS opening (at)
               WHERE films.visibility <> 'draft' AND films.deleted_at IS NULL
                 AND opening.at > now() AND opening.at <= now() + make_interval(days => $1)
               UNION ALL
               SELECT 'closing', films.id, films.titles, NULL, films.available_until, NULL, NULL FROM films
               WHERE films.visibility <> 'draft' AND films.deleted_at IS NULL
                 AND films.available_until > now() AND films.available_until <= now() + make_interval(days => $1)
           ), ranked AS (
               SELECT *, count(*) OVER (PARTITION BY concern) AS count,
                      row_number() OVER (PARTITION BY concern
                                         ORDER BY abs(extract(epoch FROM at - now())), film_id, part_id) AS place
               FROM item
           )
           SELECT concern AS "concern!: Concern", film_id AS "film_id!", titles AS "titles!: Json<Texts>", part_id,
                  at AS "at!", detail, reason, count AS "count!"
           FROM ranked WHERE place <= $2 ORDER BY concern, place"#,
        days,
        i64::from(limit),
        upload_expiry.as_secs_f64(),
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Item {
            concern: row.concern,
            film_id: FilmId(row.film_id),
            titles: row.titles.0,
            part_id: row.part_id,
            at: row.at,
            detail: row.detail,
            reason: from_json(row.reason),
            count: row.count.cast_unsigned(),
        })
        .collect())
}
