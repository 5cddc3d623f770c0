//! Jobs that read a master in the sandbox: what they need is read from the database before, and what comes out is concluded after it.
//! In between, the work depends on nothing else, so another machine can do it ([`crate::remote`]).

use db::{
    film,
    film_file::{self, FilmFile},
    queue::{Job, JobKind},
    workflow::{BuildStart, NewBuild},
};
use domain::{
    child::{Part, Probed, Task, Work},
    id::{BuildId, FileId},
    key::{BuildRoot, Key},
    plan::{Plan, VideoPart},
    profile::Profile,
};
use storage::Storage;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    execute::{Done, execute},
    job::{JobError, Outcome, find_build, master},
    lease::Progress,
    objects::BuildObjects,
    planning::{Planned, Unmeasured, plan_source, unmeasured},
    queue::Config,
    sandbox::ChildError,
    seal::refusal,
};

/// What a job needs in the sandbox, apart from the master's bytes.
pub(crate) struct Prepared {
    /// The master.
    pub(crate) file: FileId,
    pub(crate) work: Work,
    /// The folder in which a part is stored.
    root: BuildRoot,
    /// Objects that the part may replace.
    damaged: Vec<Key>,
}

impl Prepared {
    /// Returns where the part's objects are stored.
    pub(crate) fn objects(&self, storage: &Storage) -> BuildObjects {
        BuildObjects::new(storage.clone(), self.root).replacing(self.damaged.iter().cloned())
    }
}

pub(crate) async fn in_sandbox(
    config: &Config,
    job: &Job,
    progress: watch::Sender<Progress>,
) -> Result<Outcome, JobError> {
    let prepared = prepare(config, job).await?;
    let master = master(config, prepared.file).await?;
    let objects = prepared.objects(&config.storage);
    match execute(&config.sandbox, &prepared.work, master, objects, progress).await {
        Ok(done) => conclude(config, job, &prepared, done).await,
        Err(ChildError::Refused(reason)) => Ok(Outcome::Refused(reason)),
        Err(error) => Err(error.into()),
    }
}

/// Reads what the job needs. A job that cannot succeed fails here, before a child is started.
pub(crate) async fn prepare(config: &Config, job: &Job) -> Result<Prepared, JobError> {
    let part = |index: Option<u32>| index.ok_or(JobError::Missing("the job has no part index"));
    match job.kind {
        JobKind::Probe => {
            let (file, _) = source(config, job).await?;
            Ok(Prepared { file: file.id, work: Work::Probe, root: BuildRoot::Top, damaged: Vec::new() })
        }
        JobKind::Analyse => {
            let Unmeasured { build, plan, .. } = unmeasured(config, job).await?;
            let task = Task { plan, part: Part::Audio(part(job.index)?) };
            let work = Work::Analyse(Box::new(task));
            Ok(Prepared { file: build.file_id, work, root: build.root, damaged: Vec::new() })
        }
        JobKind::EncodeChunk | JobKind::EncodeAudio | JobKind::EncodeSubtitles => {
            let (build, plan) = find_build(&config.db, job).await?;
            let index = part(job.index)?;
            let part = match job.kind {
                JobKind::EncodeChunk => {
                    let VideoPart { chunk, group } =
                        plan.video_part(index).ok_or(JobError::Missing("the plan has no such chunk"))?;
                    Part::Chunk { index: chunk.index, group }
                }
                JobKind::EncodeSubtitles => Part::Subtitles,
                _ => Part::Audio(index),
            };
            let work = Work::Encode(Box::new(Task { plan, part }));
            let damaged = damaged_keys(job).collect();
            Ok(Prepared { file: build.file_id, work, root: build.root, damaged })
        }
        JobKind::Plan | JobKind::Publish | JobKind::Collect | JobKind::Purge => {
            Err(JobError::Missing("this kind of job needs no sandbox"))
        }
    }
}

/// Returns the file of a probe and its profile.
async fn source(config: &Config, job: &Job) -> Result<(FilmFile, &'static Profile), JobError> {
    let file = job.file_id.ok_or(JobError::Missing("the job has no master"))?;
    let file =
        film_file::find(&config.db, file).await?.ok_or(JobError::Missing("the file no longer exists"))?;
    let film =
        film::find(&config.db, job.film_id).await?.ok_or(JobError::Missing("the film no longer exists"))?;
    let profile =
        Profile::shipped(&film.profile).ok_or_else(|| JobError::UnknownProfile(film.profile.clone()))?;
    Ok((file, profile))
}

/// Turns what came out of the sandbox into the outcome of the job.
pub(crate) async fn conclude(
    config: &Config,
    job: &Job,
    prepared: &Prepared,
    done: Done,
) -> Result<Outcome, JobError> {
    match (done, &prepared.work) {
        (Done::Probed(probed), Work::Probe) => probed_source(config, job, *probed).await,
        (Done::Analysed(analysed), Work::Analyse(_)) => Ok(Outcome::Analysed(analysed)),
        // Before the rest of the film is encoded. The sum of all parts is checked when the build is sealed.
        (Done::Encoded(output), Work::Encode(task)) => {
            Ok(refusal(&task.plan, &output.damage).map_or(Outcome::Encoded(output), Outcome::Refused))
        }
        _ => Err(JobError::Missing("the result is of another kind of job")),
    }
}

async fn probed_source(config: &Config, job: &Job, probed: Probed) -> Result<Outcome, JobError> {
    let Probed { facts, libraries } = probed;
    let (file, profile) = source(config, job).await?;
    // A master or dub that cannot be used is refused now. Its plan is made again with the measurements.
    let Planned { plan, note } = match plan_source(config, profile, &file, &facts).await? {
        Ok(planned) => planned,
        Err(refusal) => return Ok(Outcome::Refused(refusal)),
    };
    let start = match u32::try_from(plan.audio.len()) {
        Ok(0) => BuildStart::Encoding(Box::new(Plan { libraries: Some(libraries), ..plan })),
        tracks => BuildStart::Analysing {
            profile: profile.name.clone(),
            libraries,
            tracks: tracks.unwrap_or(u32::MAX),
        },
    };
    let facts = serde_json::to_value(&facts).map_err(|error| JobError::Inconsistent(error.to_string()))?;
    let build = NewBuild { id: BuildId(Uuid::now_v7()), start, note };
    Ok(Outcome::Probed { facts: Box::new(facts), build: Box::new(build) })
}

/// Returns the objects that publishing found damaged and that this job may replace.
fn damaged_keys(job: &Job) -> impl Iterator<Item = Key> {
    job.damaged_keys.iter().filter_map(|key| Key::parse(key).ok())
}
