//! Builds. A build is what encoding makes from one source: a master with one profile, a dub, or a subtitle file.
//!
//! While a build is `analysing`, `pending` is the number of analyses that are not done; the transaction that completes the last one
//! queues the plan job. In every other state it is the number of part jobs that are not done; the transaction that completes the last
//! part queues the publish job.

mod damage;
mod planned;
mod state;
mod subtitle;

pub(crate) use damage::{
    approve, damaged_before, damaged_of_file, damaged_of_film, discard, hold, is_waiting, record_damage,
};
pub(crate) use planned::{Source, insert, insert_unplanned, plan_of, set_plan};
pub use planned::{libraries, plan};
pub(crate) use state::{
    analysis_done, cancel_of_film, has_objects, is_outdated, is_unmendable, mark_cancelled, mark_deleted,
    mark_deletion_begun, mark_failed, mark_objects_deleted, mark_ready, mark_unmendable, part_done,
    parts_undone, reopen, supersede,
};
pub use subtitle::subtitle_notes;
pub(crate) use subtitle::{abandon_subtitle, abandoned_subtitles, insert_subtitle, set_subtitle_notes};

use std::collections::HashMap;

use domain::{
    chapter::Chapter,
    damage::BuildDamage,
    id::{BuildId, FileId, FilmId, TrackId},
    key::BuildRoot,
    reason::Reason,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Cursor, Db, Result, Tx, stored_reason::from_json};

text_enum! {
    /// What a build was made from.
    BuildKind {
        /// A master: video and audio.
        Film = "film",
        /// A dub: one audio track.
        Dub = "dub",
        /// A subtitle file.
        Subtitle = "subtitle",
    }
}

text_enum! {
    /// The state of a build.
    BuildState {
        /// Its source is being analysed; it has no plan yet.
        Analysing = "analysing",
        /// Its parts are being encoded.
        Encoding = "encoding",
        /// All parts are encoded; playlists and record are being written and checked.
        Publishing = "publishing",
        /// Complete, and named by a presentation that its film shows or may show again.
        Ready = "ready",
        /// Complete, but seriously damaged: the film shows it only when an editor publishes it.
        Damaged = "damaged",
        /// One of its jobs is dead; `failure` says why.
        Failed = "failed",
        /// An admin cancelled it.
        Cancelled = "cancelled",
        /// Complete, but no presentation names it any more. Its objects are being or have been deleted.
        Superseded = "superseded",
    }
}

/// A build, without its plan, which is large; [`plan`] reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// Its id, also the name of its folder.
    pub id: BuildId,
    /// The film.
    pub film_id: FilmId,
    /// What it was made from.
    pub kind: BuildKind,
    /// The master, dub or subtitle file.
    pub file_id: FileId,
    /// The track that a dub or a subtitle build makes.
    pub track_id: Option<TrackId>,
    /// The folder of its objects.
    pub root: BuildRoot,
    /// Name of the profile it was planned with; empty for subtitles.
    pub profile: String,
    /// Its state.
    pub state: BuildState,
    /// Number of analyses, and once it is planned of parts, that are not done.
    pub pending: u32,
    /// Why it failed.
    pub failure: Option<String>,
    /// The same as a code with values; `None` if an earlier version of Nang stored it.
    pub failure_reason: Option<Reason>,
    /// Chapters of its master; empty until it is planned.
    pub chapters: Vec<Chapter>,
    /// What decoding concealed; `None` if nothing is damaged or it is not known yet.
    pub damage: Option<BuildDamage>,
    /// When an editor published it in spite of serious damage, and the editor's e-mail address.
    pub approval: Option<(OffsetDateTime, Option<String>)>,
    /// When it was created, after its source was probed.
    pub created_at: OffsetDateTime,
    /// When it became ready, failed or was cancelled.
    pub finished_at: Option<OffsetDateTime>,
}

impl Build {
    /// Returns the cursor of the list page that begins after this build.
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at, id: self.id.0 }
    }
}

/// Which builds to list; `None` means all.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuildFilter {
    /// Only builds of this film.
    pub film_id: Option<FilmId>,
    /// Only builds in this state.
    pub state: Option<BuildState>,
}

struct Row {
    id: Uuid,
    film_id: Uuid,
    kind: BuildKind,
    file_id: Uuid,
    track_id: Option<Uuid>,
    is_legacy: bool,
    profile: String,
    state: BuildState,
    pending: i32,
    failure: Option<String>,
    failure_reason: Option<serde_json::Value>,
    chapters: Option<serde_json::Value>,
    damage: Option<serde_json::Value>,
    approved_at: Option<OffsetDateTime>,
    approved_by_email: Option<String>,
    created_at: OffsetDateTime,
    finished_at: Option<OffsetDateTime>,
}

