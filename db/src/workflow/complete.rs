//! Completing jobs. Each completion and the step that follows it are one transaction.

use domain::{
    build_record::BuildRecord,
    child::Analysed,
    id::{BuildId, PresentationId},
    libraries::Libraries,
    output::PartOutput,
    plan::Plan,
};

use super::{
    build::{part_count, source, start_build, start_encoding},
    damage::collect_damaged_before,
    lock,
    presentation::show,
};
use crate::{
    Db, DbError, Result,
    queue::{self, AttemptOutcome, CollectWhen, JobKind, JobState, Lease},
    rows::{build, film_file, presentation, rendition},
};

/// The build that follows a probe.
#[derive(Clone, Debug)]
pub struct NewBuild {
    /// Id of the build.
    pub id: BuildId,
    /// How it begins.
    pub start: BuildStart,
    /// Which of a dub's audio tracks is used, for editors; `None` for a master.
    pub note: Option<String>,
}

/// How a build begins.
#[derive(Clone, Debug)]
pub enum BuildStart {
    /// The source's audio tracks are analysed before the build is planned.
    Analysing {
        /// Name of the profile that the build will be planned with.
        profile: String,
        /// Library versions of the worker that probed the source.
        libraries: Libraries,
        /// Number of audio tracks, at least 1.
        tracks: u32,
    },
    /// There is nothing to analyse, so the build is planned already.
    Encoding(Box<Plan>),
}

/// Completes a probe: records the master's facts and creates the build, with a job for each audio track to analyse, or for each part.
pub async fn complete_probe(db: &Db, held: &Lease, facts: serde_json::Value, new: NewBuild) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Probe])?;
    let file = job.file()?;
    film_file::set_facts(&mut tx, file, &facts).await?;
    if let Some(note) = &new.note {
        film_file::set_note(&mut tx, file, note).await?;
    }
    match new.start {
        BuildStart::Analysing { profile, libraries, tracks } => {
            let tracks = i32::try_from(tracks).unwrap_or(i32::MAX);
            let source = source(&mut tx, job.film, file).await?;
            build::insert_unplanned(&mut tx, source, new.id, &profile, &libraries, tracks).await?;
            queue::insert_analyses(&mut tx, job.film, file, new.id, tracks, job.queued_since).await?;
        }
        BuildStart::Encoding(plan) => {
            start_build(&mut tx, job.film, file, new.id, &plan, job.queued_since).await?;
        }
    }
    queue::end(&mut tx, &job, JobState::Done, AttemptOutcome::Done, None, None).await?;
    tx.commit().await?;
    Ok(())
}

/// Completes the analysis of an audio track. Completing the last one of a build queues the plan job.
pub async fn complete_analysis(db: &Db, held: &Lease, analysed: &Analysed) -> Result<()> {
    let result = serde_json::to_value(analysed)
        .map_err(|_| DbError::Invariant("serializing the result of an analysis"))?;
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Analyse])?;
    let build = job.build()?;
    queue::end(&mut tx, &job, JobState::Done, AttemptOutcome::Done, None, Some(result)).await?;
    if build::analysis_done(&mut tx, build).await? {
        queue::insert_plan(&mut tx, job.film, job.file()?, build, job.queued_since).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Completes a plan job: records the plan, and creates the renditions and a job for each part.
pub async fn complete_plan(db: &Db, held: &Lease, plan: &Plan) -> Result<()> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Plan])?;
    let build = job.build()?;
    queue::end(&mut tx, &job, JobState::Done, AttemptOutcome::Done, None, None).await?;
    build::set_plan(&mut tx, build, plan, part_count(plan)).await?;
    start_encoding(&mut tx, job.film, job.file()?, build, plan, job.queued_since).await?;
    tx.commit().await?;
    Ok(())
}

/// Completes a part of a build, which is encoded and stored. Completing the last part of a build queues the publish job.
pub async fn complete_part(db: &Db, held: &Lease, output: &PartOutput) -> Result<()> {
    let result =
        serde_json::to_value(output).map_err(|_| DbError::Invariant("serializing the output of a part"))?;
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::EncodeChunk, JobKind::EncodeAudio, JobKind::EncodeSubtitles])?;
    let build = job.build()?;
    queue::end(&mut tx, &job, JobState::Done, AttemptOutcome::Done, None, Some(result)).await?;
    if build::part_done(&mut tx, build).await? {
        queue::insert_publish(&mut tx, job.film, job.file, build, job.queued_since).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// How a publish job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// The film shows the new presentation.
    Shown,
    /// The film already shows the presentation of a newer master; this build is collected.
    Outdated,
    /// The film shows another presentation than `base`, so nothing was changed: the caller must make the presentation again.
    BaseChanged,
}

/// Completes a publish job: all objects of the build are in storage and checked, and so is the `presentation` that was made from the
/// one that the film showed, `base`. The film shows it from now on; the replaced presentation can be shown again until it is retired.
pub async fn complete_publish(
    db: &Db,
    held: &Lease,
    record: &BuildRecord,
    id: PresentationId,
    base: Option<PresentationId>,
) -> Result<Published> {
    let mut tx = db.begin().await?;
    let job = lock::held_job(&mut tx, held).await?;
    job.expect_kind(&[JobKind::Publish])?;
    let build = job.build()?;
    if presentation::shown_id(&mut tx, job.film).await? != base {
        return Ok(Published::BaseChanged);
    }
    let stored = presentation::lock(&mut tx, job.film, id)
        .await?
        .filter(|stored| stored.retired_at.is_none())
        .ok_or(DbError::Invariant("publishing a presentation that is retired"))?;
    queue::end(&mut tx, &job, JobState::Done, AttemptOutcome::Done, None, None).await?;
    rendition::insert_subtitles(&mut tx, build, record).await?;
    rendition::set_measured(&mut tx, build, record).await?;
    build::set_subtitle_notes(&mut tx, build, &record.subtitle_notes).await?;
    build::record_damage(&mut tx, build, record).await?;
    build::mark_ready(&mut tx, build).await?;
    let published = if stored.content.video == build && build::is_outdated(&mut tx, job.film, build).await? {
        presentation::retire_unshown(&mut tx, id).await?;
        queue::insert_collect_of_presentation(&mut tx, job.film, id).await?;
        build::supersede(&mut tx, build).await?;
        queue::insert_collect(&mut tx, job.film, build, CollectWhen::After(None)).await?;
        Published::Outdated
    } else {
        show(&mut tx, &stored, base).await?;
        collect_damaged_before(&mut tx, job.film, build).await?;
        Published::Shown
    };
    tx.commit().await?;
    Ok(published)
}
