//! Films, masters and plans for tests. Instead of waiting, tests change times in the database.

mod rules;

pub(crate) use rules::{broken_rules, snapshot};

use std::{collections::BTreeMap, time::Duration};

use db::{
    Db,
    audit::Author,
    build::{Build, BuildState},
    film::{Film, FilmChange, FilmStatus, NewFilm},
    presentation::NewPresentation,
    queue::{self, ClaimedJob, Job, JobFilter, JobKind, JobState},
    upload::{Finished, NewFile, UploadLease},
    workflow::{self, NewBuild, Published},
};
use domain::{
    build_record::{AudioRendition, Bitrates, BuildRecord, Measured, VideoRendition},
    id::{BuildId, FileId, FilmId, JobId, PresentationId, TrackId},
    key::RenditionName,
    output::{PartOutput, RenditionPart, StoredObject},
    plan::{AudioTrack, Plan, PlanVersion, Rung, VideoSource},
    presentation::first_presentation,
    ratio::Ratio,
};
use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

/// Long enough that no lease expires by itself.
pub(crate) const LEASE: Duration = Duration::from_mins(10);

pub(crate) fn far_future() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(4_000_000_000).unwrap()
}

pub(crate) fn long_ago() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_000_000_000).unwrap()
}

pub(crate) fn name(text: &str) -> RenditionName {
    RenditionName::try_from(text.to_owned()).unwrap()
}

/// 25 frames a second, chunks of a minute, two rungs.
pub(crate) fn plan(chunks: u64, tracks: u32) -> Plan {
    let rung = |height: u32| Rung {
        name: name(&format!("v{height}")),
        width: height * 16 / 9,
        height,
        preset: "medium".to_owned(),
        profile: "high".to_owned(),
        level: "4.0".to_owned(),
        crf: 21.5,
        max_bitrate_bps: 6_000_000,
        buffer_bits: 12_000_000,
        threads: 2,
        x264_params: "scenecut=0".to_owned(),
    };
    Plan {
        version: PlanVersion,
        profile: "default".to_owned(),
        video: VideoSource {
            stream_index: 0,
            time_base: Ratio::new(1, 12_800).unwrap(),
            first_pts: 0,
            rotation_degrees: 0,
            deinterlace: false,
        },
        frame_rate: Ratio::new(25, 1).unwrap(),
        frames: 1500 * chunks,
        timescale: 12_800,
        frame_ticks: 512,
        gop_frames: 50,
        segment_frames: 150,
        chunk_segments: 10,
        rungs: vec![rung(1080), rung(720)],
        audio: (0..tracks)
            .map(|index| AudioTrack {
                name: name(&format!("a{}", index + 1)),
                stream_index: index + 1,
                language: Some("lo".to_owned()),
                label: "ລາວ".to_owned(),
                channels: 2,
                sample_rate_hz: 48_000,
                bitrate_bps: 128_000,
                default: index == 0,
            })
            .collect(),
        storyboard: None,
        libraries: None,
    }
}

/// A possible output of a part; different for every part.
pub(crate) fn output(job: &Job) -> PartOutput {
    let object = StoredObject { size_bytes: 1000 + u64::from(job.index.unwrap()), sha256: "5".repeat(64) };
    PartOutput {
        renditions: vec![RenditionPart {
            rendition: name(if job.kind == JobKind::EncodeChunk { "v1080" } else { "a1" }),
            codecs: "avc1.640028".to_owned(),
            init: object,
            segments: vec![],
        }],
        sheet: None,
    }
}

pub(crate) fn record(plan: &Plan) -> BuildRecord {
    let rendition = |rung: &Rung| VideoRendition {
        name: rung.name.clone(),
        codecs: "avc1.640028".to_owned(),
        width: rung.width,
        height: rung.height,
        frame_rate: plan.frame_rate,
        measured: Measured {
            bitrates: Bitrates { average_bps: 4_000_000, peak_bps: 6_000_000 },
            size_bytes: 30_000_000,
            segments: plan.segment_count(),
        },
        iframes: None,
    };
    BuildRecord {
        version: BuildRecord::VERSION,
        source_sha256: "a".repeat(64),
        plan: serde_json::to_value(plan).unwrap(),
        tools: BTreeMap::new(),
        duration_ms: plan.duration_ms(),
        video: plan.rungs.iter().map(rendition).collect(),
        audio: (1..).zip(&plan.audio).map(|(track, planned)| audio(track, planned)).collect(),
        subtitles: Vec::new(),
        thumbnails: None,
        objects: BTreeMap::new(),
    }
}

