//! How far builds are.

use std::collections::HashMap;

use domain::id::BuildId;
use uuid::Uuid;

use crate::{
    Db, Result,
    queue::{self, BuildProgress},
};

/// How far the build is. All zero for a build that does not exist.
pub async fn build_progress(db: &Db, build: BuildId) -> Result<BuildProgress> {
    Ok(builds_progress(db, &[build]).await?.remove(&build).unwrap_or_default())
}

/// How far these builds are; those that do not exist are left out.
pub async fn builds_progress(db: &Db, builds: &[BuildId]) -> Result<HashMap<BuildId, BuildProgress>> {
    let ids: Vec<Uuid> = builds.iter().map(|build| build.0).collect();
    queue::progress_of_builds(db, &ids).await
}
