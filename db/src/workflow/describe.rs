//! Descriptions of jobs, for failure reasons that admins read.

use std::fmt::Write;

use domain::plan::Plan;

use crate::{
    DbError, Result, Tx,
    queue::{Held, JobKind},
    rows::build,
};

/// Returns a description of the job that can follow "while". If the build's plan cannot be read, a part is described only by its
/// number, because that must not prevent the job from failing.
pub(super) async fn describe(tx: &mut Tx, job: &Held) -> Result<String> {
    Ok(match (job.kind, job.index) {
        (JobKind::EncodeChunk, Some(index)) => describe_chunk(plan_of(tx, job).await?.as_ref(), index),
        (JobKind::EncodeAudio, Some(index)) => describe_track(plan_of(tx, job).await?.as_ref(), index),
        (JobKind::Publish, _) => "publishing the film".to_owned(),
        (JobKind::Collect, _) => "deleting objects that are no longer needed".to_owned(),
        (JobKind::Purge, _) => "purging a deleted film".to_owned(),
        _ => "reading the master".to_owned(),
    })
}

async fn plan_of(tx: &mut Tx, job: &Held) -> Result<Option<Plan>> {
    match build::plan_of(tx, job.build()?).await {
        Ok(plan) => Ok(Some(plan)),
        Err(DbError::UnreadablePlan { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn describe_chunk(plan: Option<&Plan>, index: u32) -> String {
    let mut text = format!("encoding chunk {}", index + 1);
    let Some(plan) = plan else { return text };
    let _ = write!(text, " of {}", plan.chunk_count());
    if let Some(chunk) = plan.chunk(index) {
        let second = |frame: u64| frame * u64::from(plan.frame_ticks) / u64::from(plan.timescale.max(1));
        let (from, to) = (second(chunk.first_frame), second(chunk.first_frame + chunk.frames));
        let _ = write!(text, " ({}–{})", clock(from), clock(to));
    }
    text
}

fn describe_track(plan: Option<&Plan>, index: u32) -> String {
    let mut text = format!("encoding audio track {}", index + 1);
    let Some(plan) = plan else { return text };
    let _ = write!(text, " of {}", plan.audio.len());
    let track = usize::try_from(index).ok().and_then(|index| plan.audio.get(index));
    if let Some(track) = track {
        let _ = write!(text, " ({})", track.label);
    }
    text
}

fn clock(second: u64) -> String {
    format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}
