//! Builds: one encoding of one master with one profile.
//!
//! `pending` is the number of part jobs that are not done, in every state; it reaches zero once, in the transaction that completes
//! the last part, and that transaction queues the publishing.

use domain::{
    id::{BuildId, FileId, FilmId},
    output::PartOutput,
    plan::Plan,
};
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Cursor, Db, DbError, Result, Tx,
    audit::{self, Author, Entry},
    expect_one, film, job, rendition,
};

text_enum! {
    /// How far a build is.
    BuildState {
        /// Parts are being made.
        Encoding = "encoding",
        /// All parts are there; playlists and manifest are being written and checked.
        Publishing = "publishing",
        /// Whole, and the one its film shows.
        Ready = "ready",
        /// A job of it died; `failure` says why.
        Failed = "failed",
        /// An admin stopped it.
        Cancelled = "cancelled",
        /// A newer build of the film has taken its place.
        Superseded = "superseded",
    }
}

/// A build.
#[derive(Clone, Debug, PartialEq)]
pub struct Build {
    /// Its id, also its folder's name.
    pub id: BuildId,
    /// The film.
    pub film_id: FilmId,
    /// The master.
    pub file_id: FileId,
    /// Name of the profile it was planned with.
    pub profile: String,
    /// How far it is.
    pub state: BuildState,
    /// What is being made.
    pub plan: Plan,
    /// Parts that are not done.
    pub pending: u32,
    /// Why it failed.
    pub failure: Option<String>,
    /// When its master had been probed and planned.
    pub created_at: OffsetDateTime,
    /// When it became ready, failed or was cancelled.
    pub finished_at: Option<OffsetDateTime>,
}

impl Build {
    /// Where a list goes on after this build.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at, id: self.id.0 }
    }
}

/// Which builds to list; `None` means all.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuildFilter {
    /// Of one film.
    pub film_id: Option<FilmId>,
    /// In one state.
    pub state: Option<BuildState>,
}

struct Row {
    id: Uuid,
    film_id: Uuid,
    file_id: Uuid,
    profile: String,
    state: BuildState,
    plan: Json<Plan>,
    pending: i32,
    failure: Option<String>,
    created_at: OffsetDateTime,
    finished_at: Option<OffsetDateTime>,
}

impl From<Row> for Build {
    fn from(row: Row) -> Self {
        Self {
            id: BuildId(row.id),
            film_id: FilmId(row.film_id),
            file_id: FileId(row.file_id),
            profile: row.profile,
            state: row.state,
            plan: row.plan.0,
            pending: row.pending.cast_unsigned(),
            failure: row.failure,
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}

/// The build, if there is one.
pub async fn find(db: &Db, id: BuildId) -> Result<Option<Build>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, film_id, file_id, profile, state AS "state: _", plan AS "plan: _", pending, failure, created_at, finished_at
           FROM builds WHERE id = $1"#,
        id.0,
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(row.map(Build::from))
}

/// The film's builds, oldest first, but those that were taken away.
pub async fn list_by_film(db: &Db, film: FilmId) -> Result<Vec<Build>> {
    list_by_films(db, &[film]).await
}

/// The builds of these films, oldest first, but those that were taken away.
pub async fn list_by_films(db: &Db, films: &[FilmId]) -> Result<Vec<Build>> {
    let ids: Vec<Uuid> = films.iter().map(|film| film.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, film_id, file_id, profile, state AS "state: _", plan AS "plan: _", pending, failure, created_at, finished_at
           FROM builds WHERE film_id = ANY($1) AND deleted_at IS NULL ORDER BY created_at, id"#,
        &ids,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows.into_iter().map(Build::from).collect())
}

/// At most `limit` builds after `after`, newest first. Those that were taken away are not told.
pub async fn list(db: &Db, filter: BuildFilter, after: Option<Cursor>, limit: u32) -> Result<Vec<Build>> {
    let (created_at, id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
    // Two statements, so that each runs along its own index.
    macro_rules! builds {
        ($filter:literal $($argument:tt)*) => {
            sqlx::query_as!(
                Row,
                r#"SELECT id, film_id, file_id, profile, state AS "state: _", plan AS "plan: _", pending, failure, created_at,
                          finished_at
                   FROM builds
                   WHERE deleted_at IS NULL AND ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2))
                     AND ($4::text IS NULL OR state = $4) "# + $filter
                + " ORDER BY created_at DESC, id DESC LIMIT $3",
                created_at,
                id,
                i64::from(limit),
                filter.state.map(BuildState::as_str)
                $($argument)*
            )
            .fetch_all(&db.pool)
            .await?
        };
    }
    let rows = match filter.film_id {
        Some(film) => builds!("AND film_id = $5", film.0),
        None => builds!(""),
    };
    Ok(rows.into_iter().map(Build::from).collect())
}

