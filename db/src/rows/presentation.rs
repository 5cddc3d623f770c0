//! Presentations: what viewers play. A row is inserted before the presentation's objects are written, so that the builds that it names
//! are not collected in the meantime; the film shows it once the objects are stored.

use std::collections::HashMap;

use domain::{
    id::{BuildId, FilmId, PresentationId, UserId},
    key::PresentationRoot,
    presentation::Presentation,
};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Db, DbError, Result, Tx, expect_one, rows::audit::Author};

/// A presentation.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPresentation {
    /// Its id, also the name of its folder.
    pub id: PresentationId,
    /// The film.
    pub film_id: FilmId,
    /// Its number within the film, from 1.
    pub number: u32,
    /// Its contents.
    pub content: Presentation,
    /// Duration of the film in it.
    pub duration_ms: u64,
    /// Whether its playlist is in the folder of a build from before presentations existed.
    pub is_legacy: bool,
    /// The action that made it, such as `build.publish`.
    pub made_by: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// The author of the change.
    pub author: Author,
    /// When its film first showed it; `None` if its objects were never completely written.
    pub shown_at: Option<OffsetDateTime>,
    /// When its film last stopped showing it.
    pub replaced_at: Option<OffsetDateTime>,
    /// When it was retired: nothing can show it again.
    pub retired_at: Option<OffsetDateTime>,
}

impl StoredPresentation {
    /// The folder of its objects.
    pub fn root(&self) -> PresentationRoot {
        if self.is_legacy {
            PresentationRoot::Legacy(self.film_id, self.content.video)
        } else {
            PresentationRoot::Film(self.film_id, self.id)
        }
    }
}

/// A presentation to insert.
#[derive(Clone, Debug)]
pub struct NewPresentation {
    /// Its id.
    pub id: PresentationId,
    /// The film.
    pub film_id: FilmId,
    /// Its contents.
    pub content: Presentation,
    /// Duration of the film in it.
    pub duration_ms: u64,
    /// The action that makes it, an action of the audit log.
    pub made_by: &'static str,
}

struct Row {
    id: Uuid,
    film_id: Uuid,
    number: i32,
    content: Json<Presentation>,
    duration_ms: i64,
    is_legacy: bool,
    made_by: String,
    created_at: OffsetDateTime,
    created_by: Option<Uuid>,
    created_by_email: Option<String>,
    shown_at: Option<OffsetDateTime>,
    replaced_at: Option<OffsetDateTime>,
    retired_at: Option<OffsetDateTime>,
}

impl From<Row> for StoredPresentation {
    fn from(row: Row) -> Self {
        Self {
            id: PresentationId(row.id),
            film_id: FilmId(row.film_id),
            number: row.number.cast_unsigned(),
            content: row.content.0,
            duration_ms: row.duration_ms.cast_unsigned(),
            is_legacy: row.is_legacy,
            made_by: row.made_by,
            created_at: row.created_at,
            author: Author { user_id: row.created_by.map(UserId), user_email: row.created_by_email },
            shown_at: row.shown_at,
            replaced_at: row.replaced_at,
            retired_at: row.retired_at,
        }
    }
}

/// A checked query for whole rows. Takes the text after `FROM presentations`, and the arguments.
macro_rules! select_presentations {
    ($tail:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT presentations.id, presentations.film_id, presentations.number, presentations.content AS "content: _",
                      presentations.duration_ms, presentations.is_legacy, presentations.made_by, presentations.created_at,
                      presentations.created_by, presentations.created_by_email, presentations.shown_at,
                      presentations.replaced_at, presentations.retired_at
               FROM presentations "# + $tail $(, $argument)*
        )
    };
}

/// Returns the presentation; `None` if it does not exist.
pub async fn find(db: &Db, id: PresentationId) -> Result<Option<StoredPresentation>> {
    let row = select_presentations!("WHERE id = $1", id.0).fetch_optional(&db.pools.all).await?;
    Ok(row.map(StoredPresentation::from))
}

/// Returns the presentation that the film shows; `None` if it shows none.
pub async fn shown(db: &Db, film: FilmId) -> Result<Option<StoredPresentation>> {
    let row = select_presentations!(
        "JOIN films ON films.presentation_id = presentations.id WHERE films.id = $1",
        film.0
    );
    Ok(row.fetch_optional(&db.pools.all).await?.map(StoredPresentation::from))
}

