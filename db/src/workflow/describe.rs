//! Descriptions of jobs, for failure reasons that admins read.

use std::fmt::Write;

use domain::plan::{Plan, VideoPart};

use crate::{
    DbError, Result, Tx,
    queue::{Held, JobKind},
    rows::{build, film_file},
};

/// Returns a description of the job that can follow "while". If the build's plan cannot be read, a part is described only by its
/// number, because that must not prevent the job from failing.
pub(super) async fn describe(tx: &mut Tx, job: &Held) -> Result<String> {
    Ok(match (job.kind, job.index) {
        (JobKind::EncodeChunk, Some(index)) => describe_chunk(plan_of(tx, job).await?.as_ref(), index),
        (JobKind::EncodeAudio, Some(index)) => describe_track(plan_of(tx, job).await?.as_ref(), index),
        (JobKind::EncodeSubtitles, _) => "reading the subtitles of the master".to_owned(),
        (JobKind::Analyse, Some(index)) => format!("measuring the loudness of audio track {}", index + 1),
        (JobKind::Plan, _) => format!("planning the {}", product(tx, job).await?),
        (JobKind::Publish, _) => format!("publishing the {}", product(tx, job).await?),
        (JobKind::Collect, _) => "deleting objects that are no longer needed".to_owned(),
        (JobKind::Purge, _) => "purging a deleted film".to_owned(),
        _ => format!("reading the {}", if is_dub(tx, job).await? { "dub" } else { "master" }),
    })
}

/// What the job helps to make.
async fn product(tx: &mut Tx, job: &Held) -> Result<&'static str> {
    Ok(if is_dub(tx, job).await? { "dub" } else { "film" })
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

fn describe_chunk(plan: Option<&Plan>, index: u32) -> String {
    let part = plan.and_then(|plan| Some((&plan.timeline, plan.video_part(index)?)));
    let Some((timeline, VideoPart { chunk, group })) = part else {
        return format!("encoding video part {}", index + 1);
    };
    let mut text = format!("encoding chunk {} of {}", chunk.index + 1, timeline.chunk_count());
    if group > 0 {
        let _ = write!(text, " in codec group {}", group + 1);
    }
    let second = |frame: u64| frame * u64::from(timeline.frame_ticks) / u64::from(timeline.timescale.max(1));
    let (from, to) = (second(chunk.first_frame), second(chunk.first_frame + chunk.frames));
    let _ = write!(text, " ({}–{})", clock(from), clock(to));
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