impl From<Row> for Build {
    fn from(row: Row) -> Self {
        Self {
            id: BuildId(row.id),
            film_id: FilmId(row.film_id),
            kind: row.kind,
            file_id: FileId(row.file_id),
            track_id: row.track_id.map(TrackId),
            root: root(FilmId(row.film_id), BuildId(row.id), row.is_legacy),
            profile: row.profile,
            state: row.state,
            pending: row.pending.cast_unsigned(),
            failure: row.failure,
            failure_reason: from_json(row.failure_reason),
            // Another version of Nang may have stored these in a form that this one cannot read. That must not hide the build.
            chapters: row
                .chapters
                .and_then(|chapters| serde_json::from_value(chapters).ok())
                .unwrap_or_default(),
            damage: row.damage.and_then(|damage| serde_json::from_value(damage).ok()),
            approval: row.approved_at.map(|at| (at, row.approved_by_email)),
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}

/// Returns the build; `None` if it does not exist.
pub async fn find(db: &Db, id: BuildId) -> Result<Option<Build>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, film_id, kind AS "kind: _", file_id, track_id, is_legacy, profile, state AS "state: _", pending, failure, failure_reason, plan -> 'chapters' AS chapters,
                  damage, approved_at, approved_by_email, created_at, finished_at
           FROM builds WHERE id = $1"#,
        id.0,
    )
    .fetch_optional(&db.pools.all)
    .await?;
    Ok(row.map(Build::from))
}

/// Returns the film's builds, oldest first, without deleted ones.
pub async fn list_by_film(db: &Db, film: FilmId) -> Result<Vec<Build>> {
    list_by_films(db, &[film]).await
}

/// Returns the builds of these films, oldest first, without deleted ones.
pub async fn list_by_films(db: &Db, films: &[FilmId]) -> Result<Vec<Build>> {
    let ids: Vec<Uuid> = films.iter().map(|film| film.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, film_id, kind AS "kind: _", file_id, track_id, is_legacy, profile, state AS "state: _", pending, failure, failure_reason, plan -> 'chapters' AS chapters,
                  damage, approved_at, approved_by_email, created_at, finished_at
           FROM builds WHERE film_id = ANY($1) AND deleted_at IS NULL ORDER BY created_at, id"#,
        &ids,
    )
    .fetch_all(&db.pools.all)
    .await?;
    Ok(rows.into_iter().map(Build::from).collect())
}

/// Returns at most `limit` builds after `after`, newest first, without deleted ones.
pub async fn list(db: &Db, filter: BuildFilter, after: Option<Cursor>, limit: u32) -> Result<Vec<Build>> {
    let (created_at, id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
    // Two statements, so that each uses its own index.
    macro_rules! builds {
        ($filter:literal $($argument:tt)*) => {
            sqlx::query_as!(
                Row,
                r#"SELECT id, film_id, kind AS "kind: _", file_id, track_id, is_legacy, profile, state AS "state: _", pending,
                          failure, failure_reason, plan -> 'chapters' AS chapters, damage, approved_at, approved_by_email, created_at, finished_at
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
            .fetch_all(&db.pools.all)
            .await?
        };
    }
    let rows = match filter.film_id {
        Some(film) => builds!("AND film_id = $5", film.0),
        None => builds!(""),
    };
    Ok(rows.into_iter().map(Build::from).collect())
}

/// Returns film and master of a failed build; `None` if another build of the same master and profile is ready, waiting or in progress.
pub(crate) async fn replaceable(tx: &mut Tx, id: BuildId) -> Result<Option<(FilmId, FileId)>> {
    let old = sqlx::query!(
        "SELECT old.film_id, old.file_id FROM builds old
         WHERE old.id = $1 AND old.state = 'failed'
           AND NOT EXISTS (SELECT FROM builds other
                           WHERE other.file_id = old.file_id AND other.profile = old.profile
                             AND other.state IN ('analysing', 'encoding', 'publishing', 'ready', 'damaged'))",
        id.0,
    );
    Ok(old.fetch_optional(&mut **tx).await?.map(|old| (FilmId(old.film_id), FileId(old.file_id))))
}

/// Returns a new build id and the time of the transaction.
pub(crate) async fn new_id(tx: &mut Tx) -> Result<(BuildId, OffsetDateTime)> {
    let new = sqlx::query!(r#"SELECT uuid_v7() AS "id!", now() AS "now!""#).fetch_one(&mut **tx).await?;
    Ok((BuildId(new.id), new.now))
}

/// Returns the state of a build and when it ended; `None` if it was deleted or does not exist.
pub(crate) async fn state(tx: &mut Tx, id: BuildId) -> Result<Option<(BuildState, Option<OffsetDateTime>)>> {
    let row = sqlx::query!(
        r#"SELECT state AS "state: BuildState", finished_at FROM builds WHERE id = $1 AND deleted_at IS NULL"#,
        id.0
    );
    Ok(row.fetch_optional(&mut **tx).await?.map(|row| (row.state, row.finished_at)))
}

/// Returns the film of a build. It never changes.
pub(crate) async fn film_of(tx: &mut Tx, id: BuildId) -> Result<Option<FilmId>> {
    let film = sqlx::query_scalar!("SELECT film_id FROM builds WHERE id = $1", id.0);
    Ok(film.fetch_optional(&mut **tx).await?.map(FilmId))
}

/// Returns the film's cancelled builds, without deleted ones.
pub(crate) async fn cancelled(tx: &mut Tx, film: FilmId) -> Result<Vec<Uuid>> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM builds WHERE film_id = $1 AND state = 'cancelled' AND deleted_at IS NULL",
        film.0,
    );
    Ok(ids.fetch_all(&mut **tx).await?)
}

/// Whether the film shows a build of this master, and whether one is in progress.
pub(crate) async fn uses_of_file(tx: &mut Tx, file: FileId) -> Result<(bool, bool)> {
    let uses = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM builds JOIN presentation_builds ON presentation_builds.build_id = builds.id
                          JOIN films ON films.presentation_id = presentation_builds.presentation_id
                          WHERE builds.file_id = $1) AS "shown!",
                  EXISTS (SELECT FROM builds WHERE file_id = $1 AND state IN ('analysing', 'encoding', 'publishing')) AS "in_progress!""#,
        file.0,
    );
    let uses = uses.fetch_one(&mut **tx).await?;
    Ok((uses.shown, uses.in_progress))
}