/// What its finished parts are made of: chunks in order, then sound tracks in order.
pub async fn parts(db: &Db, id: BuildId) -> Result<Vec<PartOutput>> {
    let rows = sqlx::query_scalar!(
        r#"SELECT result AS "result!: Json<PartOutput>" FROM jobs
           WHERE build_id = $1 AND state = 'done' AND kind IN ('encode_chunk', 'encode_audio')
           ORDER BY kind DESC, part_index"#,
        id.0,
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows.into_iter().map(|result| result.0).collect())
}

/// Stops a build that is not finished: its jobs are cancelled and its objects collected, once workers that are still at it
/// must have noticed. False if it is finished already.
pub async fn cancel(db: &Db, author: &Author, id: BuildId) -> Result<bool> {
    let mut tx = db.begin().await?;
    let film = film::lock_by_build(&mut tx, id).await?.ok_or(DbError::NotFound)?;
    if !stop(&mut tx, film, id).await? {
        return Ok(false);
    }
    record(&mut tx, author, "build.cancel", film, id).await?;
    tx.commit().await?;
    Ok(true)
}

/// As [`cancel`], behind the film's lock.
pub(crate) async fn stop(tx: &mut Tx, film: FilmId, id: BuildId) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE builds SET state = 'cancelled', finished_at = now() WHERE id = $1 AND state IN ('encoding', 'publishing')",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    let last_lease = job::cancel_unfinished(tx, id, "the build was cancelled").await?;
    job::insert_collect(tx, film, id, job::CollectWhen::After(last_lease)).await?;
    film::mark_failed(tx, film, "The encode was cancelled.").await?;
    Ok(true)
}

/// Takes away a build that is neither shown nor being made: its objects are collected now, not in a day, and its dead jobs cannot be
/// retried any more.
pub async fn remove(db: &Db, author: &Author, id: BuildId) -> Result<()> {
    let mut tx = db.begin().await?;
    let film = film::lock_by_build(&mut tx, id).await?.ok_or(DbError::NotFound)?;
    let state = sqlx::query_scalar!(
        r#"SELECT state AS "state: BuildState" FROM builds WHERE id = $1 AND deleted_at IS NULL"#,
        id.0
    );
    match state.fetch_optional(&mut *tx).await?.ok_or(DbError::NotFound)? {
        BuildState::Encoding | BuildState::Publishing => {
            return Err(DbError::conflict("builds_ended", "the build is being made; cancel it first"));
        }
        BuildState::Ready => {
            return Err(DbError::conflict("builds_not_shown", "viewers are shown this build"));
        }
        BuildState::Failed | BuildState::Cancelled | BuildState::Superseded => {}
    }
    sqlx::query!("UPDATE builds SET deleted_at = now() WHERE id = $1", id.0).execute(&mut *tx).await?;
    job::collect_soon(&mut tx, id).await?;
    record(&mut tx, author, "build.delete", film, id).await?;
    tx.commit().await?;
    Ok(())
}

async fn record(tx: &mut Tx, author: &Author, action: &'static str, film: FilmId, id: BuildId) -> Result<()> {
    let changes = json!({ "film_id": film });
    let entry = Entry { author, action, subject: "build", subject_id: Some(id.0), label: None, changes };
    audit::record(tx, entry).await
}

/// Makes a build with its renditions and one job for each chunk and sound track.
pub(crate) async fn insert(
    tx: &mut Tx,
    film: FilmId,
    file: FileId,
    id: BuildId,
    plan: &Plan,
    queued_since: OffsetDateTime,
) -> Result<()> {
    let parts = plan.chunk_count().cast_signed() + i32::try_from(plan.audio.len()).unwrap_or(i32::MAX);
    sqlx::query!(
        "INSERT INTO builds (id, film_id, file_id, profile, plan, parts, pending) VALUES ($1, $2, $3, $4, $5, $6, $6)",
        id.0,
        film.0,
        file.0,
        plan.profile,
        Json(plan) as _,
        parts,
    )
    .execute(&mut **tx)
    .await?;
    rendition::insert_planned(tx, id, plan).await?;
    job::insert_parts(tx, film, file, id, plan, queued_since).await
}

