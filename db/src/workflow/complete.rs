//! Completing jobs. Each completion and the step that follows it are one transaction.

use domain::{id::BuildId, manifest::Manifest, output::PartOutput, plan::Plan};

use super::{build::start_build, lock};
use crate::{
    Db, DbError, Result,
    queue::{self, AttemptOutcome, CollectWhen, JobKind, JobState, Lease},
    rows::{
        build::{self, Outdated},
        film, film_file, rendition,
    },
};

/// The build that follows a probe.
#[derive(Clone, Debug)]
pub struct NewBuild {
    /// Id of the build.
    pub id: BuildId,
    /// The plan of the build.
    pub plan: Plan,
}

/// Completes a probe: records the master's facts and creates the build, its renditions and a job for each part.
pub async fn complete_probe(db: &Db, held: &Lease, facts: serde_json::Value, new: NewBuild) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Probe])?;
    let file = job.file()?;
    film_file::set_facts(&mut tx, file, &facts).await?;
    start_build(&mut tx, job.film, file, new.id, &new.plan, job.queued_since).await?;
    queue::end(&mut tx, &job, JobState::Done, AttemptOutcome::Done, None, None).await?;
    tx.commit().await?;
    Ok(())
}

/// Completes a chunk or an audio track, which is encoded and stored. Completing the last part of a build queues the publish job.
pub async fn complete_part(db: &Db, held: &Lease, output: &PartOutput) -> Result<()> {
    let result =
        serde_json::to_value(output).map_err(|_| DbError::Invariant("serializing the output of a part"))?;
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::EncodeChunk, JobKind::EncodeAudio])?;
    let build = job.build()?;
    queue::end(&mut tx, &job, JobState::Done, AttemptOutcome::Done, None, Some(result)).await?;
    if build::part_done(&mut tx, build).await? {
        queue::insert_publish(&mut tx, job.film, job.file, build, job.queued_since).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Completes a publish job: all objects of the build are in storage and checked. The film shows the build from now on, and its older
/// builds are collected in a day, when their viewers have finished. If a newer master was published in between, the film keeps that
/// build, and this one is collected.
pub async fn complete_publish(db: &Db, held: &Lease, manifest: &Manifest) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Publish])?;
    let build = job.build()?;
    queue::end(&mut tx, &job, JobState::Done, AttemptOutcome::Done, None, None).await?;
    rendition::set_measured(&mut tx, build, manifest).await?;
    match build::mark_ready(&mut tx, job.film, build).await? {
        Outdated::This => queue::insert_collect(&mut tx, job.film, build, CollectWhen::After(None)).await?,
        Outdated::Others(older) => {
            film::mark_ready(&mut tx, job.film, build, &manifest.plan).await?;
            for outdated in older {
                queue::insert_collect(&mut tx, job.film, outdated, CollectWhen::InADay).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(())
}
