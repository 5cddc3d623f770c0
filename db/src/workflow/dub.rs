//! Dubs: audio tracks that editors upload for a film that viewers can already play. They are encoded like a film, from the same queue,
//! but the film stays as it is until the new track is complete.

use domain::{
    id::{BuildId, FileId, FilmId, TrackId},
    presentation::{Presentation, TrackSettings},
    reason::{Reason, ReasonCode},
};
use serde_json::json;
use time::OffsetDateTime;

use super::{
    damage,
    upload::{NewFile, insert},
};
use crate::{
    Db, DbError, Result, Tx,
    queue::{self, CollectWhen},
    rows::{
        audit::{self, Author, Entry},
        build::{self, BuildState},
        film,
        film_file::{self, FilePurpose, FileState, FilmFile},
        presentation,
        track::{self, TrackKind},
    },
};

/// A dub whose upload begins.
#[derive(Clone, Debug)]
pub struct NewDub {
    /// The file.
    pub file: NewFile,
    /// The track.
    pub track: DubTrack,
}

/// The track that a dub's file is for.
#[derive(Clone, Debug)]
pub enum DubTrack {
    /// A new track with this id.
    New(TrackId, TrackSettings),
    /// A dub of the film, which gets another file. It keeps its name, language, flags and role.
    Replaced {
        /// The track.
        id: TrackId,
        /// What is added to all times of the file, in milliseconds.
        shift_ms: i64,
    },
}

/// A dub that is not complete yet, or whose file was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct DubInTheMaking {
    /// The track, which the film may already show with an earlier file.
    pub track: TrackId,
    /// What the editor wants of it.
    pub settings: TrackSettings,
    /// Id of the file and of its upload.
    pub file: FileId,
    /// Name of the file on the editor's computer.
    pub file_name: String,
    /// Size of the whole file.
    pub size_bytes: u64,
    /// Number of bytes that are durable in storage.
    pub received_bytes: u64,
    /// Which of the file's audio tracks is used, for editors.
    pub note: Option<String>,
    /// When the upload began.
    pub created_at: OffsetDateTime,
    /// How far it is.
    pub state: DubState,
}

/// How far a dub is.
#[derive(Clone, Debug, PartialEq)]
pub enum DubState {
    /// Bytes of its file are missing.
    Uploading,
    /// It waits for a worker, or a worker reads its file.
    Waiting,
    /// It is analysed, encoded or checked; the finished fraction of this work, from 0 to 1.
    Encoding(f64),
    /// It could not be made; the reason, for editors.
    Failed(String, Option<Reason>),
}

/// Creates the upload of a dub. The film must show a presentation. A file of the track that is still in the making is given up.
pub async fn begin_dub(db: &Db, author: &Author, new: NewDub) -> Result<FilmFile> {
    let film_id = new.file.film_id;
    let mut tx = db.begin().await?;
    film::lock(&mut tx, film_id).await?.then_some(()).ok_or(DbError::NotFound)?;
    let shown = presentation::shown_id(&mut tx, film_id).await?.ok_or(DbError::conflict(
        "tracks_of_shown_film",
        "the film shows nothing yet; add dubs once it is ready",
    ))?;
    let shown = presentation::lock(&mut tx, film_id, shown)
        .await?
        .ok_or(DbError::Invariant("reading the presentation that a film shows"))?;
    let (id, settings, action) = match new.track {
        DubTrack::New(id, settings) => {
            let more = track::count_in_the_making(&mut tx, film_id).await?;
            if shown.content.audio.len().saturating_add(more) >= Presentation::MAX_TRACKS {
                return Err(DbError::conflict(
                    "tracks_at_most",
                    "the film has the maximum number of audio tracks",
                ));
            }
            track::insert(&mut tx, author, film_id, id, TrackKind::Audio, &settings).await?;
            (id, settings, "track.add")
        }
        DubTrack::Replaced { id, shift_ms } => {
            let track =
                track::lock(&mut tx, film_id, id, TrackKind::Audio).await?.ok_or(DbError::conflict(
                    "tracks_dub_known",
                    "the film has no dub with this track_id; audio of the master is replaced with the master",
                ))?;
            give_up_file(&mut tx, film_id, id, track.file_id).await?;
            (id, TrackSettings { shift_ms, ..track.settings }, "track.replace")
        }
    };
    let file = insert(&mut tx, author, &new.file, FilePurpose::Dub).await?;
    track::set_source(&mut tx, id, file.id, &settings).await?;
    record(&mut tx, author, action, id, &settings, &file).await?;
    tx.commit().await?;
    Ok(file)
}