/// The plan of a build.
pub(crate) async fn plan(tx: &mut Tx, id: BuildId) -> Result<Plan> {
    let plan = sqlx::query_scalar!(r#"SELECT plan AS "plan: Json<Plan>" FROM builds WHERE id = $1"#, id.0);
    Ok(plan.fetch_one(&mut **tx).await?.0)
}

/// One part more is done. True if it was the last: the build is then `publishing`.
pub(crate) async fn part_done(tx: &mut Tx, id: BuildId) -> Result<bool> {
    let pending = sqlx::query_scalar!(
        "UPDATE builds SET pending = pending - 1, state = CASE WHEN pending = 1 THEN 'publishing' ELSE 'encoding' END
         WHERE id = $1 AND state = 'encoding' RETURNING pending",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    pending.map(|pending| pending == 0).ok_or(DbError::Invariant("completing a part"))
}

/// The build can be played, unless the film already shows a newer one. Says which builds are of no more use.
pub(crate) async fn mark_ready(tx: &mut Tx, film: FilmId, id: BuildId) -> Result<Outdated> {
    let newer_is_shown = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM builds shown, builds this
                          WHERE this.id = $2 AND shown.film_id = $1 AND shown.state = 'ready'
                            AND (shown.created_at, shown.id) > (this.created_at, this.id)) AS "newer!""#,
        film.0,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    let state = if newer_is_shown { BuildState::Superseded } else { BuildState::Ready };
    let done = sqlx::query!(
        "UPDATE builds SET state = $2, finished_at = now() WHERE id = $1 AND state = 'publishing' AND pending = 0",
        id.0,
        state.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "publishing a build")?;
    if newer_is_shown {
        return Ok(Outdated::This);
    }
    let older = sqlx::query_scalar!(
        "UPDATE builds SET state = 'superseded' WHERE film_id = $1 AND state = 'ready' AND id <> $2 RETURNING id",
        film.0,
        id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(Outdated::Others(older.into_iter().map(BuildId).collect()))
}

/// Builds that a publish made useless.
pub(crate) enum Outdated {
    /// The published build itself: a newer master was published before it.
    This,
    /// Those that viewers got until now.
    Others(Vec<BuildId>),
}

/// A job of the build died.
pub(crate) async fn mark_failed(tx: &mut Tx, id: BuildId, reason: &str) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE builds SET state = 'failed', failure = $2, finished_at = now()
         WHERE id = $1 AND state IN ('encoding', 'publishing')",
        id.0,
        reason,
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "failing a build")
}

/// Nothing can be made of the build's parts.
pub(crate) async fn mark_unmendable(tx: &mut Tx, id: BuildId) -> Result<()> {
    let done = sqlx::query!("UPDATE builds SET unmendable = true WHERE id = $1 AND state = 'failed'", id.0)
        .execute(&mut **tx)
        .await?;
    expect_one(done.rows_affected(), "giving up a build's parts")
}

/// Whether nothing can be made of the build's parts.
pub(crate) async fn is_unmendable(tx: &mut Tx, id: BuildId) -> Result<bool> {
    let unmendable = sqlx::query_scalar!("SELECT unmendable FROM builds WHERE id = $1", id.0);
    Ok(unmendable.fetch_one(&mut **tx).await?)
}

/// So many parts of a failed build are no longer done.
pub(crate) async fn parts_undone(tx: &mut Tx, id: BuildId, parts: u64) -> Result<()> {
    let parts = i32::try_from(parts).map_err(|_| DbError::Invariant("a build of too many parts"))?;
    let done = sqlx::query!(
        "UPDATE builds SET pending = pending + $2 WHERE id = $1 AND state = 'failed'",
        id.0,
        parts
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "undoing parts of a build")
}

/// A failed build goes on where it stopped. False if it is not failed.
pub(crate) async fn reopen(tx: &mut Tx, id: BuildId) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE builds SET state = CASE WHEN pending = 0 THEN 'publishing' ELSE 'encoding' END, failure = NULL, finished_at = NULL
         WHERE id = $1 AND state = 'failed'",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes the same build once more under a new id, with the same master and plan: for one whose objects are gone. `None` if it is
/// not failed, or if a later build of the same master and profile makes that pointless.
pub(crate) async fn start_again(tx: &mut Tx, id: BuildId) -> Result<Option<BuildId>> {
    let old = sqlx::query!(
        r#"SELECT old.film_id, old.file_id, old.plan AS "plan: Json<Plan>", uuid_v7() AS "new_id!", now() AS "now!"
           FROM builds old
           WHERE old.id = $1 AND old.state = 'failed'
             AND NOT EXISTS (SELECT FROM builds other
                             WHERE other.file_id = old.file_id AND other.profile = old.profile
                               AND other.state IN ('encoding', 'publishing', 'ready'))"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(old) = old else { return Ok(None) };
    let new = BuildId(old.new_id);
    insert(tx, FilmId(old.film_id), FileId(old.file_id), new, &old.plan.0, old.now).await?;
    Ok(Some(new))
}
