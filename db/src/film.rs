//! Films: what the catalogue lists, and the pipeline's summary of each.
//!
//! `status` is `Ready` exactly while `build_id` names a build that can be played; a newer master being encoded, or
//! failing, does not take a film away from viewers. The film's row is the lock for all that happens to its builds and jobs.

use std::collections::BTreeMap;

use domain::{
    id::{BuildId, FilmId, JobId},
    plan::Plan,
};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Cursor, Db, Result, Tx, expect_one, search};

text_enum! {
    /// Whether viewers may see a film that is ready.
    Visibility {
        /// Editors and admins only.
        Draft = "draft",
        /// Everybody, from `publish_at` on.
        Scheduled = "scheduled",
        /// Everybody.
        Public = "public",
        /// Whoever is logged in.
        Members = "members",
        /// Whoever knows its address.
        Unlisted = "unlisted",
    }
}

text_enum! {
    /// How far a film is.
    FilmStatus {
        /// No master yet.
        Empty = "empty",
        /// A master is being probed or encoded, and there is nothing to play yet.
        Processing = "processing",
        /// There is a build to play.
        Ready = "ready",
        /// There is nothing to play and nothing under way; `failure` says why.
        Failed = "failed",
    }
}

/// A film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Film {
    /// Its id.
    pub id: FilmId,
    /// BCP 47 language to title; never empty.
    pub titles: BTreeMap<String, String>,
    /// Whether viewers may see it once it is ready.
    pub visibility: Visibility,
    /// How far it is.
    pub status: FilmStatus,
    /// Why it failed; `Some` exactly when `status` is `Failed`.
    pub failure: Option<String>,
    /// Name of the profile its next master is planned with.
    pub profile: String,
    /// What viewers get; `Some` exactly when `status` is `Ready`.
    pub build_id: Option<BuildId>,
    /// Duration of that build.
    pub duration_ms: Option<u64>,
    /// Picture width of its best rung.
    pub width: Option<u32>,
    /// Picture height of its best rung.
    pub height: Option<u32>,
    /// Counts edits; for If-Match.
    pub version: i64,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When anything of it last changed, by an admin or by the pipeline.
    pub updated_at: OffsetDateTime,
}

impl Film {
    /// Where a list goes on after this film.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at, id: self.id.0 }
    }
}

/// A film to be made: a draft with no master.
#[derive(Clone, Debug)]
pub struct NewFilm {
    /// Its id.
    pub id: FilmId,
    /// BCP 47 language to title; at least one.
    pub titles: BTreeMap<String, String>,
    /// Name of the profile.
    pub profile: String,
}

/// Which films to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListFilter {
    /// Only what viewers may see: public and ready.
    pub public_only: bool,
}

/// An edit; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct FilmChange {
    /// All titles anew.
    pub titles: Option<BTreeMap<String, String>>,
    /// Shown to viewers or not.
    pub visibility: Option<Visibility>,
    /// Profile for the next master.
    pub profile: Option<String>,
}

struct Row {
    id: Uuid,
    titles: Json<BTreeMap<String, String>>,
    visibility: Visibility,
    status: FilmStatus,
    failure: Option<String>,
    profile: String,
    build_id: Option<Uuid>,
    duration_ms: Option<i64>,
    width: Option<i32>,
    height: Option<i32>,
    version: i64,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
}

impl From<Row> for Film {
    fn from(row: Row) -> Self {
        Self {
            id: FilmId(row.id),
            titles: row.titles.0,
            visibility: row.visibility,
            status: row.status,
            failure: row.failure,
            profile: row.profile,
            build_id: row.build_id.map(BuildId),
            duration_ms: row.duration_ms.map(i64::cast_unsigned),
            width: row.width.map(i32::cast_unsigned),
            height: row.height.map(i32::cast_unsigned),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Makes a film.
pub async fn create(db: &Db, new: NewFilm) -> Result<Film> {
    let mut tx = db.begin().await?;
    let row = sqlx::query_as!(
        Row,
        r#"INSERT INTO films (id, slug, titles, profile) VALUES ($1, $1::uuid::text, $2, $3)
           RETURNING id, titles AS "titles: _", visibility AS "visibility: _", status AS "status: _", failure, profile,
                     build_id, duration_ms, width, height, version, created_at, updated_at"#,
        new.id.0,
        Json(&new.titles) as _,
        new.profile,
    )
    .fetch_one(&mut *tx)
    .await?;
    search::refresh_film(&mut tx, new.id).await?;
    tx.commit().await?;
    Ok(row.into())
}

/// The film, if there is one.
pub async fn find(db: &Db, id: FilmId) -> Result<Option<Film>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, titles AS "titles: _", visibility AS "visibility: _", status AS "status: _", failure, profile,
                  build_id, duration_ms, width, height, version, created_at, updated_at
           FROM films WHERE id = $1"#,
        id.0,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(row.map(Film::from))
}

/// At most `limit` films after `after`, newest first.
pub async fn list(db: &Db, filter: ListFilter, after: Option<Cursor>, limit: u32) -> Result<Vec<Film>> {
    // Two statements rather than one with a switch, so that each runs along its own index.
    let (created_at, id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
    let rows = if filter.public_only {
        sqlx::query_as!(
            Row,
            r#"SELECT id, titles AS "titles: _", visibility AS "visibility: _", status AS "status: _", failure, profile,
                      build_id, duration_ms, width, height, version, created_at, updated_at
               FROM films
               WHERE film_is_listed(films, false)
                 AND ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2))
               ORDER BY created_at DESC, id DESC LIMIT $3"#,
            created_at,
            id,
            i64::from(limit),
        )
        .fetch_all(&db.pool)
        .await?
    } else {
        sqlx::query_as!(
            Row,
            r#"SELECT id, titles AS "titles: _", visibility AS "visibility: _", status AS "status: _", failure, profile,
                      build_id, duration_ms, width, height, version, created_at, updated_at
               FROM films
               WHERE $1::timestamptz IS NULL OR (created_at, id) < ($1, $2)
               ORDER BY created_at DESC, id DESC LIMIT $3"#,
            created_at,
            id,
            i64::from(limit),
        )
        .fetch_all(&db.pool)
        .await?
    };
    Ok(rows.into_iter().map(Film::from).collect())
}

/// Those of the films that there are, in the order of `ids`; for lists that name films.
pub async fn list_by_ids(db: &Db, ids: &[FilmId]) -> Result<Vec<Film>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, titles AS "titles: _", visibility AS "visibility: _", status AS "status: _", failure, profile,
                  build_id, duration_ms, width, height, version, created_at, updated_at
           FROM films WHERE id = ANY ($1) ORDER BY array_position($1, id)"#,
        &ids,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows.into_iter().map(Film::from).collect())
}