/// Returns the presentations that these films show.
pub async fn shown_by_films(db: &Db, films: &[FilmId]) -> Result<HashMap<FilmId, StoredPresentation>> {
    let ids: Vec<Uuid> = films.iter().map(|film| film.0).collect();
    let rows = select_presentations!(
        "JOIN films ON films.presentation_id = presentations.id WHERE films.id = ANY($1)",
        &ids
    );
    let rows = rows.fetch_all(&db.pools.all).await?.into_iter().map(StoredPresentation::from);
    Ok(rows.map(|presentation| (presentation.film_id, presentation)).collect())
}

/// Returns the film's presentations that were ever shown, newest first; at most `limit`.
pub async fn list(db: &Db, film: FilmId, limit: u32) -> Result<Vec<StoredPresentation>> {
    let rows = select_presentations!(
        "WHERE film_id = $1 AND shown_at IS NOT NULL ORDER BY number DESC LIMIT $2",
        film.0,
        i64::from(limit),
    );
    Ok(rows.fetch_all(&db.pools.all).await?.into_iter().map(StoredPresentation::from).collect())
}

/// Locks and returns the presentation; `None` if it does not exist. The caller must have locked its film.
pub(crate) async fn lock(
    tx: &mut Tx,
    film: FilmId,
    id: PresentationId,
) -> Result<Option<StoredPresentation>> {
    let row = select_presentations!("WHERE film_id = $1 AND id = $2 FOR NO KEY UPDATE", film.0, id.0);
    Ok(row.fetch_optional(&mut **tx).await?.map(StoredPresentation::from))
}

/// Returns the id of the presentation that the film shows. The caller must have locked the film.
pub(crate) async fn shown_id(tx: &mut Tx, film: FilmId) -> Result<Option<PresentationId>> {
    let id = sqlx::query_scalar!("SELECT presentation_id FROM films WHERE id = $1", film.0);
    Ok(id.fetch_optional(&mut **tx).await?.flatten().map(PresentationId))
}

/// Inserts a presentation that is not shown yet. The caller must have locked the film. Fails if a build that it names is not complete
/// or is being deleted.
pub(crate) async fn insert(tx: &mut Tx, author: &Author, new: &NewPresentation) -> Result<()> {
    sqlx::query!(
        "INSERT INTO presentations (id, film_id, number, content, build_id, duration_ms, made_by, created_by, created_by_email)
         VALUES ($1, $2, (SELECT coalesce(max(number), 0) + 1 FROM presentations WHERE film_id = $2), $3, $4, $5, $6, $7, $8)",
        new.id.0,
        new.film_id.0,
        Json(&new.content) as _,
        new.content.video.0,
        new.duration_ms.cast_signed(),
        new.made_by,
        author.user_id.map(|user| user.0),
        author.user_email,
    )
    .execute(&mut **tx)
    .await?;
    let builds: Vec<Uuid> = new.content.builds().iter().map(|build| build.0).collect();
    let usable = sqlx::query!(
        "INSERT INTO presentation_builds (presentation_id, build_id)
         SELECT $1, id FROM builds
         WHERE film_id = $2 AND id = ANY($3) AND state IN ('publishing', 'ready', 'damaged') AND objects_deletion_began_at IS NULL",
        new.id.0,
        new.film_id.0,
        &builds,
    )
    .execute(&mut **tx)
    .await?;
    if usable.rows_affected() != builds.len() as u64 {
        return Err(DbError::conflict(
            "presentations_builds_usable",
            "the encoded data of one of the tracks is being deleted, because no presentation used it; add the track again",
        ));
    }
    Ok(())
}

/// Records that the film shows the presentation from now on.
pub(crate) async fn mark_shown(tx: &mut Tx, id: PresentationId) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE presentations SET shown_at = coalesce(shown_at, now()), replaced_at = NULL WHERE id = $1 AND retired_at IS NULL",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "showing a presentation")
}

/// Records that the film no longer shows the presentation.
pub(crate) async fn mark_replaced(tx: &mut Tx, id: PresentationId) -> Result<()> {
    let done = sqlx::query!("UPDATE presentations SET replaced_at = now() WHERE id = $1", id.0)
        .execute(&mut **tx)
        .await?;
    expect_one(done.rows_affected(), "replacing a presentation")
}

/// Returns the newest presentation that the film has shown and can show again.
pub(crate) async fn last_shown(tx: &mut Tx, film: FilmId) -> Result<Option<StoredPresentation>> {
    let row = select_presentations!(
        "WHERE film_id = $1 AND shown_at IS NOT NULL AND retired_at IS NULL ORDER BY replaced_at DESC NULLS FIRST, number DESC LIMIT 1",
        film.0
    );
    Ok(row.fetch_optional(&mut **tx).await?.map(StoredPresentation::from))
}