fn audio(track: u32, planned: &AudioTrack) -> AudioRendition {
    AudioRendition {
        name: planned.name.clone(),
        track,
        codecs: "mp4a.40.2".to_owned(),
        channels: planned.channels,
        language: planned.language.clone(),
        label: planned.label.clone(),
        measured: Measured {
            bitrates: Bitrates { average_bps: 128_000, peak_bps: 130_000 },
            size_bytes: 1_000_000,
            segments: 20,
        },
    }
}

/// Completes a publish job with a presentation that follows the shown one.
pub(crate) async fn publish(db: &Db, claimed: &ClaimedJob, record: &BuildRecord) -> db::Result<Published> {
    let film_id = claimed.job.film_id;
    let shown = db::presentation::shown(db, film_id).await?;
    let before = shown.as_ref().map(|shown| &shown.content);
    let content =
        first_presentation(claimed.job.build_id.unwrap(), record, before, || TrackId(Uuid::now_v7()));
    let id = PresentationId(Uuid::now_v7());
    let duration_ms = record.duration_ms;
    let new = NewPresentation { id, film_id, content, duration_ms, made_by: "build.publish" };
    workflow::begin_publish(db, &claimed.lease, &new).await?;
    workflow::complete_publish(db, &claimed.lease, record, id, shown.map(|shown| shown.id)).await
}

pub(crate) async fn film(db: &Db) -> FilmId {
    let id = FilmId(Uuid::now_v7());
    let titles = BTreeMap::from([("lo".to_owned(), "ໜັງ".to_owned())]);
    let new = NewFilm { id, titles, profile: "default".to_owned() };
    db::film::create(db, &Author::NANG, new, FilmChange::default()).await.unwrap();
    id
}

pub(crate) async fn find_film(db: &Db, id: FilmId) -> Film {
    db::film::find(db, id).await.unwrap().unwrap()
}

pub(crate) async fn status(db: &Db, id: FilmId) -> FilmStatus {
    find_film(db, id).await.status
}

pub(crate) async fn find_build(db: &Db, id: BuildId) -> Build {
    db::build::find(db, id).await.unwrap().unwrap()
}

pub(crate) async fn find_plan(db: &Db, id: BuildId) -> Plan {
    db::build::plan(db, id).await.unwrap().unwrap()
}

pub(crate) async fn find_job(db: &Db, id: JobId) -> Job {
    queue::find(db, id).await.unwrap().unwrap()
}

/// Creates an upload that has all its bytes and is not yet finished.
pub(crate) async fn receive_upload(db: &Db, film: FilmId) -> FileId {
    let id = FileId(Uuid::now_v7());
    let name = "master \"ໜັງ\".mov".to_owned();
    let new = NewFile { id, film_id: film, name, size_bytes: 10, expires_at: far_future() };
    db::upload::create(db, &Author::NANG, new).await.unwrap();
    let held = lease_upload(db, id).await;
    assert!(db::upload::checkpoint(db, &held, 0, 10, b"hash", far_future()).await.unwrap());
    db::upload::release_lease(db, &held).await.unwrap();
    id
}

/// Takes the lease of an upload that no request holds.
pub(crate) async fn lease_upload(db: &Db, file: FileId) -> UploadLease {
    db::upload::take_lease(db, file, LEASE).await.unwrap().expect("a free upload").0
}

/// Finishes an upload that has all its bytes.
pub(crate) async fn finish_upload(db: &Db, file: FileId, sha256: &str) -> db::Result<Finished> {
    db::upload::finish(db, &lease_upload(db, file).await, sha256).await
}

/// Uploads a master whose bytes no other file has. Returns it and its probe.
pub(crate) async fn upload_master(db: &Db, film: FilmId) -> (FileId, JobId) {
    let file = receive_upload(db, film).await;
    let Finished { job, duplicate_of } = finish_upload(db, file, &unique_sha256()).await.unwrap();
    assert_eq!(duplicate_of, None);
    (file, job.unwrap())
}

pub(crate) fn unique_sha256() -> String {
    format!("{0}{0}", Uuid::new_v4().simple())
}

pub(crate) async fn claim(db: &Db) -> ClaimedJob {
    workflow::claim(db, "worker-1", LEASE).await.unwrap().expect("a job to claim")
}

pub(crate) async fn nothing_to_claim(db: &Db) -> bool {
    workflow::claim(db, "worker-1", LEASE).await.unwrap().is_none()
}

