//! Builds of subtitle files. They are small and made at once by the process that received the file, so they have no jobs.

use domain::{
    build_record::BuildRecord,
    id::{BuildId, FileId, FilmId, TrackId},
    presentation::TrackSettings,
};
use serde_json::json;

use crate::{
    Db, DbError, Result, Tx,
    queue::{self, CollectWhen},
    rows::{
        audit::{self, Author, Entry},
        build, film, film_file, rendition,
        track::{self, TrackKind},
    },
};

/// A subtitle build whose objects are about to be written.
#[derive(Clone, Debug)]
pub struct NewSubtitle<'a> {
    /// The film.
    pub film: FilmId,
    /// Its build.
    pub build: BuildId,
    /// The track. It is created if it does not exist.
    pub track: TrackId,
    /// The uploaded file; `None` if an editor corrects cues of the track's present file.
    pub file: Option<NewSubtitleFile<'a>>,
    /// What the editor wants of the track.
    pub settings: &'a TrackSettings,
    /// The action, for the audit log.
    pub action: &'static str,
}

/// An uploaded subtitle file, which is stored already.
#[derive(Clone, Copy, Debug)]
pub struct NewSubtitleFile<'a> {
    /// Its id.
    pub id: FileId,
    /// Its name on the editor's computer.
    pub name: &'a str,
    /// Its size.
    pub size_bytes: u64,
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: &'a str,
}

/// Records a subtitle build whose objects are about to be written. [`finish_subtitle`] must follow within an hour; otherwise a sweep
/// deletes the build.
pub async fn begin_subtitle(db: &Db, author: &Author, new: &NewSubtitle<'_>) -> Result<()> {
    let mut tx = db.begin().await?;
    film::lock(&mut tx, new.film).await?.then_some(()).ok_or(DbError::NotFound)?;
    if film::is_deleted(&mut tx, new.film).await? {
        return Err(DbError::conflict("films_not_deleted", "the film is deleted"));
    }
    let known = track::lock(&mut tx, new.film, new.track, TrackKind::Subtitle).await?;
    if known.is_none() {
        track::insert(&mut tx, author, new.film, new.track, TrackKind::Subtitle, new.settings).await?;
    }
    let file = match new.file {
        Some(file) => {
            film_file::insert_whole(
                &mut tx,
                author,
                new.film,
                file.id,
                file.name,
                file.size_bytes,
                file.sha256,
            )
            .await?;
            file.id
        }
        None => known.and_then(|track| track.file_id).ok_or(DbError::NotFound)?,
    };
    track::set_source(&mut tx, new.track, file, new.settings).await?;
    build::insert_subtitle(&mut tx, new.film, file, new.build, new.track).await?;
    let entry = Entry {
        author,
        action: new.action,
        subject: "track",
        subject_id: Some(new.track.0),
        label: Some(new.settings.menu_label()),
        changes: json!({ "film_id": new.film, "file": new.file.map(|file| file.name) }),
    };
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Records that all objects of a subtitle build are stored.
pub async fn finish_subtitle(db: &Db, film: FilmId, build: BuildId, record: &BuildRecord) -> Result<()> {
    let mut tx = db.begin().await?;
    film::lock(&mut tx, film).await?.then_some(()).ok_or(DbError::NotFound)?;
    rendition::insert_subtitles(&mut tx, build, record).await?;
    rendition::set_measured(&mut tx, build, record).await?;
    build::mark_ready(&mut tx, build).await?;
    tx.commit().await?;
    Ok(())
}

/// Deletes builds that no presentation came to name: their process was killed before it finished. Returns their number.
pub async fn delete_abandoned_subtitles(db: &Db) -> Result<u64> {
    let mut count = 0;
    for (film, id) in build::abandoned_subtitles(db).await? {
        let mut tx = db.begin().await?;
        if film::lock(&mut tx, film).await? && abandon(&mut tx, film, id).await? {
            tx.commit().await?;
            count += 1;
        }
    }
    Ok(count)
}

async fn abandon(tx: &mut Tx, film: FilmId, id: BuildId) -> Result<bool> {
    if !build::abandon_subtitle(tx, id).await? {
        return Ok(false);
    }
    queue::insert_collect(tx, film, id, CollectWhen::After(None)).await?;
    Ok(true)
}