/// How many presentations of a film are kept that need no such builds.
const KEEP_NUMBER: i64 = 50;

/// Returns the films that may have presentations to retire: a cheap check before a film is locked.
pub(crate) async fn films_to_sweep(db: &Db) -> Result<Vec<FilmId>> {
    let films = sqlx::query_scalar!(
        "SELECT DISTINCT presentations.film_id FROM presentations JOIN films ON films.id = presentations.film_id
         WHERE retired_at IS NULL AND films.presentation_id IS DISTINCT FROM presentations.id
           AND coalesce(replaced_at + interval '1 day', presentations.created_at + interval '1 hour') < now()"
    );
    Ok(films.fetch_all(&db.pools.all).await?.into_iter().map(FilmId).collect())
}

/// Retires the film's presentations that nothing needs, and returns them. Kept are: the one that the film shows; those that a running
/// playback token may reach; those replaced within a day; and the newest ones that name only builds of the one that the film shows, and
/// subtitles, which are small. The caller must have locked the film.
pub(crate) async fn retire(tx: &mut Tx, film: FilmId) -> Result<Vec<PresentationId>> {
    let retired = sqlx::query_scalar!(
        "WITH shown AS (
             SELECT presentation_builds.build_id FROM films
             JOIN presentation_builds ON presentation_builds.presentation_id = films.presentation_id WHERE films.id = $1
         ), old AS (
             SELECT presentations.id,
                    row_number() OVER (ORDER BY presentations.number DESC) AS age,
                    presentations.shown_at IS NULL OR EXISTS (
                        SELECT FROM presentation_builds AS named JOIN builds ON builds.id = named.build_id
                        WHERE named.presentation_id = presentations.id AND builds.kind <> 'subtitle'
                          AND named.build_id NOT IN (SELECT build_id FROM shown)) AS keeps_builds
             FROM presentations JOIN films ON films.id = presentations.film_id
             WHERE presentations.film_id = $1 AND presentations.retired_at IS NULL
               AND films.presentation_id IS DISTINCT FROM presentations.id
               AND coalesce(presentations.replaced_at + interval '1 day', presentations.created_at + interval '1 hour') < now()
               AND NOT EXISTS (SELECT FROM playback_sessions
                               WHERE playback_sessions.presentation_id = presentations.id AND playback_sessions.expires_at > now())
         )
         UPDATE presentations SET retired_at = now(), replaced_at = coalesce(replaced_at, now())
         FROM old WHERE presentations.id = old.id AND (old.keeps_builds OR old.age > $2)
         RETURNING presentations.id",
        film.0,
        KEEP_NUMBER,
    );
    Ok(retired.fetch_all(&mut **tx).await?.into_iter().map(PresentationId).collect())
}

/// Retires one presentation that was never shown.
pub(crate) async fn retire_unshown(tx: &mut Tx, id: PresentationId) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE presentations SET retired_at = now() WHERE id = $1 AND shown_at IS NULL AND retired_at IS NULL",
        id.0
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Retires all presentations that name the build and returns them. The film must show none of them.
pub(crate) async fn retire_naming(tx: &mut Tx, build: BuildId) -> Result<Vec<PresentationId>> {
    let retired = sqlx::query_scalar!(
        "UPDATE presentations SET retired_at = now(), replaced_at = coalesce(replaced_at, now())
         FROM presentation_builds
         WHERE presentation_builds.presentation_id = presentations.id AND presentation_builds.build_id = $1 AND retired_at IS NULL
         RETURNING presentations.id",
        build.0,
    );
    Ok(retired.fetch_all(&mut **tx).await?.into_iter().map(PresentationId).collect())
}

/// Returns the film's ready builds that no presentation needs any more.
pub(crate) async fn unneeded_builds(tx: &mut Tx, film: FilmId) -> Result<Vec<BuildId>> {
    let builds = sqlx::query_scalar!(
        "SELECT id FROM builds
         WHERE film_id = $1 AND state = 'ready'
           AND NOT EXISTS (SELECT FROM presentation_builds JOIN presentations ON presentations.id = presentation_id
                           WHERE presentation_builds.build_id = builds.id AND retired_at IS NULL)",
        film.0,
    );
    Ok(builds.fetch_all(&mut **tx).await?.into_iter().map(BuildId).collect())
}
