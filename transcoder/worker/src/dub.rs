//! Dubs: the timeline of the film that a dub is fitted to.

use db::{Db, build, film_file::FilmFile, presentation as presentations, track};
use domain::{
    plan::Timeline,
    planner::dub,
    presentation::TrackSettings,
    reason::{Reason, ReasonCode},
};
use presentation::{PresentationError, read_record};
use storage::Storage;

use crate::job::JobError;

/// What a dub is planned for.
pub(crate) struct Target {
    /// The timeline of the film that viewers get.
    pub(crate) film: Timeline,
    /// What the editor wants of the track.
    pub(crate) settings: TrackSettings,
}

/// Returns what the dub's file is planned for.
pub(crate) async fn target(
    db: &Db,
    storage: &Storage,
    file: &FilmFile,
) -> Result<Result<Target, Reason>, JobError> {
    let Some(track) = track::find_of_dub(db, file.id).await? else {
        return Ok(Err(ReasonCode::DubRemoved.into()));
    };
    let Some(shown) = presentations::shown(db, file.film_id).await? else {
        return Ok(Err(ReasonCode::DubFilmNotShown.into()));
    };
    let video = shown.content.video;
    let root = build::roots(db, &[video]).await?.remove(&video).ok_or(PresentationError::NoBuild(video))?;
    let record = read_record(storage, root).await?;
    Ok(match dub::timeline_of(&record.plan) {
        Some(film) => Ok(Target { film, settings: track.settings }),
        None => Err(ReasonCode::DubTimelineUnknown.into()),
    })
}
