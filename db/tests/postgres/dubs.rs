//! Dubs: from the upload to a track, and everything that may come in between.

use std::time::Duration;

use db::{
    Db, DbError,
    audit::Author,
    build::{self, BuildKind, BuildState},
    film::FilmStatus,
    film_file::{self, FileFilter, FilePurpose, FileState},
    presentation::{self, NewPresentation},
    queue::{ClaimedJob, JobKind, JobState},
    track,
    upload::{self, NewFile},
    workflow::{self, DubInTheMaking, DubState, DubTrack, NewDub, Retry},
};
use domain::{
    build_record::BuildRecord,
    damage::{Concealed, Damage, TrackDamage},
    id::{BuildId, FileId, FilmId, PresentationId, TrackId},
    presentation::TrackSettings,
};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{
    broken_rules, claim, complete, complete_all, far_future, film, find_build, find_film, find_plan,
    finish_upload, jobs, lease_upload, long_ago, make_ready, nothing_to_claim, pass_waiting_times,
    receive_upload, record, status, unique_sha256, with_dub,
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
        DubState::Failed(reason) => reason,
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

/// Encodes a dub of the film, of whose file three seconds are unreadable.
async fn hold_dub(db: &Db, film: FilmId) -> (TrackId, BuildId, BuildRecord) {
    let (track, file) = begin(db, film).await.unwrap();
    receive(db, file).await;
    let publish = loop {
        let claimed = claim(db).await;
        if claimed.job.kind == JobKind::Publish {
            break claimed;
        }
        complete(db, &claimed).await.unwrap();
    };
    let build = publish.job.build_id.unwrap();
    let damage = Damage::of(std::iter::once(60_000..63_000));
    let lost = TrackDamage { concealed: Concealed::LostAudio { track: 1 }, damage };
    let record = BuildRecord { damage: vec![lost], ..record(&find_plan(db, build).await) };
    workflow::hold_damaged(db, &publish.lease, &record, Some("The file is damaged.")).await.unwrap();
    (track, build, record)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_damaged_dub_waits_until_an_editor_publishes_it(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    make_ready(&db, id).await;
    let (track, build, record) = hold_dub(&db, id).await;
    assert_eq!(reason(&db, id).await, "The file is damaged.");
    assert_eq!(find_build(&db, build).await.state, BuildState::Damaged);
    assert_eq!((status(&db, id).await, audio_builds(&db, id).await.len()), (FilmStatus::Ready, 1));
    assert!(nothing_to_claim(&db).await, "a build that waits keeps its objects");
    assert_eq!(broken_rules(&pool).await, [""; 0]);

    // A newer master or another dub does not end the wait.
    make_ready(&db, id).await;
    let (other, file) = begin(&db, id).await.unwrap();
    receive(&db, file).await;
    complete_all(&db).await;
    let waiting = find_build(&db, build).await;
    assert_eq!(waiting.state, BuildState::Damaged);

    let shown = presentation::shown(&db, id).await.unwrap().unwrap();
    let content = with_dub(shown.content, &waiting, track, &record);
    let new = NewPresentation {
        id: PresentationId(Uuid::now_v7()),
        film_id: id,
        content,
        duration_ms: record.duration_ms,
        made_by: "build.publish",
    };
    workflow::begin_presentation(&db, NANG, &new).await.unwrap();
    assert!(workflow::publish_damaged(&db, NANG, build, new.id, Some(shown.id)).await.unwrap());
    let ready = |track| (track, BuildState::Ready);
    assert_eq!(audio_builds(&db, id).await[1..], [ready(other), ready(track)]);
    assert_eq!(workflow::dubs_in_the_making(&db, id).await.unwrap(), []);
    assert_eq!(track::find(&db, track).await.unwrap().unwrap().failure, None);
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_damaged_dub_is_discarded_with_its_objects(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    make_ready(&db, id).await;
    let (track, build, _) = hold_dub(&db, id).await;
    assert!(workflow::discard_dub(&db, NANG, id, track).await.unwrap());
    assert_eq!(track::find(&db, track).await.unwrap(), None);

    let (track, deleted, _) = hold_dub(&db, id).await;
    workflow::delete_build(&db, NANG, deleted).await.unwrap();
    assert_eq!(reason(&db, id).await, "The file is damaged.", "the dub takes another file");
    let file = replace(&db, id, track).await.unwrap();
    receive(&db, file).await;
    complete_all(&db).await;
    assert_eq!(audio_builds(&db, id).await[1], (track, BuildState::Ready));

    let (_, last, _) = hold_dub(&db, id).await;
    workflow::delete_film(&db, NANG, id, 1).await.unwrap().unwrap();
    for build in [build, deleted, last] {
        assert_eq!(find_build(&db, build).await.state, BuildState::Cancelled);
    }
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

#[sqlx::test(migrations = "../migrations")]
async fn a_dub_of_a_deleted_film_waits_for_an_editor(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    make_ready(&db, id).await;
    let (encoding, file) = begin(&db, id).await.unwrap();
    receive(&db, file).await;
    complete(&db, &claim(&db).await).await.unwrap();
    let (_, uploading) = begin(&db, id).await.unwrap();
    workflow::delete_film(&db, NANG, id, 1).await.unwrap().unwrap();
    let held = lease_upload(&db, uploading).await;
    assert!(upload::checkpoint(&db, &held, 0, 10, b"hash", far_future()).await.unwrap());
    assert_eq!(upload::finish(&db, &held, &unique_sha256()).await.unwrap().job, None);
    pass_waiting_times(&pool).await;
    complete_all(&db).await;

    workflow::restore_film(&db, NANG, id, 2).await.unwrap().unwrap();
    let dubs = workflow::dubs_in_the_making(&db, id).await.unwrap();
    assert_eq!(dubs.len(), 2);
    for dub in dubs {
        assert!(matches!(dub.state, DubState::Failed(reason) if reason.starts_with("The film was deleted")));
    }
    // The film is encoded again. It fails although dubs wait for an editor.
    assert_eq!(status(&db, id).await, FilmStatus::Processing);
    assert_eq!(rule(&replace(&db, id, encoding).await), "tracks_of_shown_film");
    workflow::refuse_file(&db, &claim(&db).await.lease, "The file is damaged.").await.unwrap();
    assert_eq!(status(&db, id).await, FilmStatus::Failed);
    assert!(nothing_to_claim(&db).await);
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_film_fails_although_a_dub_is_being_made(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let id = film(&db).await;
    make_ready(&db, id).await;
    let (_, file) = begin(&db, id).await.unwrap();
    workflow::delete_film(&db, NANG, id, 1).await.unwrap().unwrap();
    pass_waiting_times(&pool).await;
    complete_all(&db).await;
    workflow::restore_film(&db, NANG, id, 2).await.unwrap().unwrap();
    let master = claim(&db).await;
    receive(&db, file).await;
    workflow::refuse_file(&db, &master.lease, "The file is damaged.").await.unwrap();
    assert_eq!(status(&db, id).await, FilmStatus::Failed);
    assert_eq!(only_dub(&db, id).await.state, DubState::Waiting);
    assert_eq!(broken_rules(&pool).await, [""; 0]);
}
