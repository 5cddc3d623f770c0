//! Runs one claimed job and returns its outcome. The caller records the outcome in the queue.

use std::sync::Arc;

use db::{
    Db, build, film_file,
    queue::{ClaimedJob, Job, JobKind},
    workflow::{NewBuild, Retry},
};
use domain::{
    child::Analysed,
    id::FileId,
    key::{Key, PresentationObject, PresentationRoot, film_prefix},
    libraries::Libraries,
    output::PartOutput,
    plan::Plan,
    planner,
    reason::{Reason, ReasonCode},
};
use presentation::PresentationError;
use tokio::sync::watch;
use tracing::info;

use crate::{
    execute::Done,
    lease::Progress,
    planning::{Unmeasured, unmeasured},
    publish::{Sealed, publish},
    queue::Config,
    sandbox::{ChildError, StoredMaster},
    sandboxed::in_sandbox,
    seal::SealError,
};

/// How a job ended.
pub(crate) enum Outcome {
    /// The master was probed.
    Probed { facts: Box<serde_json::Value>, build: Box<NewBuild> },
    /// Nang cannot show the master, or most of it is unreadable. A retry would not help.
    Refused(Reason),
    /// The loudness of an audio track is measured.
    Analysed(Analysed),
    /// The build is planned.
    PlanMade(Box<Plan>),
    /// A chunk or an audio track is encoded and stored.
    Encoded(PartOutput),
    /// The build is sealed, and a presentation with it is stored.
    Published(Box<Sealed>),
    /// The objects of an unused build or presentation, or an unused master, are deleted.
    Collected,
    /// A deleted film's masters and objects are deleted.
    Purged,
    /// A remote worker has done the part of the job that needs the sandbox; the server concludes it.
    Executed(Done),
    /// This worker is stopping.
    Released,
    /// This machine could not start the job, for a reason that does not depend on the job.
    Postponed(Reason),
    /// This worker's library versions differ from the build's and would produce different bytes.
    OtherLibraries { reason: Reason, here: Libraries },
    /// The objects `keys`, which belong to these parts, are missing from storage or altered.
    Damaged { reason: Reason, parts: Vec<(JobKind, u32)>, keys: Vec<String> },
    /// The job failed.
    Failed { reason: Reason, retry: Retry },
}

