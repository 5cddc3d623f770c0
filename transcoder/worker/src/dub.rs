//! Dubs: the timeline of the film that a dub is fitted to, and the presentation that gets its track.

use db::{
    Db, build, film_file::FilmFile, presentation as presentations, presentation::StoredPresentation, track,
};
use domain::{
    id::TrackId,
    plan::Timeline,
    planner::dub::{self, DubRefusal},
    presentation::{Presentation, Track, TrackKind, TrackSettings},
};
use presentation::{PresentationError, read_record};
use storage::Storage;

use crate::{job::JobError, publish::Sealed};

/// What a dub is planned for.
pub(crate) struct Target {
    /// The timeline of the film that viewers get.
    pub(crate) film: Timeline,
    /// What the editor wants of the track.
    pub(crate) settings: TrackSettings,
}

/// Why a dub is not made, in words for editors.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DubError {
    #[error(
        "The film shows nothing any more, so the dub cannot be fitted to it. Make the film ready, then add the dub again."
    )]
    NotShown,
    #[error("The dub was removed.")]
    Removed,
    #[error(
        "The film was replaced while the dub was being made. It lasted {}, and now it lasts {}. Choose a file for the present \
         version of the film.",
        domain::clock_time(*planned_ms),
        domain::clock_time(*film_ms)
    )]
    FilmReplaced { planned_ms: u64, film_ms: u64 },
    #[error(transparent)]
    Refused(#[from] DubRefusal),
}

/// Returns what the dub's file is planned for.
pub(crate) async fn target(
    db: &Db,
    storage: &Storage,
    file: &FilmFile,
) -> Result<Result<Target, DubError>, JobError> {
    let Some(track) = track::find_of_dub(db, file.id).await? else { return Ok(Err(DubError::Removed)) };
    let Some(shown) = presentations::shown(db, file.film_id).await? else {
        return Ok(Err(DubError::NotShown));
    };
    let video = shown.content.video;
    let root = build::roots(db, &[video]).await?.remove(&video).ok_or(PresentationError::NoBuild(video))?;
    let record = read_record(storage, root).await?;
    Ok(match dub::timeline_of(&record.plan) {
        Some(film) => Ok(Target { film, settings: track.settings }),
        None => Err(DubRefusal::UnknownTimeline.into()),
    })
}

/// Returns the presentation that follows `shown`, with the track of a sealed dub.
pub(crate) async fn with_track(
    db: &Db,
    shown: Option<&StoredPresentation>,
    id: TrackId,
    sealed: &Sealed,
) -> Result<Result<Presentation, DubError>, PresentationError> {
    let Some(shown) = shown else { return Ok(Err(DubError::NotShown)) };
    let Some(track) = track::find(db, id).await? else { return Ok(Err(DubError::Removed)) };
    let (planned_ms, film_ms) = (sealed.record.duration_ms, shown.duration_ms);
    if planned_ms.abs_diff(film_ms) > dub::tolerance_ms(film_ms) {
        return Ok(Err(DubError::FilmReplaced { planned_ms, film_ms }));
    }
    let TrackSettings { ref language, default, role, .. } = track.settings;
    let new = Track {
        id,
        build: sealed.build,
        renditions: sealed.record.audio.iter().map(|rendition| rendition.name.clone()).collect(),
        language: language.clone(),
        label: track.settings.menu_label(),
        default,
        forced: false,
        role,
        master_rendition: None,
    };
    Ok(Ok(shown.content.clone().with_track(TrackKind::Audio, new)))
}
