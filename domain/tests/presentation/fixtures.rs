//! Builds, records and presentations for the tests.

use std::collections::BTreeMap;

use domain::{
    build_record::{AudioRendition, Bitrates, BuildRecord, Measured, SubtitleRendition, VideoRendition},
    chapter::Chapter,
    id::{BuildId, FilmId, PresentationId, TrackId},
    key::{BuildObject, BuildRoot, PresentationRoot, RenditionName},
    plan::Plan,
    presentation::{Named, NamedBuild, Presentation, Role, Track},
    ratio::Ratio,
};
use uuid::Uuid;

use crate::film::{self, assembled, object, parts};

pub(crate) const FILM: FilmId = FilmId(Uuid::from_u128(0xf0));
pub(crate) const PRESENTATION: PresentationId = PresentationId(Uuid::from_u128(0xe0));
pub(crate) const ROOT: PresentationRoot = PresentationRoot::Film(FILM, PRESENTATION);

/// The film's build.
pub(crate) const VIDEO: BuildId = BuildId(Uuid::from_u128(1));
/// The build of a dub.
pub(crate) const DUB: BuildId = BuildId(Uuid::from_u128(2));
/// The build of subtitles.
pub(crate) const SUBTITLES: BuildId = BuildId(Uuid::from_u128(3));
/// The film's next build.
pub(crate) const NEXT: BuildId = BuildId(Uuid::from_u128(4));

/// The shared film with one rendition for each audio track.
pub(crate) fn plan() -> Plan {
    let mut plan = film::plan();
    for mix in plan.audio.iter_mut().flat_map(|track| &mut track.mixes) {
        mix.renditions.truncate(1);
    }
    plan
}

pub(crate) fn name(text: &str) -> RenditionName {
    RenditionName::try_from(text.to_owned()).unwrap()
}

/// The peak is a quarter above the average.
pub(crate) fn measured(average_bps: u64) -> Measured {
    let bitrates = Bitrates { average_bps, peak_bps: average_bps * 5 / 4 };
    Measured { bitrates, size_bytes: average_bps, segments: 1 }
}

pub(crate) fn video(rung: &str, height: u32, average_bps: u64) -> VideoRendition {
    VideoRendition {
        name: name(rung),
        codecs: "avc1.640028".to_owned(),
        width: height * 16 / 9,
        height,
        frame_rate: Ratio::new(25, 1).unwrap(),
        measured: measured(average_bps),
        iframes: Some(measured(average_bps / 20).bitrates),
    }
}

/// Only the last rung has too little bitrate for 128 kbit/s of audio.
pub(crate) fn ladder() -> Vec<VideoRendition> {
    vec![
        video("v1080", 1080, 5_000_000),
        video("v720", 720, 2_500_000),
        video("v432", 432, 800_000),
        video("v234", 234, 200_000),
    ]
}

pub(crate) fn audio(rendition: &str, track: u32, channels: u32, average_bps: u64) -> AudioRendition {
    AudioRendition {
        name: name(rendition),
        track,
        codecs: "mp4a.40.2".to_owned(),
        channels,
        language: Some("lo".to_owned()),
        label: format!("Track {track}"),
        role: Role::Main,
        level: None,
        measured: measured(average_bps),
    }
}

pub(crate) fn stereo(rendition: &str, track: u32) -> AudioRendition {
    audio(rendition, track, 2, 128_000)
}

pub(crate) fn low(rendition: &str, track: u32) -> AudioRendition {
    audio(rendition, track, 2, 64_000)
}

pub(crate) fn surround(rendition: &str, track: u32) -> AudioRendition {
    audio(rendition, track, 6, 384_000)
}

pub(crate) fn subtitle(rendition: &str, average_bps: u64) -> SubtitleRendition {
    SubtitleRendition {
        name: name(rendition),
        language: Some("lo".to_owned()),
        label: rendition.to_owned(),
        default: false,
        forced: false,
        role: Role::Main,
        measured: measured(average_bps),
    }
}

