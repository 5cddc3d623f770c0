//! The job that removes a deleted film for good.

use domain::id::FilmId;

use super::{JobKind, Lease, insert, lease};
use crate::{Result, Tx};

/// Whether the film's masters are being removed, or will be when the job that could not is tried again.
pub(crate) async fn is_being_purged(tx: &mut Tx, film: FilmId) -> Result<bool> {
    let purged = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM jobs WHERE film_id = $1 AND kind = 'purge' AND state IN ('queued', 'running', 'dead')) AS "purged!""#,
        film.0
    );
    Ok(purged.fetch_one(&mut **tx).await?)
}

/// Queues the removal, for when workers that were stopped with the film must have noticed.
pub(crate) async fn insert_purge(tx: &mut Tx, film: FilmId) -> Result<()> {
    let noticed = sqlx::query_scalar!(
        "SELECT max(jobs.run_at) FROM jobs JOIN builds ON builds.id = jobs.build_id
         WHERE jobs.film_id = $1 AND jobs.kind = 'collect' AND jobs.state = 'queued' AND builds.state = 'cancelled'",
        film.0
    )
    .fetch_one(&mut **tx)
    .await?;
    insert::insert_purge(tx, film, noticed).await
}

/// The film of a purge job, locked together with the job, whose lease was found good.
pub(crate) async fn hold_purge(tx: &mut Tx, held: &Lease) -> Result<FilmId> {
    let job = lease::hold(tx, held).await?;
    job.expect_kind(&[JobKind::Purge])?;
    Ok(job.film)
}