/// Returns the builds of this file that are in progress.
pub(crate) async fn unfinished_of_file(tx: &mut Tx, file: FileId) -> Result<Vec<BuildId>> {
    let builds = sqlx::query_scalar!(
        "SELECT id FROM builds WHERE file_id = $1 AND state IN ('analysing', 'encoding', 'publishing')",
        file.0,
    );
    Ok(builds.fetch_all(&mut **tx).await?.into_iter().map(BuildId).collect())
}

/// Whether the presentation that the film shows names the build.
pub(crate) async fn is_shown(tx: &mut Tx, id: BuildId) -> Result<bool> {
    let shown = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM presentation_builds
                          JOIN films ON films.presentation_id = presentation_builds.presentation_id
                          WHERE presentation_builds.build_id = $1) AS "shown!""#,
        id.0,
    );
    Ok(shown.fetch_one(&mut **tx).await?)
}

/// Returns the folder of each of these builds, without those that do not exist.
pub async fn roots(db: &Db, ids: &[BuildId]) -> Result<HashMap<BuildId, BuildRoot>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!("SELECT id, film_id, is_legacy FROM builds WHERE id = ANY($1)", &ids);
    let rows = rows.fetch_all(&db.pools.all).await?.into_iter();
    Ok(rows.map(|row| (BuildId(row.id), root(FilmId(row.film_id), BuildId(row.id), row.is_legacy))).collect())
}

fn root(film: FilmId, id: BuildId, is_legacy: bool) -> BuildRoot {
    if is_legacy { BuildRoot::Legacy(film, id) } else { BuildRoot::Film(film, id) }
}

/// Whether an editor deleted the build or its master.
pub(crate) async fn is_deleted(tx: &mut Tx, id: BuildId) -> Result<bool> {
    let deleted = sqlx::query_scalar!(
        r#"SELECT builds.deleted_at IS NOT NULL OR film_files.deleted_at IS NOT NULL AS "deleted!"
           FROM builds JOIN film_files ON film_files.id = builds.file_id WHERE builds.id = $1"#,
        id.0
    );
    Ok(deleted.fetch_one(&mut **tx).await?)
}

/// The number of parts of a build and how many of them are done.
pub(crate) struct PartCounts {
    pub(crate) id: BuildId,
    /// Chunks and audio tracks.
    pub(crate) total: u32,
    /// Chunks and audio tracks that are not done.
    pub(crate) pending: u32,
    /// Output frames of the film; 0 if the plan does not contain it.
    pub(crate) frames: u64,
}

/// Returns the part counts of these builds.
pub(crate) async fn parts_of(db: &Db, builds: &[Uuid]) -> Result<Vec<PartCounts>> {
    let rows = sqlx::query!(
        r#"SELECT id, parts, pending, plan #> '{timeline,frames}' AS frames FROM builds WHERE id = ANY($1)"#,
        builds
    )
    .fetch_all(&db.pools.all)
    .await?;
    let parts = rows.into_iter().map(|row| PartCounts {
        id: BuildId(row.id),
        total: row.parts.cast_unsigned(),
        pending: row.pending.cast_unsigned(),
        frames: row.frames.and_then(|frames| frames.as_u64()).unwrap_or(0),
    });
    Ok(parts.collect())
}
