//! Plans a build of a master or a dub, from what its probe found.

use db::{
    build, film_file,
    film_file::{FilePurpose, FilmFile},
    queue::Job,
};
use domain::{
    facts::MediaFacts,
    plan::Plan,
    planner::{self, dub},
    profile::Profile,
    reason::Reason,
};

use crate::{dub as dubs, job::JobError, queue::Config};

/// A plan without measurements.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    /// Which of a dub's audio tracks is used, for editors.
    pub(crate) note: Option<String>,
}

/// Plans a build of the file, or refuses the file with a reason for editors.
pub(crate) async fn plan_source(
    config: &Config,
    profile: &Profile,
    file: &FilmFile,
    facts: &MediaFacts,
) -> Result<Result<Planned, Reason>, JobError> {
    if file.purpose != FilePurpose::Dub {
        let plan = planner::plan(profile, facts);
        return Ok(plan.map(|plan| Planned { plan, note: None }));
    }
    let target = match dubs::target(&config.db, &config.storage, file).await? {
        Ok(target) => target,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let dub = dub::plan(profile, facts, target.film, &target.settings);
    Ok(dub.map(|dub| Planned { note: Some(dub.chosen.to_string()), plan: dub.plan }))
}

/// A build that has no plan yet, with the plan that follows from its source's facts alone.
pub(crate) struct Unmeasured {
    pub(crate) build: build::Build,
    pub(crate) profile: &'static Profile,
    pub(crate) plan: Plan,
}

/// Returns the job's build with its plan without measurements.
pub(crate) async fn unmeasured(config: &Config, job: &Job) -> Result<Unmeasured, JobError> {
    let db = &config.db;
    let id = job.build_id.ok_or(JobError::Missing("the job has no build"))?;
    let build = build::find(db, id).await?.ok_or(JobError::Missing("the build no longer exists"))?;
    let profile =
        Profile::shipped(&build.profile).ok_or_else(|| JobError::UnknownProfile(build.profile.clone()))?;
    let file =
        film_file::find(db, build.file_id).await?.ok_or(JobError::Missing("the file no longer exists"))?;
    let facts = file.facts.clone().and_then(|facts| serde_json::from_value(facts).ok());
    let facts = facts.ok_or(JobError::Missing(
        "the facts of the file are missing or were stored by another version of Nang; encode the master again, or add the dub again",
    ))?;
    let planned = plan_source(config, profile, &file, &facts).await?;
    let Planned { plan, .. } = planned.map_err(|refusal| JobError::Inconsistent(refusal.to_string()))?;
    Ok(Unmeasured { build, profile, plan })
}