/// Edits the film if its version is still `expected_version`; `None` if it is not, or if there is no such film.
pub async fn update(db: &Db, id: FilmId, change: FilmChange, expected_version: i64) -> Result<Option<Film>> {
    let mut tx = db.begin().await?;
    let row = sqlx::query_as!(
        Row,
        r#"UPDATE films SET titles = coalesce($3, titles), visibility = coalesce($4, visibility),
                            profile = coalesce($5, profile), version = version + 1, updated_at = now()
           WHERE id = $1 AND version = $2
           RETURNING id, titles AS "titles: _", visibility AS "visibility: _", status AS "status: _", failure, profile,
                     build_id, duration_ms, width, height, version, created_at, updated_at"#,
        id.0,
        expected_version,
        change.titles.as_ref().map(Json) as _,
        change.visibility.map(Visibility::as_str),
        change.profile,
    )
    .fetch_optional(&mut *tx)
    .await?;
    search::refresh_film(&mut tx, id).await?;
    tx.commit().await?;
    Ok(row.map(Film::from))
}

/// Locks the film's row until the transaction ends, against every other step of the same film: completions of its parts,
/// failures, cancelling, retrying, publishing and new masters take turns. `NO KEY UPDATE` lets rows that refer to the film be
/// inserted meanwhile. False if there is no such film.
pub(crate) async fn lock(tx: &mut Tx, film: FilmId) -> Result<bool> {
    let row = sqlx::query!("SELECT 1 AS one FROM films WHERE id = $1 FOR NO KEY UPDATE", film.0);
    Ok(row.fetch_optional(&mut **tx).await?.is_some())
}

/// As [`lock`], by one of its jobs. A job's film never changes, so it may be looked up before it is locked.
pub(crate) async fn lock_by_job(tx: &mut Tx, job: JobId) -> Result<Option<FilmId>> {
    let row = sqlx::query_scalar!(
        "SELECT films.id FROM films JOIN jobs ON jobs.film_id = films.id WHERE jobs.id = $1 FOR NO KEY UPDATE OF films",
        job.0
    );
    Ok(row.fetch_optional(&mut **tx).await?.map(FilmId))
}

/// As [`lock`], by one of its builds.
pub(crate) async fn lock_by_build(tx: &mut Tx, build: BuildId) -> Result<Option<FilmId>> {
    let row = sqlx::query_scalar!(
        "SELECT films.id FROM films JOIN builds ON builds.film_id = films.id WHERE builds.id = $1
         FOR NO KEY UPDATE OF films",
        build.0
    );
    Ok(row.fetch_optional(&mut **tx).await?.map(FilmId))
}

/// Work on the film has begun (again). A film that is ready stays so.
pub(crate) async fn mark_processing(tx: &mut Tx, film: FilmId) -> Result<()> {
    sqlx::query!(
        "UPDATE films SET status = 'processing', failure = NULL, updated_at = now()
         WHERE id = $1 AND status IN ('empty', 'failed')",
        film.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What was under way has come to nothing. The film fails only if it has no build to play and nothing else is under way.
pub(crate) async fn mark_failed(tx: &mut Tx, film: FilmId, reason: &str) -> Result<()> {
    sqlx::query!(
        "UPDATE films SET status = 'failed', failure = $2, updated_at = now()
         WHERE id = $1 AND status = 'processing'
           AND NOT EXISTS (SELECT FROM jobs WHERE jobs.film_id = $1 AND jobs.state IN ('queued', 'running')
                                              AND jobs.kind <> 'collect')",
        film.0,
        reason
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// From now on viewers get this build.
pub(crate) async fn mark_ready(tx: &mut Tx, film: FilmId, build: BuildId, plan: &Plan) -> Result<()> {
    let best = plan.rungs.first();
    let done = sqlx::query!(
        "UPDATE films SET status = 'ready', failure = NULL, build_id = $2, duration_ms = $3, width = $4, height = $5,
                          updated_at = now()
         WHERE id = $1",
        film.0,
        build.0,
        plan.duration_ms().cast_signed(),
        best.map(|rung| rung.width.cast_signed()),
        best.map(|rung| rung.height.cast_signed()),
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "publishing a film")
}
