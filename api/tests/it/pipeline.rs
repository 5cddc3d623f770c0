//! Takes films through the pipeline as a worker would, without encoding anything.

use std::{collections::BTreeMap, time::Duration};

use db::{
    Db,
    audit::Author,
    presentation::NewPresentation,
    queue::{ClaimedJob, JobKind},
    upload::{self, NewFile},
    workflow::{self, BuildStart, NewBuild, Retry},
};
use domain::{
    build_record::{AudioRendition, Bitrates, BuildRecord, Measured, VideoRendition},
    chapter::Chapter,
    child::Analysed,
    facts::Crop,
    id::{BuildId, FileId, FilmId, PresentationId, TrackId},
    key::RenditionName,
    libraries::Libraries,
    output::PartOutput,
    plan::{
        AudioEncode, AudioStream, AudioTrack, Encode, H264, Level, Loudness, Mix, Picture, Plan, PlanVersion,
        Shape, SourceTime, Timeline, VideoCodec, VideoPlan, VideoSource,
    },
    presentation::{Role, Track, TrackKind, first_presentation},
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
        timeline: Timeline {
            frame_rate: ratio(25, 1),
            frames: 150,
            timescale: 12_800,
            frame_ticks: 512,
            gop_frames: 25,
            segment_frames: 75,
            chunk_segments: 1,
        },
        start: SourceTime { time_base: ratio(1, 25), ticks: 0 },
        clock: Vec::new(),
        video: Some(video()),
        audio: vec![AudioTrack {
            streams: vec![AudioStream { stream_index: 1, channels: 2 }],
            role: Role::Main,
            language: Some("lo".to_owned()),
            label: "ລາວ".to_owned(),
            default: true,
            sample_rate_hz: 48_000,
            mixes: vec![Mix {
                channels: 2,
                weights: vec![vec![1.0, 0.0], vec![0.0, 1.0]],
                level: Some(LEVEL),
                renditions: vec![AudioEncode { name: name("a1"), bitrate_bps: 128_000, cutoff_hz: None }],
            }],
        }],
        subtitles: Vec::new(),
        chapters: vec![
            Chapter { start_ms: 0, title: Some("ແມ່ນ້ຳ".to_owned()) },
            Chapter { start_ms: 2000, title: None },
        ],
        notes: Vec::new(),
        libraries: None,
    }
}

/// A loud track.
pub const LEVEL: Level = Level {
    loudness: Loudness { integrated_lufs: Some(-16.5), range_lu: 9.0, true_peak_dbtp: Some(-0.5) },
    gain_db: -6.5,
    is_limited: false,
};

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

fn video() -> VideoPlan {
    let h264 = H264 {
        preset: "veryfast".to_owned(),
        profile: "main".to_owned(),
        level: "3.0".to_owned(),
        crf: 23.0,
        threads: 2,
        x264_params: String::new(),
    };
    VideoPlan {
        source: source(),
        pictures: vec![Picture { width: 640, height: 360 }],
        encodes: vec![Encode {
            name: name("v360"),
            picture: 0,
            group: 0,
            max_bitrate_bps: 800_000,
            buffer_bits: 800_000,
            codec: VideoCodec::H264(h264),
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
    let start = BuildStart::Encoding(Box::new(plan()));
    workflow::complete_probe(db, &claimed.lease, json!({}), NewBuild { id, start, note: None })
        .await
        .unwrap();
    id
}

/// Probes the master; its audio track is to be analysed then.
pub async fn begin_analysis(db: &Db) -> BuildId {
    let claimed = claim(db, JobKind::Probe).await;
    let id = BuildId(Uuid::now_v7());
    let start =
        BuildStart::Analysing { profile: "default".to_owned(), libraries: Libraries::default(), tracks: 1 };
    workflow::complete_probe(db, &claimed.lease, json!({}), NewBuild { id, start, note: None })
        .await
        .unwrap();
    id
}

/// Analyses the audio track and plans the build.
pub async fn finish_analysis(db: &Db) {
    let claimed = claim(db, JobKind::Analyse).await;
    let analysed = Analysed { loudness: vec![LEVEL.loudness] };
    workflow::complete_analysis(db, &claimed.lease, &analysed).await.unwrap();
    let claimed = claim(db, JobKind::Plan).await;
    workflow::complete_plan(db, &claimed.lease, &plan()).await.unwrap();
}

/// Publishes the build, with a presentation that follows the shown one.
async fn publish(db: &Db, claimed: &ClaimedJob) {
    let plan = plan();
    let measured = || Measured {
        bitrates: Bitrates { average_bps: 500_000, peak_bps: 700_000 },
        size_bytes: 375_000,
        segments: 2,
    };
    let (planned, track) = (plan.video.as_ref().unwrap(), &plan.audio[0]);
    let (encode, picture) = planned.group(0).next().unwrap();
    let record = BuildRecord {
        version: BuildRecord::VERSION,
        source_sha256: "0".repeat(64),
        duration_ms: plan.timeline.duration_ms(),
        video: vec![VideoRendition {
            name: encode.name.clone(),
            codecs: "avc1.4d401e".to_owned(),
            width: picture.width,
            height: picture.height,
            frame_rate: plan.timeline.frame_rate,
            measured: measured(),
            iframes: None,
        }],
        audio: vec![AudioRendition {
            name: track.name().unwrap().clone(),
            track: 1,
            codecs: "mp4a.40.2".to_owned(),
            channels: 2,
            language: track.language.clone(),
            label: track.label.clone(),
            role: Role::Main,
            level: Some(LEVEL),
            measured: measured(),
        }],
        subtitles: Vec::new(),
        subtitle_notes: Vec::new(),
        thumbnails: planned.storyboard.map(|board| board.thumbnails(&plan.timeline)),
        chapters: plan.chapters.clone(),
        damage: Vec::new(),
        plan: json!({}),
        tools: BTreeMap::new(),
        objects: BTreeMap::new(),
    };
    let (film_id, build) = (claimed.job.film_id, claimed.job.build_id.unwrap());
    let shown = db::presentation::shown(db, film_id).await.unwrap();
    let before = shown.as_ref().map(|shown| &shown.content);
    let content = match db::build::find(db, build).await.unwrap().unwrap().track_id {
        Some(id) => {
            let audio = before.unwrap().audio[0].clone();
            let dub = Track { id, build, default: false, master_rendition: None, ..audio };
            before.unwrap().clone().with_track(TrackKind::Audio, dub)
        }
        None => first_presentation(build, &record, before, || TrackId(Uuid::now_v7())),
    };
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
            JobKind::EncodeChunk | JobKind::EncodeAudio | JobKind::EncodeSubtitles => {
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
