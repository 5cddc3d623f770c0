//! Records of builds, and publishing them.

use std::collections::BTreeMap;

use db::{
    Db,
    build::Build,
    presentation::NewPresentation,
    queue::ClaimedJob,
    workflow::{self, Published},
};
use domain::{
    build_record::{
        AudioRendition, Bitrates, BuildRecord, Measured, SubtitleNote, SubtitleRendition, VideoRendition,
    },
    id::{PresentationId, TrackId},
    plan::{AudioTrack, Encode, Picture, Plan, SubtitleTrack},
    presentation::{Presentation, Role, Track, TrackKind, first_presentation},
};
use uuid::Uuid;

use super::find_build;

pub(crate) fn record(plan: &Plan) -> BuildRecord {
    let rendition = |(encode, picture): (&Encode, Picture)| VideoRendition {
        name: encode.name.clone(),
        codecs: "avc1.640028".to_owned(),
        width: picture.width,
        height: picture.height,
        frame_rate: plan.timeline.frame_rate,
        measured: Measured {
            bitrates: Bitrates { average_bps: 4_000_000, peak_bps: 6_000_000 },
            size_bytes: 30_000_000,
            segments: plan.timeline.segment_count(),
        },
        iframes: None,
    };
    BuildRecord {
        version: BuildRecord::VERSION,
        source_sha256: "a".repeat(64),
        plan: serde_json::to_value(plan).unwrap(),
        tools: BTreeMap::new(),
        duration_ms: plan.timeline.duration_ms(),
        video: plan.video.iter().flat_map(|video| video.group(0)).map(rendition).collect(),
        audio: (1..).zip(&plan.audio).map(|(track, planned)| audio(track, planned)).collect(),
        subtitles: plan.subtitles.iter().map(subtitles).collect(),
        subtitle_notes: plan.subtitles.iter().map(note).collect(),
        thumbnails: None,
        chapters: Vec::new(),
        damage: Vec::new(),
        objects: BTreeMap::new(),
    }
}

fn subtitles(planned: &SubtitleTrack) -> SubtitleRendition {
    SubtitleRendition {
        name: planned.name.clone(),
        language: planned.language.clone(),
        label: planned.label.clone(),
        default: planned.default,
        forced: planned.forced,
        role: planned.role,
        measured: Measured {
            bitrates: Bitrates { average_bps: 400, peak_bps: 900 },
            size_bytes: 30_000,
            segments: 2,
        },
    }
}

fn note(planned: &SubtitleTrack) -> SubtitleNote {
    SubtitleNote {
        stream_index: planned.stream_index,
        label: planned.label.clone(),
        is_left_out: false,
        details: vec!["cue 1: longer than 60 s".to_owned()],
    }
}

fn audio(track: u32, planned: &AudioTrack) -> AudioRendition {
    AudioRendition {
        name: planned.name().unwrap().clone(),
        track,
        codecs: "mp4a.40.2".to_owned(),
        channels: 2,
        language: planned.language.clone(),
        label: planned.label.clone(),
        role: Role::Main,
        level: None,
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
    let build = find_build(db, claimed.job.build_id.unwrap()).await;
    let content = match build.track_id {
        Some(track) => with_dub(before.unwrap().clone(), &build, track, record),
        None => first_presentation(build.id, record, before, || TrackId(Uuid::now_v7())),
    };
    let id = PresentationId(Uuid::now_v7());
    let duration_ms = record.duration_ms;
    let new = NewPresentation { id, film_id, content, duration_ms, made_by: "build.publish" };
    workflow::begin_publish(db, &claimed.lease, &new).await?;
    workflow::complete_publish(db, &claimed.lease, record, id, shown.map(|shown| shown.id)).await
}

pub(crate) fn with_dub(
    content: Presentation,
    build: &Build,
    id: TrackId,
    record: &BuildRecord,
) -> Presentation {
    let track = Track {
        id,
        build: build.id,
        renditions: record.audio.iter().map(|one| one.name.clone()).collect(),
        language: Some("lo".to_owned()),
        label: "ພາກລາວ".to_owned(),
        default: false,
        forced: false,
        role: Role::Main,
        master_rendition: None,
    };
    content.with_track(TrackKind::Audio, track)
}