/// A record that lists the objects of these renditions.
pub(crate) fn record(
    video: Vec<VideoRendition>,
    audio: Vec<AudioRendition>,
    subtitles: Vec<SubtitleRendition>,
) -> BuildRecord {
    let mut paths = Vec::new();
    for rendition in &video {
        paths.extend(rendition.iframes.map(|_| BuildObject::IFramePlaylist(&rendition.name).to_string()));
    }
    for name in video.iter().map(|r| &r.name).chain(audio.iter().map(|r| &r.name)) {
        let objects =
            [BuildObject::MediaPlaylist(name), BuildObject::Init(name), BuildObject::Segment(name, 1)];
        paths.extend(objects.iter().map(ToString::to_string));
    }
    for SubtitleRendition { name, .. } in &subtitles {
        let objects = [BuildObject::MediaPlaylist(name), BuildObject::SubtitleSegment(name, 1)];
        paths.extend(objects.iter().map(ToString::to_string));
    }
    BuildRecord {
        version: BuildRecord::VERSION,
        source_sha256: "a".repeat(64),
        plan: serde_json::Value::Null,
        tools: BTreeMap::new(),
        duration_ms: 6000,
        video,
        audio,
        subtitles,
        subtitle_notes: Vec::new(),
        thumbnails: None,
        chapters: vec![Chapter { start_ms: 0, title: Some("ແມ່ນ້ຳ".to_owned()) }],
        damage: Vec::new(),
        objects: paths.into_iter().map(|path| (path, object(1000, '7'))).collect(),
    }
}

pub(crate) fn track(id: u128, build: BuildId, renditions: &[&str], label: &str) -> Track {
    Track {
        id: TrackId(Uuid::from_u128(id)),
        build,
        renditions: renditions.iter().map(|text| name(text)).collect(),
        language: Some("lo".to_owned()),
        label: label.to_owned(),
        default: false,
        forced: false,
        role: Role::Main,
        master_rendition: None,
    }
}

pub(crate) fn presentation(audio: Vec<Track>, subtitles: Vec<Track>) -> Presentation {
    Presentation {
        version: Presentation::VERSION,
        video: VIDEO,
        audio,
        subtitles,
        thumbnails: None,
        chapters: Vec::new(),
    }
}

/// Builds below the film's folder.
pub(crate) fn named(builds: Vec<(BuildId, BuildRecord)>) -> Named {
    let at = |(id, record)| (id, NamedBuild { root: BuildRoot::Film(FILM, id), record });
    builds.into_iter().map(at).collect()
}

/// A film with these audio tracks, all of its own build, and no other builds.
pub(crate) fn with_audio(tracks: &[Vec<AudioRendition>]) -> (Presentation, Named) {
    let listed = (1..).zip(tracks).map(|(number, renditions)| Track {
        renditions: renditions.iter().map(|rendition| rendition.name.clone()).collect(),
        default: number == 1,
        ..track(number, VIDEO, &[], &format!("Track {number}"))
    });
    let content = presentation(listed.collect(), Vec::new());
    (content, named(vec![(VIDEO, record(ladder(), tracks.concat(), Vec::new()))]))
}

pub(crate) fn built() -> BuildRecord {
    let plan = plan();
    assembled(&plan, &parts(&plan)).unwrap().record
}

/// New ids, from 100.
pub(crate) fn new_ids() -> impl FnMut() -> TrackId {
    let mut next = 100;
    move || {
        next += 1;
        TrackId(Uuid::from_u128(next - 1))
    }
}

/// A film with two tracks, a dub from another build, and subtitles from a third one.
pub(crate) fn three_builds() -> (Presentation, Named) {
    let audio = vec![
        Track { default: true, ..track(1, VIDEO, &["a1"], "ລາວ") },
        Track { language: None, role: Role::Commentary, ..track(2, VIDEO, &["a2"], "Director") },
        Track { language: Some("en".to_owned()), ..track(3, DUB, &["a1"], "English") },
    ];
    let subtitles = vec![track(4, SUBTITLES, &["s1"], "ລາວ")];
    let mut builds = named(vec![
        (VIDEO, record(ladder(), vec![stereo("a1", 1), stereo("a2", 2)], Vec::new())),
        (DUB, record(Vec::new(), vec![stereo("a1", 1)], Vec::new())),
        (SUBTITLES, record(Vec::new(), Vec::new(), vec![subtitle("s1", 400)])),
    ]);
    builds.get_mut(&VIDEO).unwrap().root = BuildRoot::Legacy(FILM, VIDEO);
    (presentation(audio, subtitles), builds)
}