/// Returns the film's dubs in the making, oldest first.
pub async fn dubs_in_the_making(db: &Db, film: FilmId) -> Result<Vec<DubInTheMaking>> {
    let rows = track::in_the_making(db, film).await?;
    let builds: Vec<BuildId> = rows.iter().filter_map(|row| row.build).map(|(build, _)| build).collect();
    let fractions = queue::fractions_done(db, &builds).await?;
    let dubs = rows.into_iter().map(|row| {
        let state = match (row.file_state, row.failure, row.build) {
            (FileState::Uploading, ..) => DubState::Uploading,
            (FileState::Expired, ..) => {
                DubState::Failed(row.note.clone().unwrap_or_default(), row.note_reason)
            }
            (_, Some(text), _) => DubState::Failed(text, row.failure_reason),
            (_, None, None) => DubState::Waiting,
            (_, None, Some((_, BuildState::Cancelled))) => {
                let reason = Reason::from(ReasonCode::DubEncodingCancelled);
                DubState::Failed(reason.to_string(), Some(reason))
            }
            (_, None, Some((build, _))) => DubState::Encoding(fractions.get(&build).copied().unwrap_or(0.0)),
        };
        DubInTheMaking {
            track: row.track,
            settings: row.settings,
            file: row.file,
            file_name: row.file_name,
            size_bytes: row.size_bytes,
            received_bytes: row.received_bytes,
            note: row.note.filter(|_| row.file_state == FileState::Uploaded),
            created_at: row.created_at,
            state,
        }
    });
    Ok(dubs.collect())
}

/// Stops making a dub: ends its upload, cancels its jobs and deletes its file. A track that the film shows stays as it is; a track
/// that was never complete is removed. Returns false if nothing of the track is in the making.
pub async fn discard_dub(db: &Db, author: &Author, film: FilmId, id: TrackId) -> Result<bool> {
    let mut tx = db.begin().await?;
    film::lock(&mut tx, film).await?.then_some(()).ok_or(DbError::NotFound)?;
    let Some(track) = track::lock(&mut tx, film, id, TrackKind::Audio).await? else { return Ok(false) };
    if !give_up_file(&mut tx, film, id, track.file_id).await? {
        return Ok(false);
    }
    track::drop_file(&mut tx, id).await?;
    let entry = Entry {
        author,
        action: "track.discard",
        subject: "track",
        subject_id: Some(id.0),
        label: Some(track.settings.menu_label()),
        changes: json!({ "film_id": film, "file_id": track.file_id }),
    };
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(true)
}

/// Ends the upload or the work on the track's file, and deletes the file, unless the dub is complete. Returns whether it did.
async fn give_up_file(tx: &mut Tx, film: FilmId, id: TrackId, file: Option<FileId>) -> Result<bool> {
    let Some(file) = file else { return Ok(false) };
    if !track::is_in_the_making(tx, id).await? {
        return Ok(false);
    }
    if film_file::abandon(tx, file, &ReasonCode::UploadOfDubEnded.into()).await? {
        return Ok(true);
    }
    for build in build::unfinished_of_file(tx, file).await? {
        build::mark_cancelled(tx, build).await?;
        let last_lease = queue::cancel_of_build(tx, build, &ReasonCode::AttemptDubRemoved.into()).await?;
        queue::insert_collect(tx, film, build, CollectWhen::After(last_lease)).await?;
    }
    damage::collect_damaged_of_file(tx, film, file).await?;
    for probe in queue::unfinished_probes(tx, file).await? {
        if let Some(job) = queue::lock_unfinished(tx, probe).await? {
            queue::cancel_one(tx, &job, &ReasonCode::AttemptDubRemoved.into()).await?;
        }
    }
    let state = film_file::lock(tx, file).await?.map(|file| file.state);
    if matches!(state, Some(FileState::Uploaded | FileState::Refused)) {
        film_file::mark_deleted(tx, file).await?;
        queue::insert_collect_of_file(tx, film, file).await?;
    }
    Ok(true)
}

/// Before an unfinished upload is deleted: the dub that waits for it no longer does.
pub(super) async fn drop_upload(tx: &mut Tx, file: FileId) -> Result<()> {
    if let Some(track) = track::of_dub(tx, file).await? {
        track::drop_file(tx, track).await?;
    }
    Ok(())
}

/// Whether a job is queued or running after which the film may be playable. Dubs do not count: they are for a film that is playable.
pub(super) async fn has_film_work(tx: &mut Tx, film: FilmId) -> Result<bool> {
    let work = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM jobs LEFT JOIN film_files ON film_files.id = jobs.file_id
                          WHERE jobs.film_id = $1 AND jobs.state IN ('queued', 'running') AND jobs.kind NOT IN ('collect', 'purge')
                            AND film_files.purpose IS DISTINCT FROM 'dub') AS "work!""#,
        film.0
    );
    Ok(work.fetch_one(&mut **tx).await?)
}

async fn record(
    tx: &mut Tx,
    author: &Author,
    action: &'static str,
    id: TrackId,
    settings: &TrackSettings,
    file: &FilmFile,
) -> Result<()> {
    let entry = Entry {
        author,
        action,
        subject: "track",
        subject_id: Some(id.0),
        label: Some(settings.menu_label()),
        changes: json!({ "film_id": file.film_id, "file": file.name }),
    };
    audit::record(tx, entry).await
}
