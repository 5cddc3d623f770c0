//! Descriptions of jobs, for failure reasons that admins read.

use domain::{
    plan::{Plan, VideoPart},
    reason::{Reason, ReasonCode},
};

use crate::{
    DbError, Result, Tx,
    queue::{Held, JobKind},
    rows::{build, film_file},
};

/// Returns a description of the job that can follow "while". If the build's plan cannot be read, a part is described only by its
/// number, because that must not prevent the job from failing.
pub(super) async fn describe(tx: &mut Tx, job: &Held) -> Result<Reason> {
    Ok(match (job.kind, job.index) {
        (JobKind::EncodeChunk, Some(index)) => describe_chunk(plan_of(tx, job).await?.as_ref(), index),
        (JobKind::EncodeAudio, Some(index)) => describe_track(plan_of(tx, job).await?.as_ref(), index),
        (JobKind::EncodeSubtitles, _) => ReasonCode::WorkSubtitles.into(),
        (JobKind::Analyse, Some(index)) => ReasonCode::WorkAnalyse.with("number", index + 1),
        (JobKind::Plan, _) if is_dub(tx, job).await? => ReasonCode::WorkPlanDub.into(),
        (JobKind::Plan, _) => ReasonCode::WorkPlanFilm.into(),
        (JobKind::Publish, _) if is_dub(tx, job).await? => ReasonCode::WorkPublishDub.into(),
        (JobKind::Publish, _) => ReasonCode::WorkPublishFilm.into(),
        (JobKind::Collect, _) => ReasonCode::WorkCollect.into(),
        (JobKind::Purge, _) => ReasonCode::WorkPurge.into(),
        _ if is_dub(tx, job).await? => ReasonCode::WorkReadDub.into(),
        _ => ReasonCode::WorkReadMaster.into(),
    })
}

async fn is_dub(tx: &mut Tx, job: &Held) -> Result<bool> {
    match job.file {
        Some(file) => film_file::is_dub(tx, file).await,
        None => Ok(false),
    }
}

async fn plan_of(tx: &mut Tx, job: &Held) -> Result<Option<Plan>> {
    match build::plan_of(tx, job.build()?).await {
        Ok(plan) => Ok(Some(plan)),
        Err(DbError::UnreadablePlan { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn describe_chunk(plan: Option<&Plan>, index: u32) -> Reason {
    let part = plan.and_then(|plan| Some((&plan.timeline, plan.video_part(index)?)));
    let Some((timeline, VideoPart { chunk, group })) = part else {
        return ReasonCode::WorkVideoPart.with("number", index + 1);
    };
    let second = |frame: u64| frame * u64::from(timeline.frame_ticks) / u64::from(timeline.timescale.max(1));
    ReasonCode::WorkChunk
        .with("number", chunk.index + 1)
        .with("total", timeline.chunk_count())
        .with_some("group", (group > 0).then_some(group + 1))
        .with("from", clock(second(chunk.first_frame)))
        .with("to", clock(second(chunk.first_frame + chunk.frames)))
}

fn describe_track(plan: Option<&Plan>, index: u32) -> Reason {
    let track = plan.and_then(|plan| plan.audio.get(usize::try_from(index).ok()?));
    ReasonCode::WorkAudio
        .with("number", index + 1)
        .with_some("total", plan.map(|plan| plan.audio.len()))
        .with_some("label", track.map(|track| &track.label))
}

fn clock(second: u64) -> String {
    format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}
