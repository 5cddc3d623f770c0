//! Inserting builds, and their plans.

use domain::{
    id::{BuildId, FileId, FilmId, TrackId},
    libraries::Libraries,
    plan::Plan,
};
use sqlx::types::Json;

use super::BuildKind;
use crate::{Db, DbError, Result, Tx, expect_one};

/// Returns the build's plan; `None` if the build does not exist. [`DbError::UnreadablePlan`] if it has none yet, or if this version of
/// Nang cannot read a plan that another version stored.
pub async fn plan(db: &Db, id: BuildId) -> Result<Option<Plan>> {
    let plan = sqlx::query_scalar!("SELECT plan FROM builds WHERE id = $1", id.0);
    plan.fetch_optional(&db.pools.all).await?.map(|plan| read_plan(id, plan)).transpose()
}

/// Like [`plan`], for a build that exists.
pub(crate) async fn plan_of(tx: &mut Tx, id: BuildId) -> Result<Plan> {
    let plan = sqlx::query_scalar!("SELECT plan FROM builds WHERE id = $1", id.0);
    read_plan(id, plan.fetch_one(&mut **tx).await?)
}

fn read_plan(id: BuildId, plan: Option<serde_json::Value>) -> Result<Plan> {
    serde_json::from_value(plan.unwrap_or_default())
        .map_err(|source| DbError::UnreadablePlan { build: id, source })
}

/// What a build is made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    pub(crate) film: FilmId,
    /// The master or dub.
    pub(crate) file: FileId,
    /// The track that a dub makes; `None` for a master.
    pub(crate) track: Option<TrackId>,
}

impl Source {
    fn kind(self) -> BuildKind {
        if self.track.is_some() { BuildKind::Dub } else { BuildKind::Film }
    }
}

/// Inserts a build whose source has this many audio tracks to analyse before it can be planned.
pub(crate) async fn insert_unplanned(
    tx: &mut Tx,
    source: Source,
    id: BuildId,
    profile: &str,
    libraries: &Libraries,
    analyses: i32,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO builds (id, film_id, file_id, profile, state, libraries, parts, pending, kind, track_id)
         VALUES ($1, $2, $3, $4, 'analysing', $5, $6, $6, $7, $8)",
        id.0,
        source.film.0,
        source.file.0,
        profile,
        Json(libraries) as _,
        analyses,
        source.kind().as_str(),
        source.track.map(|track| track.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Returns the library versions of the worker that probed the build's source; `None` if the build is planned already.
pub async fn libraries(db: &Db, id: BuildId) -> Result<Option<Libraries>> {
    let libraries = sqlx::query_scalar!(
        r#"SELECT libraries AS "libraries: Json<Libraries>" FROM builds WHERE id = $1"#,
        id.0
    );
    Ok(libraries.fetch_optional(&db.pools.all).await?.flatten().map(|libraries| libraries.0))
}

/// Inserts a build with this many parts.
pub(crate) async fn insert(tx: &mut Tx, source: Source, id: BuildId, plan: &Plan, parts: i32) -> Result<()> {
    sqlx::query!(
        "INSERT INTO builds (id, film_id, file_id, profile, plan, parts, pending, kind, track_id)
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8)",
        id.0,
        source.film.0,
        source.file.0,
        plan.profile,
        Json(plan) as _,
        parts,
        source.kind().as_str(),
        source.track.map(|track| track.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Records the plan of an analysed build, which has this many parts. The build is `encoding` from now on.
pub(crate) async fn set_plan(tx: &mut Tx, id: BuildId, plan: &Plan, parts: i32) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE builds SET plan = $2, libraries = NULL, parts = $3, pending = $3, state = 'encoding'
         WHERE id = $1 AND state = 'analysing' AND pending = 0",
        id.0,
        Json(plan) as _,
        parts,
    )
    .execute(&mut **tx)
    .await?;
    expect_one(done.rows_affected(), "planning a build")
}
