//! Takes films through the pipeline as a worker would, without encoding anything.

use std::{collections::BTreeMap, time::Duration};

use db::{
    Db,
    audit::Author,
    presentation::NewPresentation,
    queue::{ClaimedJob, JobKind},
    upload::{self, NewFile},
    workflow::{self, NewBuild, Retry},
};
use domain::{
    build_record::{AudioRendition, Bitrates, BuildRecord, Measured, VideoRendition},
    id::{BuildId, FileId, FilmId, PresentationId, TrackId},
    key::RenditionName,
    output::PartOutput,
    plan::{AudioTrack, Plan, PlanVersion, Rung, VideoSource},
    presentation::first_presentation,
    ratio::Ratio,
    storyboard::Storyboard,
};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

const LEASE: Duration = Duration::from_mins(1);

/// Two chunks of 3 s at 25 frames/s, one rung, one audio track.
pub fn plan() -> Plan {
    let ratio = |num, den| Ratio::new(num, den).unwrap();
    Plan {
        version: PlanVersion,
        profile: "default".to_owned(),
        video: VideoSource {
            stream_index: 0,
            time_base: ratio(1, 25),
            first_pts: 0,
            rotation_degrees: 0,
            deinterlace: false,
        },
        frame_rate: ratio(25, 1),
        frames: 150,
        timescale: 12_800,
        frame_ticks: 512,
        gop_frames: 25,
        segment_frames: 75,
        chunk_segments: 1,
        rungs: vec![Rung {
            name: name("v360"),
            width: 640,
            height: 360,
            preset: "veryfast".to_owned(),
            profile: "main".to_owned(),
            level: "3.0".to_owned(),
            crf: 23.0,
            max_bitrate_bps: 800_000,
            buffer_bits: 800_000,
            threads: 2,
            x264_params: String::new(),
        }],
        audio: vec![AudioTrack {
            name: name("a1"),
            stream_index: 1,
            language: Some("lo".to_owned()),
            label: "ລາວ".to_owned(),
            channels: 2,
            sample_rate_hz: 48_000,
            bitrate_bps: 128_000,
            default: true,
        }],
        storyboard: Some(Storyboard {
            interval_frames: 25,
            tile_width: 160,
            tile_height: 90,
            columns: 2,
            rows: 2,
            quantizer: 5,
            sheet_bytes: 12_288,
        }),
        libraries: None,
    }
}

fn name(text: &str) -> RenditionName {
    RenditionName::try_from(text.to_owned()).unwrap()
}

/// Uploads a complete master for the film; its probe is queued.
pub async fn upload(db: &Db, film: FilmId) -> FileId {
    let id = FileId(Uuid::now_v7());
    let expires_at = OffsetDateTime::now_utc() + Duration::from_hours(1);
    let new = NewFile {
        id, film_id: film, name: "ຮູບເງົາ.mov".to_owned(), size_bytes: 7, expires_at
    };
    upload::create(db, &Author::NANG, new).await.unwrap();
    let (lease, _) = upload::take_lease(db, id, LEASE).await.unwrap().unwrap();
    assert!(upload::checkpoint(db, &lease, 0, 7, b"state", expires_at).await.unwrap());
    let sha256 = format!("{:064x}", id.0.as_u128());
    upload::finish(db, &lease, &sha256).await.unwrap();
    id
}

/// Claims the next job, which must be of this kind.
pub async fn claim(db: &Db, kind: JobKind) -> ClaimedJob {
    let claimed = workflow::claim(db, "test worker", LEASE).await.unwrap().expect("a job");
    assert_eq!(claimed.job.kind, kind);
    claimed
}

/// Probes and plans the master; the jobs for its chunks and audio are queued.
pub async fn probe(db: &Db) -> BuildId {
    let claimed = claim(db, JobKind::Probe).await;
    let id = BuildId(Uuid::now_v7());
    workflow::complete_probe(db, &claimed.lease, json!({}), NewBuild { id, plan: plan() }).await.unwrap();
    id
}

/// Publishes the build, with a presentation that follows the shown one.
async fn publish(db: &Db, claimed: &ClaimedJob) {
    let plan = plan();
    let measured = || Measured {
        bitrates: Bitrates { average_bps: 500_000, peak_bps: 700_000 },
        size_bytes: 375_000,
        segments: 2,
    };
    let (rung, track) = (&plan.rungs[0], &plan.audio[0]);
    let record = BuildRecord {
        version: BuildRecord::VERSION,
        source_sha256: "0".repeat(64),
        duration_ms: plan.duration_ms(),
        video: vec![VideoRendition {
            name: rung.name.clone(),
            codecs: "avc1.4d401e".to_owned(),
            width: rung.width,
            height: rung.height,
            frame_rate: plan.frame_rate,
            measured: measured(),
            iframes: None,
        }],
        audio: vec![AudioRendition {
            name: track.name.clone(),
            track: 1,
            codecs: "mp4a.40.2".to_owned(),
            channels: track.channels,
            language: track.language.clone(),
            label: track.label.clone(),
            measured: measured(),
        }],
        subtitles: Vec::new(),
        thumbnails: plan.storyboard.map(|board| board.thumbnails(&plan)),
        plan: json!({}),
        tools: BTreeMap::new(),
        objects: BTreeMap::new(),
    };
    let (film_id, build) = (claimed.job.film_id, claimed.job.build_id.unwrap());
    let shown = db::presentation::shown(db, film_id).await.unwrap();
    let before = shown.as_ref().map(|shown| &shown.content);
    let content = first_presentation(build, &record, before, || TrackId(Uuid::now_v7()));
    let id = PresentationId(Uuid::now_v7());
    let new = NewPresentation { id, film_id, content, duration_ms: 6000, made_by: "build.publish" };
    workflow::begin_publish(db, &claimed.lease, &new).await.unwrap();
    let base = shown.map(|shown| shown.id);
    workflow::complete_publish(db, &claimed.lease, &record, id, base).await.unwrap();
}

/// Completes all jobs that can be claimed: encodes, publishes and collects.
pub async fn finish_build(db: &Db) {
    while let Some(claimed) = workflow::claim(db, "test worker", LEASE).await.unwrap() {
        match claimed.job.kind {
            JobKind::EncodeChunk | JobKind::EncodeAudio => {
                workflow::complete_part(db, &claimed.lease, &PartOutput::default()).await.unwrap();
            }
            JobKind::Publish => publish(db, &claimed).await,
            JobKind::Collect => workflow::complete_collect(db, &claimed.lease).await.unwrap(),
            kind => panic!("unexpected {kind}"),
        }
    }
}

/// Retires all presentations that were replaced until now, as if a day had passed.
pub async fn retire_replaced(db: &Db, pool: &sqlx::PgPool) {
    sqlx::query("UPDATE presentations SET replaced_at = replaced_at - interval '2 days'")
        .execute(pool)
        .await
        .unwrap();
    workflow::retire_presentations(db).await.unwrap();
}

/// Takes a film from upload to ready.
pub async fn make_ready(db: &Db, film: FilmId) -> BuildId {
    upload(db, film).await;
    let build = probe(db).await;
    finish_build(db).await;
    build
}

/// Fails the next job without a retry.
pub async fn fail_next(db: &Db, kind: JobKind, reason: &str) -> ClaimedJob {
    let claimed = claim(db, kind).await;
    workflow::fail(db, &claimed.lease, reason, Retry::Never).await.unwrap();
    claimed
}
