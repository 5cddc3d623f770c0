//! Runs the part of a job that needs the sandbox. It depends on nothing but its arguments, so a remote worker runs the same code and
//! produces the same bytes.

use std::sync::Arc;

use domain::{
    child::{Analysed, Part, Probed, Task, Work},
    output::PartOutput,
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{
    lease::Progress,
    objects::BuildObjects,
    sandbox::{ChildError, Master, Sandbox},
};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// The facts of a master.
    Probed(Box<Probed>),
    /// The loudness of an audio track.
    Analysed(Analysed),
    /// The record of a part whose objects are stored.
    Encoded(PartOutput),
}

/// Does the work in a sandboxed child, and stores what it encodes in `objects`.
pub(crate) async fn execute<M: Master>(
    sandbox: &Sandbox,
    work: &Work,
    master: Arc<M>,
    objects: BuildObjects,
    progress: watch::Sender<Progress>,
) -> Result<Done, ChildError> {
    match work {
        Work::Check => Err(ChildError::Plan("a check of the sandbox is not a job".to_owned())),
        Work::Probe => Ok(Done::Probed(Box::new(sandbox.probe(master).await?))),
        Work::Analyse(task) => Ok(Done::Analysed(sandbox.analyse(master, (**task).clone()).await?)),
        Work::Encode(task) => {
            let total = frames_of(task);
            let report = |done| {
                progress.send_replace((done, total));
            };
            Ok(Done::Encoded(sandbox.encode(master, (**task).clone(), objects, report).await?))
        }
    }
}

/// Returns the number of output frames of a part; 0 for subtitles.
fn frames_of(task: &Task) -> u64 {
    match task.part {
        Part::Chunk { index, .. } => task.plan.timeline.chunk(index).map_or(0, |chunk| chunk.frames),
        Part::Audio(_) => task.plan.timeline.frames,
        Part::Subtitles => 0,
    }
}
