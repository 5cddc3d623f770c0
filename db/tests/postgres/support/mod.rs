//! Films, masters and plans for tests. Instead of waiting, tests change times in the database.

mod publish;
mod rules;

pub(crate) use publish::{publish, record, with_dub};
pub(crate) use rules::{broken_rules, snapshot};

use std::{collections::BTreeMap, time::Duration};

use db::{
    Db,
    audit::Author,
    build::{Build, BuildState},
    film::{Film, FilmChange, FilmStatus, NewFilm},
    queue::{self, ClaimedJob, Job, JobFilter, JobKind, JobState},
    upload::{Finished, NewFile, UploadLease},
    workflow::{self, BuildStart, NewBuild},
};
use domain::{
    child::Analysed,
    facts::Crop,
    id::{BuildId, FileId, FilmId, JobId},
    key::RenditionName,
    libraries::Libraries,
    output::{PartOutput, RenditionPart, StoredObject},
    plan::{
        AudioEncode, AudioStream, AudioTrack, Encode, H264, Loudness, Mix, Picture, Plan, PlanVersion, Shape,
        SourceTime, Timeline, VideoCodec, VideoPlan, VideoSource,
    },
    presentation::Role,
    ratio::Ratio,
};
use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

/// Long enough that no lease expires by itself.
pub(crate) const LEASE: Duration = Duration::from_mins(10);

/// Every kind of job but the parts of builds.
pub(crate) fn without_parts() -> Vec<JobKind> {
    JobKind::ALL.iter().copied().filter(|kind| !kind.is_part()).collect()
}

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
    Plan {
        version: PlanVersion,
        profile: "default".to_owned(),
        timeline: Timeline {
            frame_rate: Ratio::new(25, 1).unwrap(),
            frames: 1500 * chunks,
            timescale: 12_800,
            frame_ticks: 512,
            gop_frames: 50,
            segment_frames: 150,
            chunk_segments: 10,
        },
        start: SourceTime { time_base: Ratio::new(1, 12_800).unwrap(), ticks: 0 },
        clock: Vec::new(),
        video: Some(VideoPlan {
            source: source(),
            pictures: [1080, 720].map(|height| Picture { width: height * 16 / 9, height }).to_vec(),
            encodes: vec![encode("v1080", 0), encode("v720", 1)],
            storyboard: None,
        }),
        audio: (0..tracks)
            .map(|index| AudioTrack {
                streams: vec![AudioStream { stream_index: index + 1, channels: 2 }],
                role: Role::Main,
                language: Some("lo".to_owned()),
                label: "ລາວ".to_owned(),
                default: index == 0,
                sample_rate_hz: 48_000,
                mixes: vec![Mix {
                    channels: 2,
                    weights: vec![vec![1.0, 0.0], vec![0.0, 1.0]],
                    level: None,
                    renditions: vec![stereo(index + 1)],
                }],
            })
            .collect(),
        subtitles: Vec::new(),
        chapters: Vec::new(),
        notes: Vec::new(),
        libraries: None,
    }
}

/// The whole frame of a video track, upright and progressive.
fn source() -> VideoSource {
    let square = Ratio { num: 1, den: 1 };
    VideoSource {
        stream_index: 0,
        shape: Shape { width: 1920, height: 1080, frame_aspect: Some(square), sample_aspect: square },
        crop: Crop::default(),
        mirrored: false,
        rotation_degrees: 0,
        black_frames: 0,
        deinterlace: None,
        tone: None,
    }
}

fn encode(rendition: &str, picture: u32) -> Encode {
    let h264 = H264 {
        preset: "medium".to_owned(),
        profile: "high".to_owned(),
        level: "4.0".to_owned(),
        crf: 21.5,
        threads: 2,
        x264_params: "scenecut=0".to_owned(),
    };
    Encode {
        name: name(rendition),
        picture,
        group: 0,
        max_bitrate_bps: 6_000_000,
        buffer_bits: 12_000_000,
        codec: VideoCodec::H264(h264),
    }
}

fn stereo(track: u32) -> AudioEncode {
    AudioEncode { name: name(&format!("a{track}")), bitrate_bps: 128_000, cutoff_hz: None }
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
        ..PartOutput::default()
    }
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
    let start = BuildStart::Encoding(Box::new(plan(chunks, tracks)));
    let new = NewBuild { id, start, note: None };
    workflow::complete_probe(db, &claimed.lease, json!({"container": "mov"}), new).await.unwrap();
    id
}

/// The start of a build whose master has this many audio tracks to analyse.
pub(crate) fn analysing(tracks: u32) -> BuildStart {
    let libraries = Libraries([("libx264".to_owned(), "164".to_owned())].into());
    BuildStart::Analysing { profile: "default".to_owned(), libraries, tracks }
}

/// A measurement of a track's only mix.
pub(crate) fn analysed() -> Analysed {
    let loudness = Loudness { integrated_lufs: Some(-20.5), range_lu: 7.0, true_peak_dbtp: Some(-2.0) };
    Analysed { loudness: vec![loudness] }
}

/// Completes a job of any kind.
pub(crate) async fn complete(db: &Db, claimed: &ClaimedJob) -> db::Result<()> {
    match claimed.job.kind {
        JobKind::Probe => {
            let new = NewBuild { id: BuildId(Uuid::now_v7()), start: analysing(2), note: None };
            workflow::complete_probe(db, &claimed.lease, json!({}), new).await
        }
        JobKind::Analyse => workflow::complete_analysis(db, &claimed.lease, &analysed()).await,
        JobKind::Plan => workflow::complete_plan(db, &claimed.lease, &plan(2, 1)).await,
        JobKind::EncodeChunk | JobKind::EncodeAudio | JobKind::EncodeSubtitles => {
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