/// Why a job failed. The text is shown to admins.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    #[error(transparent)]
    Child(#[from] ChildError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Present(#[from] PresentationError),
    #[error("a database query failed: {0}")]
    Db(#[from] db::DbError),
    #[error("the storage failed: {0}")]
    Storage(#[from] storage::StorageError),
    #[error("the master is missing from storage; upload it again")]
    NoMaster,
    #[error("{0}")]
    Missing(&'static str),
    #[error(
        "this version of Nang has no profile {0:?}; choose another profile for the film and upload its master again"
    )]
    UnknownProfile(String),
    #[error("{0}")]
    Inconsistent(String),
}

impl From<JobError> for Outcome {
    fn from(error: JobError) -> Self {
        let reason = error.reason();
        if let JobError::Child(ChildError::OtherLibraries { here, .. }) = error {
            return Self::OtherLibraries { reason, here };
        }
        if is_out_of_descriptors(&error) {
            // The text of a database error does not name the cause.
            let is_named = !matches!(error, JobError::Db(_));
            let named = || ReasonCode::TooManyOpenFiles.with_reason("cause", reason.clone());
            return Self::Postponed(if is_named { reason } else { named() });
        }
        if matches!(error, JobError::Child(ChildError::Start(_))) {
            return Self::Postponed(reason);
        }
        let retry = match &error {
            _ if is_full(&error) => Retry::LaterIfDiskSpace,
            JobError::Child(ChildError::ObjectDiffers(_))
            | JobError::Seal(SealError::Assemble(_) | SealError::ObjectDiffers(_)) => Retry::InNewBuild,
            JobError::Child(error) if error.is_permanent() => Retry::Never,
            JobError::Seal(error) if error.is_permanent() => Retry::Never,
            JobError::Child(_)
            | JobError::Seal(_)
            | JobError::Present(_)
            | JobError::Db(_)
            | JobError::Storage(_) => Retry::Later,
            JobError::NoMaster
            | JobError::Missing(_)
            | JobError::UnknownProfile(_)
            | JobError::Inconsistent(_) => Retry::Never,
        };
        Self::Failed { reason, retry }
    }
}

impl JobError {
    /// Returns the reason for the admin.
    fn reason(&self) -> Reason {
        match self {
            Self::Child(error) => error.reason(),
            Self::Seal(error) => error.reason(),
            Self::Db(error) | Self::Present(PresentationError::Db(error)) => {
                ReasonCode::DatabaseFailed.with("detail", error)
            }
            Self::Storage(error) | Self::Present(PresentationError::Storage(error)) => {
                ReasonCode::StorageFailed.with("detail", error)
            }
            Self::NoMaster => ReasonCode::MasterMissing.into(),
            Self::UnknownProfile(profile) => {
                ReasonCode::ProfileUnknown.with("profile", format!("{profile:?}"))
            }
            Self::Present(_) | Self::Missing(_) | Self::Inconsistent(_) => self.to_string().into(),
        }
    }
}

fn is_full(error: &JobError) -> bool {
    use storage::StorageError::Full;
    matches!(
        error,
        JobError::Storage(Full(_))
            | JobError::Child(ChildError::Storage(Full(_)))
            | JobError::Seal(SealError::Storage(Full(_)))
            | JobError::Present(PresentationError::Storage(Full(_)))
    )
}

/// Whether this process or this machine has reached its limit on open files.
fn is_out_of_descriptors(error: &JobError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let number = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::raw_os_error);
        if number.is_some_and(|number| {
            [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE]
                .map(rustix::io::Errno::raw_os_error)
                .contains(&number)
        }) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Runs the job. Dropping the future stops the job and its child process.
pub(crate) async fn run(config: &Config, claimed: &ClaimedJob, progress: watch::Sender<Progress>) -> Outcome {
    let job = &claimed.job;
    let result = match job.kind {
        JobKind::Probe
        | JobKind::Analyse
        | JobKind::EncodeChunk
        | JobKind::EncodeAudio
        | JobKind::EncodeSubtitles => in_sandbox(config, job, progress).await,
        JobKind::Plan => plan(config, job).await,
        JobKind::Publish => publish(config, job, &progress).await,
        JobKind::Collect => collect(config, claimed).await,
        JobKind::Purge => purge(config, claimed).await,
    };
    result.unwrap_or_else(Outcome::from)
}

async fn plan(config: &Config, job: &Job) -> Result<Outcome, JobError> {
    let Unmeasured { build, profile, plan } = unmeasured(config, job).await?;
    let analyses = db::workflow::finished_analyses(&config.db, build.id).await?;
    let loudness: Vec<_> = analyses.into_iter().map(|analysed| analysed.loudness).collect();
    let plan = planner::measured(plan, &profile.loudness, &loudness)
        .map_err(|error| JobError::Inconsistent(error.to_string()))?;
    let libraries = build::libraries(&config.db, build.id).await?;
    info!(
        chunks = plan.timeline.chunk_count(),
        renditions = plan.rendition_names().count(),
        audio_tracks = plan.audio.len(),
        "Planned the film"
    );
    Ok(Outcome::PlanMade(Box::new(Plan { libraries, ..plan })))
}

/// Deletes the objects of an unused build or presentation, or an unused master. First the queue records the deletion under this lease; after that, nothing can make
/// them used again.
async fn collect(config: &Config, claimed: &ClaimedJob) -> Result<Outcome, JobError> {
    let job = &claimed.job;
    db::workflow::begin_collect(&config.db, &claimed.lease).await?;
    if let (None, Some(master)) = (job.build_id, job.file_id) {
        config.storage.delete(&Key::master(master)).await?;
        info!(file.id = %master, "Deleted a master that no build needs");
        return Ok(Outcome::Collected);
    }
    if let Some(presentation) = job.presentation_id {
        // A legacy presentation's objects are in the folder of its build and are deleted with it.
        let root = PresentationRoot::Film(job.film_id, presentation);
        let objects = [PresentationObject::Playlist, PresentationObject::Manifest];
        config.storage.delete_many(&objects.map(|object| root.key(object))).await?;
        info!(presentation.id = %presentation, "Deleted the objects of an unused presentation");
        return Ok(Outcome::Collected);
    }
    let id = job.build_id.ok_or(JobError::Missing("the job has no build"))?;
    let build = build::find(&config.db, id).await?.ok_or(JobError::Missing("the build no longer exists"))?;
    let objects = delete_all(config, &build.root.prefix()).await?;
    info!(build.id = %id, objects, "Deleted the objects of an unused build");
    Ok(Outcome::Collected)
}

/// Deletes a film's masters and objects, after the queue has recorded the deletion under this lease.
async fn purge(config: &Config, claimed: &ClaimedJob) -> Result<Outcome, JobError> {
    let job = &claimed.job;
    db::workflow::begin_purge(&config.db, &claimed.lease).await?;
    let objects = delete_all(config, &film_prefix(job.film_id)).await?;
    let masters = film_file::list_by_film(&config.db, job.film_id).await?;
    for master in &masters {
        config.storage.abort_upload(master.id).await?;
        config.storage.delete(&Key::master(master.id)).await?;
    }
    info!(objects, masters = masters.len(), "Deleted the objects and masters of a deleted film");
    Ok(Outcome::Purged)
}

/// Deletes all objects below a prefix and returns their number.
async fn delete_all(config: &Config, prefix: &str) -> Result<usize, JobError> {
    let keys: Vec<Key> = config.storage.list(prefix).await?.into_iter().map(|(key, _)| key).collect();
    config.storage.delete_many(&keys).await?;
    Ok(keys.len())
}

pub(crate) async fn find_build(db: &Db, job: &Job) -> Result<(build::Build, Plan), JobError> {
    let id = job.build_id.ok_or(JobError::Missing("the job has no build"))?;
    let build = build::find(db, id).await?.ok_or(JobError::Missing("the build no longer exists"))?;
    let plan = build::plan(db, id).await?.ok_or(JobError::Missing("the build no longer exists"))?;
    Ok((build, plan))
}

pub(crate) async fn master(config: &Config, file: FileId) -> Result<Arc<StoredMaster>, JobError> {
    let master = StoredMaster::open(config.storage.clone(), Key::master(file)).await?;
    master.map(Arc::new).ok_or(JobError::NoMaster)
}

#[cfg(test)]
mod tests {
    use std::io;

    use domain::{key::Key, publish::AssembleError};

    use super::{ChildError, JobError, Outcome, Retry, SealError};

    #[test]
    fn each_error_has_the_right_outcome_and_retry() {
        let io = |number| io::Error::from_raw_os_error(number);
        let storage = |number| storage::StorageError::Io { action: "open it".to_owned(), source: io(number) };
        let full = || storage::StorageError::Full("store it".to_owned());
        let init = || ChildError::ObjectDiffers(Key::parse("v720/init.mp4").unwrap());
        let (no_more_processes, too_many_files, broken) = (11, 24, 5);
        let cases: [(JobError, Option<Retry>); 10] = [
            (ChildError::Start(io(no_more_processes)).into(), None),
            (ChildError::Master(io(too_many_files)).into(), None),
            (storage(too_many_files).into(), None),
            (storage(broken).into(), Some(Retry::Later)),
            (full().into(), Some(Retry::LaterIfDiskSpace)),
            (ChildError::Storage(full()).into(), Some(Retry::LaterIfDiskSpace)),
            (SealError::Storage(full()).into(), Some(Retry::LaterIfDiskSpace)),
            (init().into(), Some(Retry::InNewBuild)),
            (SealError::Assemble(AssembleError::MissingSheet(1)).into(), Some(Retry::InNewBuild)),
            (ChildError::Refused("no film".into()).into(), Some(Retry::Never)),
        ];
        for (error, expected) in cases {
            let text = error.to_string();
            match (Outcome::from(error), expected) {
                (Outcome::Postponed(reason), None) => assert_eq!(reason.to_string(), text),
                (Outcome::Failed { retry, .. }, Some(expected)) => assert_eq!(retry, expected, "{text}"),
                (_, expected) => panic!("{text}: expected {expected:?}"),
            }
        }
    }
}
