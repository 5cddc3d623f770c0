//! Taking the film's lock, before any other lock, from the id of one of its jobs or builds.

use domain::id::{BuildId, FilmId, JobId};

use crate::{
    DbError, Result, Tx,
    queue::{self, Held, Lease},
    rows::{build, film},
};

/// Locks the film of a job; `None` if the job does not exist.
pub(super) async fn film_of_job(tx: &mut Tx, job: JobId) -> Result<Option<FilmId>> {
    let Some(film) = queue::film_of(tx, job).await? else { return Ok(None) };
    Ok(film::lock(tx, film).await?.then_some(film))
}

/// Locks the film of a build; `None` if the build does not exist.
pub(super) async fn film_of_build(tx: &mut Tx, build: BuildId) -> Result<Option<FilmId>> {
    let Some(film) = build::film_of(tx, build).await? else { return Ok(None) };
    Ok(film::lock(tx, film).await?.then_some(film))
}

/// Locks the film, then the job. Fails with [`DbError::LeaseLost`] if the lease is no longer valid.
pub(super) async fn held_job(tx: &mut Tx, lease: &Lease) -> Result<Held> {
    film_of_job(tx, lease.job).await?.ok_or(DbError::LeaseLost)?;
    queue::hold(tx, lease).await
}
