//! Dubs: from the upload to a track, and everything that may come in between.

mod damaged;
mod films;

use std::time::Duration;

use db::{
    Db, DbError,
    audit::Author,
    build::{self, BuildKind, BuildState},
    film::FilmStatus,
    film_file::{self, FileFilter, FilePurpose, FileState},
    presentation,
    queue::{ClaimedJob, JobKind, JobState},
    track,
    upload::{self, NewFile},
    workflow::{self, DubInTheMaking, DubState, DubTrack, NewDub, Retry},
};
use domain::{
    id::{FileId, FilmId, TrackId},
    presentation::TrackSettings,
};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{
    broken_rules, claim, complete, complete_all, far_future, film, find_build, find_film, finish_upload,
    jobs, lease_upload, long_ago, make_ready, pass_waiting_times, receive_upload, status, unique_sha256,
};

const NANG: &Author = &Author::NANG;

fn new_file(film: FilmId) -> NewFile {
    let id = FileId(Uuid::now_v7());
    NewFile { id, film_id: film, name: "dub.wav".to_owned(), size_bytes: 10, expires_at: far_future() }
}

fn lao() -> TrackSettings {
    TrackSettings { language: Some("lo".to_owned()), ..TrackSettings::default() }
}

/// Begins the upload of a dub for a new track.
async fn begin(db: &Db, film: FilmId) -> db::Result<(TrackId, FileId)> {
    let track = TrackId(Uuid::now_v7());
    let new = NewDub { file: new_file(film), track: DubTrack::New(track, lao()) };
    Ok((track, workflow::begin_dub(db, NANG, new).await?.id))
}

/// Begins the upload of another file for a dub.
async fn replace(db: &Db, film: FilmId, id: TrackId) -> db::Result<FileId> {
    let new = NewDub { file: new_file(film), track: DubTrack::Replaced { id, shift_ms: 40 } };
    Ok(workflow::begin_dub(db, NANG, new).await?.id)
}

/// Sends all bytes of an upload and finishes it.
async fn receive(db: &Db, file: FileId) {
    let held = lease_upload(db, file).await;
    assert!(upload::checkpoint(db, &held, 0, 10, b"hash", far_future()).await.unwrap());
    upload::release_lease(db, &held).await.unwrap();
    let finished = finish_upload(db, file, &unique_sha256()).await.unwrap();
    assert!(finished.job.is_some() && finished.duplicate_of.is_none());
}

/// Claims the next probe, and completes the deletions before it.
async fn claim_probe(db: &Db) -> ClaimedJob {
    loop {
        let claimed = claim(db).await;
        if claimed.job.kind == JobKind::Probe {
            return claimed;
        }
        assert_eq!(claimed.job.kind, JobKind::Collect);
        complete(db, &claimed).await.unwrap();
    }
}

async fn only_dub(db: &Db, film: FilmId) -> DubInTheMaking {
    let mut dubs = workflow::dubs_in_the_making(db, film).await.unwrap();
    assert_eq!(dubs.len(), 1, "{dubs:?}");
    dubs.remove(0)
}

async fn reason(db: &Db, film: FilmId) -> String {
    match only_dub(db, film).await.state {
        DubState::Failed(reason, _) => reason,
        state => panic!("{state:?}"),
    }
}

async fn audio_builds(db: &Db, film: FilmId) -> Vec<(TrackId, build::BuildState)> {
    let shown = presentation::shown(db, film).await.unwrap().unwrap();
    let mut tracks = Vec::new();
    for track in shown.content.audio {
        tracks.push((track.id, find_build(db, track.build).await.state));
    }
    tracks
}

