//! The publish job: seals the build and makes a presentation with it.

use db::{
    Db,
    audit::Author,
    film_file, presentation as presentations,
    queue::{Job, JobKind, Lease},
    workflow::{Published, complete_publish, discard_presentation, hold_damaged},
};
use domain::{
    build_record::BuildRecord,
    damage::{self, BuildDamage, DamageLevel},
    id::{BuildId, FilmId, TrackId},
    key::BuildRoot,
    presentation::{Named, NamedBuild, first_presentation},
    reason::Reason,
};
use presentation::{Draft, PresentationError, make, with_dub};
use storage::Storage;
use tokio::sync::watch;
use tracing::{info, warn};
use uuid::Uuid;

use crate::{
    job::{JobError, Outcome, find_build},
    lease::Progress,
    queue::Config,
    seal::{SealError, renditions_with_high_peak, seal},
};

/// A sealed build, of which a presentation follows.
pub(crate) struct Sealed {
    film: FilmId,
    pub(crate) build: BuildId,
    /// The track that a dub makes; `None` for a film.
    track: Option<TrackId>,
    root: BuildRoot,
    pub(crate) record: BuildRecord,
}

/// Why a sealed build is not shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PresentError {
    #[error(transparent)]
    Presentation(#[from] PresentationError),
    #[error("{0}")]
    Dub(Reason),
}

impl From<db::DbError> for PresentError {
    fn from(error: db::DbError) -> Self {
        Self::Presentation(error.into())
    }
}

/// Seals the job's build.
pub(crate) async fn publish(
    config: &Config,
    job: &Job,
    progress: &watch::Sender<Progress>,
) -> Result<Outcome, JobError> {
    let (build, plan) = find_build(&config.db, job).await?;
    let file = film_file::find(&config.db, build.file_id)
        .await?
        .ok_or(JobError::Missing("the master no longer exists in the database"))?;
    let master_sha256 = file.sha256.ok_or(JobError::Missing("the master's hash is not recorded"))?;
    let parts = db::workflow::finished_parts(&config.db, build.id).await?;
    let report = |done, total| {
        progress.send_replace((done, total));
    };
    let damaged = match seal(&config.storage, build.root, &plan, &parts, master_sha256, report).await {
        Ok(record) => {
            for rendition in renditions_with_high_peak(&record) {
                let bitrates = rendition.measured.bitrates;
                warn!(
                    rendition = rendition.name.as_str(),
                    bitrates.average_bps,
                    bitrates.peak_bps,
                    "The peak bit rate of a rendition is more than twice its average; Apple's authoring rules advise at most twice"
                );
            }
            log_damage(&record);
            let (film, track, root) = (build.film_id, build.track_id, build.root);
            let sealed = Sealed { film, build: build.id, track, root, record };
            return Ok(Outcome::Published(Box::new(sealed)));
        }
        Err(SealError::Damaged(damaged)) => damaged,
        Err(SealError::Unreadable(reason)) => return Ok(Outcome::Refused(reason)),
        Err(error) => return Err(error.into()),
    };
    let chunks = plan.video_part_count();
    let tracks = u32::try_from(plan.audio.len()).unwrap_or(u32::MAX);
    let kind_of = |index: usize| {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        match index.checked_sub(chunks) {
            None => (JobKind::EncodeChunk, index),
            Some(track) if track < tracks => (JobKind::EncodeAudio, track),
            Some(_) => (JobKind::EncodeSubtitles, 0),
        }
    };
    let owners = damaged.owners(build.root, &parts).into_iter().map(kind_of).collect();
    // Deletes nothing, because this worker's lease may have ended. The jobs that encode the parts again replace the objects.
    let keys = damaged.keys().map(|key| key.as_str().to_owned()).collect();
    Ok(Outcome::Damaged { reason: damaged.reason(), parts: owners, keys })
}

fn log_damage(record: &BuildRecord) {
    let Some(found) = BuildDamage::of(record) else { return };
    let level = found.level();
    for named in &found.tracks {
        let damage = damage::summary(&named.track, named.label.as_deref());
        if level == DamageLevel::Serious {
            warn!(damage, "The master is damaged; the build waits until an editor publishes it");
        } else {
            info!(damage, "The master is slightly damaged; the build is published");
        }
    }
}

/// Makes a presentation with a sealed build and completes the job: of a film, or of the shown one with a dub. A build with serious
/// damage gets none: it waits for an editor, and the film shows what it showed. An editor may change the film's tracks at the same time;
/// then the presentation is made again from the newer one.
pub(crate) async fn present(
    db: &Db,
    storage: &Storage,
    lease: &Lease,
    sealed: &Sealed,
) -> Result<(), PresentError> {
    let found = &sealed.record.damage;
    if damage::level(found, sealed.record.duration_ms) == DamageLevel::Serious {
        let reason = sealed.track.and(found.first()).map(|track| damage::waiting_dub(&track.damage));
        return Ok(hold_damaged(db, lease, &sealed.record, reason.as_ref()).await?);
    }
    loop {
        let shown = presentations::shown(db, sealed.film).await?;
        let content = if let Some(track) = sealed.track {
            with_dub(db, shown.as_ref(), track, sealed.build, &sealed.record)
                .await?
                .map_err(PresentError::Dub)?
        } else {
            let before = shown.as_ref().map(|shown| &shown.content);
            first_presentation(sealed.build, &sealed.record, before, || TrackId(Uuid::now_v7()))
        };
        let named = NamedBuild { root: sealed.root, record: sealed.record.clone() };
        let draft = Draft {
            film: sealed.film,
            author: &Author::NANG,
            made_by: if sealed.track.is_some() { "dub.publish" } else { "build.publish" },
            content,
            lease: Some(lease),
            known: Named::from([(sealed.build, named)]),
        };
        let id = make(db, storage, draft).await?;
        match complete_publish(db, lease, &sealed.record, id, shown.map(|shown| shown.id)).await {
            Ok(Published::Shown) => return Ok(()),
            Ok(Published::Outdated) => {
                info!("The film already shows a newer master; the build is not shown");
                return Ok(());
            }
            Ok(Published::BaseChanged) => discard_presentation(db, sealed.film, id).await?,
            Err(error) => {
                // If the answer was lost, the film may show it, and then it is not discarded.
                let _ = discard_presentation(db, sealed.film, id).await;
                return Err(error.into());
            }
        }
    }
}
