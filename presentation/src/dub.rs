//! The presentation that gets the track of a dub.

use db::{Db, presentation::StoredPresentation, track};
use domain::{
    build_record::BuildRecord,
    clock_time,
    id::{BuildId, TrackId},
    planner::dub,
    presentation::{Presentation, Track, TrackKind, TrackSettings},
    reason::{Reason, ReasonCode},
};

use crate::error::PresentationError;

/// Returns the presentation that follows `shown`, with the track `id` of a sealed dub.
pub async fn with_dub(
    db: &Db,
    shown: Option<&StoredPresentation>,
    id: TrackId,
    build: BuildId,
    record: &BuildRecord,
) -> Result<Result<Presentation, Reason>, PresentationError> {
    let Some(shown) = shown else { return Ok(Err(ReasonCode::DubFilmNotShown.into())) };
    let Some(track) = track::find(db, id).await? else { return Ok(Err(ReasonCode::DubRemoved.into())) };
    let (planned_ms, film_ms) = (record.duration_ms, shown.duration_ms);
    if planned_ms.abs_diff(film_ms) > dub::tolerance_ms(film_ms) {
        return Ok(Err(ReasonCode::DubFilmReplaced
            .with("before", clock_time(planned_ms))
            .with("now", clock_time(film_ms))));
    }
    let TrackSettings { ref language, default, role, .. } = track.settings;
    let new = Track {
        id,
        build,
        renditions: record.audio.iter().map(|rendition| rendition.name.clone()).collect(),
        language: language.clone(),
        label: track.settings.menu_label(),
        default,
        forced: false,
        role,
        master_rendition: None,
    };
    Ok(Ok(shown.content.clone().with_track(TrackKind::Audio, new)))
}