fn rule<T: std::fmt::Debug>(answer: &db::Result<T>) -> &str {
    match answer {
        Err(DbError::Conflict { constraint, .. }) => constraint,
        _ => panic!("{answer:?}"),
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dub_becomes_a_track_and_its_film_stays_ready(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    make_ready(&db, id).await;
    let master = find_film(&db, id).await.build_id.unwrap();
    let (track, file) = begin(&db, id).await.unwrap();
    let dub = only_dub(&db, id).await;
    assert_eq!((dub.track, dub.file, &dub.state), (track, file, &DubState::Uploading));
    receive(&db, file).await;
    assert_eq!(only_dub(&db, id).await.state, DubState::Waiting);
    assert_eq!(status(&db, id).await, FilmStatus::Ready, "viewers play the film");

    let probe = claim(&db).await;
    assert_eq!((probe.job.kind, probe.job.file_id), (JobKind::Probe, Some(file)));
    complete(&db, &probe).await.unwrap();
    assert!(matches!(only_dub(&db, id).await.state, DubState::Encoding(_)));
    assert_eq!(broken_rules(&pool).await, [""; 0]);
    complete_all(&db).await;

    assert_eq!(workflow::dubs_in_the_making(&db, id).await.unwrap(), []);
    let tracks = audio_builds(&db, id).await;
    assert_eq!(tracks[1], (track, BuildState::Ready));
    let dub = presentation::shown(&db, id).await.unwrap().unwrap().content.audio[1].build;
    let build = find_build(&db, dub).await;
    assert_eq!((build.kind, build.track_id, build.file_id), (BuildKind::Dub, Some(track), file));
    assert_eq!(track::sources(&db, &[dub, master]).await.unwrap()[&dub].file_name, "dub.wav");
    let film = find_film(&db, id).await;
    assert_eq!((film.status, film.build_id), (FilmStatus::Ready, Some(master)));
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn only_a_film_that_shows_something_takes_a_dub(pool: PgPool) {
    let db = Db::from_pool(pool);
    let id = film(&db).await;
    assert_eq!(rule(&begin(&db, id).await), "tracks_of_shown_film");
    make_ready(&db, id).await;
    let master = audio_builds(&db, id).await[0].0;
    assert_eq!(rule(&replace(&db, id, master).await), "tracks_dub_known", "audio of the master is no dub");
    assert_eq!(rule(&replace(&db, id, TrackId(Uuid::now_v7())).await), "tracks_dub_known");
    begin(&db, id).await.unwrap();
    workflow::delete_film(&db, NANG, id, 1).await.unwrap().unwrap();
    assert_eq!(rule(&begin(&db, id).await), "tracks_of_shown_film");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dub_is_never_a_master(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    let sha256 = unique_sha256();
    let master = receive_upload(&db, id).await;
    finish_upload(&db, master, &sha256).await.unwrap();
    complete_all(&db).await;
    let (_, dub) = begin(&db, id).await.unwrap();
    let held = lease_upload(&db, dub).await;
    upload::checkpoint(&db, &held, 0, 10, b"hash", far_future()).await.unwrap();
    // The film file itself may be a dub.
    let finished = upload::finish(&db, &held, &sha256).await.unwrap();
    assert_eq!(finished.duplicate_of, None);
    complete_all(&db).await;

    let masters = film_file::list_masters_by_films(&db, &[id]).await.unwrap();
    assert_eq!(masters.iter().map(|file| file.id).collect::<Vec<_>>(), [master]);
    let list = async |purpose| {
        let filter = FileFilter { film_id: Some(id), purpose, ..FileFilter::default() };
        let files = film_file::list(&db, filter, None, 10).await.unwrap();
        files.iter().map(|file| file.id).collect::<Vec<_>>()
    };
    assert_eq!(list(None).await, [dub, master]);
    assert_eq!(list(Some(FilePurpose::Dub)).await, [dub]);
    assert_eq!(rule(&workflow::encode_master(&db, NANG, dub).await), "film_files_encodable");
    assert_eq!(
        rule(&workflow::delete_master(&db, NANG, dub).await),
        "film_files_unneeded",
        "viewers hear it"
    );
    assert_eq!(rule(&workflow::delete_master(&db, NANG, master).await), "film_files_unneeded");

    // A film whose presentations are gone is encoded from its master, although its dub is newer.
    workflow::delete_film(&db, NANG, id, 1).await.unwrap().unwrap();
    pass_waiting_times(&pool).await;
    workflow::restore_film(&db, NANG, id, 2).await.unwrap().unwrap();
    let probes = jobs(&db, id, JobKind::Probe, JobState::Queued).await;
    assert_eq!(probes.iter().map(|job| job.file_id).collect::<Vec<_>>(), [Some(master)]);
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_dub_says_why_and_takes_another_file(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    make_ready(&db, id).await;
    let (track, refused) = begin(&db, id).await.unwrap();
    receive(&db, refused).await;
    workflow::refuse_file(&db, &claim(&db).await.lease, "The dub is too short.").await.unwrap();
    assert_eq!(reason(&db, id).await, "The dub is too short.");
    let film = find_film(&db, id).await;
    assert_eq!((film.status, film.failure), (FilmStatus::Ready, None));

    let file = replace(&db, id, track).await.unwrap();
    let dub = only_dub(&db, id).await;
    assert_eq!((dub.file, dub.settings.shift_ms), (file, 40));
    assert_eq!((dub.settings.language.as_deref(), dub.state), (Some("lo"), DubState::Uploading));
    let collect = claim(&db).await;
    assert_eq!((collect.job.kind, collect.job.file_id), (JobKind::Collect, Some(refused)));
    complete(&db, &collect).await.unwrap();
    receive(&db, file).await;
    complete_all(&db).await;
    assert_eq!(audio_builds(&db, id).await[1], (track, BuildState::Ready));
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn another_file_replaces_a_dub_once_it_is_complete(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    make_ready(&db, id).await;
    let (track, file) = begin(&db, id).await.unwrap();
    receive(&db, file).await;
    complete_all(&db).await;
    let build_of = async || presentation::shown(&db, id).await.unwrap().unwrap().content.audio[1].build;
    let first = build_of().await;

    let given_up = replace(&db, id, track).await.unwrap();
    receive(&db, given_up).await;
    complete(&db, &claim(&db).await).await.unwrap();
    assert!(workflow::discard_dub(&db, NANG, id, track).await.unwrap());
    assert!(!workflow::discard_dub(&db, NANG, id, track).await.unwrap(), "nothing is in the making");
    complete_all(&db).await;
    assert_eq!(
        (build_of().await, track::find(&db, track).await.unwrap().unwrap().file_id),
        (first, Some(file))
    );

    let second = replace(&db, id, track).await.unwrap();
    assert_eq!(build_of().await, first);
    receive(&db, second).await;
    complete_all(&db).await;
    assert_eq!(find_build(&db, build_of().await).await.file_id, second);
    assert_eq!(find_build(&db, first).await.state, BuildState::Ready, "an earlier presentation names it");
    assert_eq!(workflow::dubs_in_the_making(&db, id).await.unwrap(), []);
    workflow::delete_master(&db, NANG, file).await.unwrap();
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dub_is_discarded_in_every_state_and_nothing_is_left(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    make_ready(&db, id).await;
    let before = audio_builds(&db, id).await;

    // While a request writes the upload.
    let (track, uploading) = begin(&db, id).await.unwrap();
    let held = lease_upload(&db, uploading).await;
    assert!(workflow::discard_dub(&db, NANG, id, track).await.unwrap());
    assert!(!upload::checkpoint(&db, &held, 0, 10, b"hash", far_future()).await.unwrap());
    assert_eq!(film_file::find(&db, uploading).await.unwrap().unwrap().state, FileState::Expired);

    // While a worker reads the file, and while it encodes it.
    for step in 0..3 {
        let (track, file) = begin(&db, id).await.unwrap();
        receive(&db, file).await;
        if step > 1 {
            complete(&db, &claim(&db).await).await.unwrap();
        }
        let held = if step > 0 { Some(claim(&db).await.lease) } else { None };
        assert!(workflow::discard_dub(&db, NANG, id, track).await.unwrap());
        if let Some(held) = held {
            let late = db::queue::heartbeat(&db, &held, Duration::from_secs(1), None).await;
            assert!(matches!(late, Err(DbError::LeaseLost)));
        }
        assert!(film_file::find(&db, file).await.unwrap().unwrap().deleted_at.is_some());
        assert_eq!(track::find(&db, track).await.unwrap(), None);
        assert_eq!(broken_rules(&pool).await, [""; 0]);
        pass_waiting_times(&pool).await;
        sqlx::query("UPDATE jobs SET run_at = now() WHERE state = 'queued'").execute(&pool).await.unwrap();
        while let Some(claimed) = workflow::claim(&db, "worker-1", Duration::from_mins(1)).await.unwrap() {
            assert_eq!(claimed.job.kind, JobKind::Collect);
            complete(&db, &claimed).await.unwrap();
        }
    }
    assert_eq!(workflow::dubs_in_the_making(&db, id).await.unwrap(), []);
    assert_eq!(audio_builds(&db, id).await, before);
    assert_eq!(status(&db, id).await, FilmStatus::Ready);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dub_that_fails_is_retried_or_cancelled_without_its_film(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    make_ready(&db, id).await;
    let (track, file) = begin(&db, id).await.unwrap();
    receive(&db, file).await;
    let probe = claim(&db).await;
    workflow::fail(&db, &probe.lease, "the disk is broken", Retry::Never).await.unwrap();
    assert_eq!(reason(&db, id).await, "Reading the dub failed: the disk is broken");
    assert!(workflow::retry_job(&db, NANG, probe.job.id).await.unwrap());
    assert_eq!(only_dub(&db, id).await.state, DubState::Waiting);
    complete(&db, &claim(&db).await).await.unwrap();

    let part = claim(&db).await;
    let dub_build = part.job.build_id.unwrap();
    workflow::fail(&db, &part.lease, "the decoder crashed", Retry::Never).await.unwrap();
    assert!(reason(&db, id).await.ends_with("failed: the decoder crashed"));
    assert_eq!(find_film(&db, id).await.failure, None);
    assert_eq!(broken_rules(&pool).await, [""; 0]);
    assert!(workflow::retry_job(&db, NANG, part.job.id).await.unwrap());
    assert!(matches!(only_dub(&db, id).await.state, DubState::Encoding(_)));

    assert!(workflow::cancel_build(&db, NANG, dub_build).await.unwrap());
    assert!(reason(&db, id).await.starts_with("An editor cancelled"));
    assert_eq!(status(&db, id).await, FilmStatus::Ready);
    assert!(workflow::discard_dub(&db, NANG, id, track).await.unwrap());
    let (track, file) = begin(&db, id).await.unwrap();
    receive(&db, file).await;
    let probe = claim_probe(&db).await;
    workflow::fail(&db, &probe.lease, "the disk is broken", Retry::Never).await.unwrap();
    assert!(workflow::discard_dub(&db, NANG, id, track).await.unwrap());
    assert_eq!(rule(&workflow::retry_job(&db, NANG, probe.job.id).await.map(drop)), "jobs_retry_of_kept");
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_upload_that_ends_early_ends_its_dub(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    make_ready(&db, id).await;
    let (track, deleted) = begin(&db, id).await.unwrap();
    assert!(upload::delete(&db, NANG, &lease_upload(&db, deleted).await).await.unwrap());
    assert_eq!(workflow::dubs_in_the_making(&db, id).await.unwrap(), []);
    assert_eq!(track::find(&db, track).await.unwrap(), None);

    let (track, _) = begin(&db, id).await.unwrap();
    sqlx::query("UPDATE film_files SET expires_at = $1 WHERE state = 'uploading'")
        .bind(long_ago())
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(upload::take_expired(&db, 10).await.unwrap().len(), 1);
    assert!(reason(&db, id).await.contains("expired"));
    let file = replace(&db, id, track).await.unwrap();
    receive(&db, file).await;
    complete_all(&db).await;
    assert_eq!(audio_builds(&db, id).await[1].0, track);

    // Another file that is not wanted after all leaves the dub as it is.
    let given_up = replace(&db, id, track).await.unwrap();
    assert!(upload::delete(&db, NANG, &lease_upload(&db, given_up).await).await.unwrap());
    assert_eq!(track::find(&db, track).await.unwrap().unwrap().file_id, Some(file));
    assert_eq!(workflow::dubs_in_the_making(&db, id).await.unwrap(), []);
}