/// Claims the job that deletes the build's objects, and completes those before it, such as that of a presentation.
pub(crate) async fn claim_collect(db: &Db, build: BuildId) -> ClaimedJob {
    loop {
        let claimed = claim(db).await;
        if claimed.job.build_id == Some(build) {
            assert_eq!(claimed.job.kind, JobKind::Collect);
            return claimed;
        }
        complete(db, &claimed).await.unwrap();
    }
}

/// Uploads a master and plans a build of it; its probe must be the next job. Its parts are queued then.
pub(crate) async fn plan_build(db: &Db, film: FilmId, chunks: u64, tracks: u32) -> BuildId {
    let (_, probe) = upload_master(db, film).await;
    let claimed = claim(db).await;
    assert_eq!(claimed.job.id, probe);
    let id = BuildId(Uuid::now_v7());
    let new = NewBuild { id, plan: plan(chunks, tracks) };
    workflow::complete_probe(db, &claimed.lease, json!({"container": "mov"}), new).await.unwrap();
    id
}

/// Completes a job of any kind.
pub(crate) async fn complete(db: &Db, claimed: &ClaimedJob) -> db::Result<()> {
    match claimed.job.kind {
        JobKind::Probe => {
            let new = NewBuild { id: BuildId(Uuid::now_v7()), plan: plan(2, 1) };
            workflow::complete_probe(db, &claimed.lease, json!({}), new).await
        }
        JobKind::EncodeChunk | JobKind::EncodeAudio => {
            workflow::complete_part(db, &claimed.lease, &output(&claimed.job)).await
        }
        JobKind::Publish => {
            let plan = find_plan(db, claimed.job.build_id.unwrap()).await;
            publish(db, claimed, &record(&plan)).await.map(drop)
        }
        JobKind::Collect => {
            workflow::begin_collect(db, &claimed.lease).await?;
            workflow::complete_collect(db, &claimed.lease).await
        }
        JobKind::Purge => {
            workflow::begin_purge(db, &claimed.lease).await?;
            workflow::complete_purge(db, &claimed.lease).await
        }
    }
}

/// Completes all jobs that can be claimed.
pub(crate) async fn complete_all(db: &Db) {
    while let Some(claimed) = workflow::claim(db, "worker-1", LEASE).await.unwrap() {
        complete(db, &claimed).await.unwrap();
    }
}

/// Takes a film from upload to ready.
pub(crate) async fn make_ready(db: &Db, film: FilmId) -> BuildId {
    let build = plan_build(db, film, 2, 1).await;
    complete_all(db).await;
    assert_eq!(find_build(db, build).await.state, BuildState::Ready);
    build
}

pub(crate) async fn jobs(db: &Db, film: FilmId, kind: JobKind, state: JobState) -> Vec<Job> {
    let filter = JobFilter { film_id: Some(film), state: Some(state) };
    let mut jobs = queue::list(db, filter, None, 1000).await.unwrap();
    jobs.retain(|job| job.kind == kind);
    jobs
}

/// Lets the lease of a running job expire.
pub(crate) async fn expire(pool: &PgPool, job: JobId) {
    let done = sqlx::query(
        "UPDATE jobs SET lease_until = now() - interval '1 second' WHERE id = $1 AND state = 'running'",
    )
    .bind(job.0)
    .execute(pool)
    .await
    .unwrap();
    assert_eq!(done.rows_affected(), 1);
}

/// Makes every queued job due, and retires presentations that were replaced until now.
pub(crate) async fn pass_waiting_times(pool: &PgPool) {
    // Skips rows that another call is changing, so that two calls do not wait for each other.
    sqlx::query(
        "UPDATE presentations SET replaced_at = replaced_at - interval '2 days'
         WHERE id IN (SELECT id FROM presentations WHERE retired_at IS NULL FOR NO KEY UPDATE SKIP LOCKED)",
    )
    .execute(pool)
    .await
    .unwrap();
    workflow::retire_presentations(&Db::from_pool(pool.clone())).await.unwrap();
    sqlx::query("UPDATE jobs SET run_at = now() WHERE state = 'queued' AND run_at > now()")
        .execute(pool)
        .await
        .unwrap();
}

/// Seconds from now until the job may run.
pub(crate) async fn seconds_until_run(pool: &PgPool, job: JobId) -> f64 {
    sqlx::query_scalar("SELECT extract(epoch FROM run_at - now())::float8 FROM jobs WHERE id = $1")
        .bind(job.0)
        .fetch_one(pool)
        .await
        .unwrap()
}
