//! Presentations: the playlist that players read, the first presentation of a build, and builds from before presentations.

#![allow(clippy::unwrap_used)]

mod film;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::{
    build_record::{
        AudioRendition, Bitrates, BuildRecord, LegacyError, Measured, SubtitleRendition, VideoRendition,
        from_legacy,
    },
    hex,
    id::{BuildId, FilmId, PresentationId, TrackId},
    key::{BuildObject, BuildRoot, Key, PresentationObject, PresentationRoot, RenditionName, film_prefix},
    presentation::{
        ComposeError, Named, NamedBuild, Presentation, PresentationManifest, Role, Track, compose,
        first_presentation,
    },
    ratio::Ratio,
};
use m3u8_rs::{AlternativeMedia, AlternativeMediaType, MasterPlaylist, VariantStream};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use film::{assembled, object, parts, plan};

const FILM: FilmId = FilmId(Uuid::from_u128(0xf0));
const PRESENTATION: PresentationId = PresentationId(Uuid::from_u128(0xe0));
const ROOT: PresentationRoot = PresentationRoot::Film(FILM, PRESENTATION);

/// The film's build.
const VIDEO: BuildId = BuildId(Uuid::from_u128(1));
/// The build of a dub.
const DUB: BuildId = BuildId(Uuid::from_u128(2));
/// The build of subtitles.
const SUBTITLES: BuildId = BuildId(Uuid::from_u128(3));
/// The film's next build.
const NEXT: BuildId = BuildId(Uuid::from_u128(4));

fn name(text: &str) -> RenditionName {
    RenditionName::try_from(text.to_owned()).unwrap()
}

/// The peak is a quarter above the average.
fn measured(average_bps: u64) -> Measured {
    let bitrates = Bitrates { average_bps, peak_bps: average_bps * 5 / 4 };
    Measured { bitrates, size_bytes: average_bps, segments: 1 }
}

fn video(rung: &str, height: u32, average_bps: u64) -> VideoRendition {
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
fn ladder() -> Vec<VideoRendition> {
    vec![
        video("v1080", 1080, 5_000_000),
        video("v720", 720, 2_500_000),
        video("v432", 432, 800_000),
        video("v234", 234, 200_000),
    ]
}

fn audio(rendition: &str, track: u32, channels: u32, average_bps: u64) -> AudioRendition {
    AudioRendition {
        name: name(rendition),
        track,
        codecs: "mp4a.40.2".to_owned(),
        channels,
        language: Some("lo".to_owned()),
        label: format!("Track {track}"),
        measured: measured(average_bps),
    }
}

fn stereo(rendition: &str, track: u32) -> AudioRendition {
    audio(rendition, track, 2, 128_000)
}

fn low(rendition: &str, track: u32) -> AudioRendition {
    audio(rendition, track, 2, 64_000)
}

fn surround(rendition: &str, track: u32) -> AudioRendition {
    audio(rendition, track, 6, 384_000)
}

fn subtitle(rendition: &str, average_bps: u64) -> SubtitleRendition {
    SubtitleRendition {
        name: name(rendition),
        language: Some("lo".to_owned()),
        label: rendition.to_owned(),
        measured: measured(average_bps),
    }
}

/// A record that lists the objects of these renditions.
fn record(
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
        thumbnails: None,
        objects: paths.into_iter().map(|path| (path, object(1000, '7'))).collect(),
    }
}

fn track(id: u128, build: BuildId, renditions: &[&str], label: &str) -> Track {
    Track {
        id: TrackId(Uuid::from_u128(id)),
        build,
        renditions: renditions.iter().map(|text| name(text)).collect(),
        language: Some("lo".to_owned()),
        label: label.to_owned(),
        default: false,
        forced: false,
        role: Role::Main,
    }
}

fn presentation(audio: Vec<Track>, subtitles: Vec<Track>) -> Presentation {
    Presentation { version: Presentation::VERSION, video: VIDEO, audio, subtitles, thumbnails: None }
}

/// Builds below the film's folder.
fn named(builds: Vec<(BuildId, BuildRecord)>) -> Named {
    let at = |(id, record)| (id, NamedBuild { root: BuildRoot::Film(FILM, id), record });
    builds.into_iter().map(at).collect()
}

/// A film with these audio tracks, all of its own build, and no other builds.
fn with_audio(tracks: &[Vec<AudioRendition>]) -> (Presentation, Named) {
    let listed = (1..).zip(tracks).map(|(number, renditions)| Track {
        renditions: renditions.iter().map(|rendition| rendition.name.clone()).collect(),
        default: number == 1,
        ..track(number, VIDEO, &[], &format!("Track {number}"))
    });
    let content = presentation(listed.collect(), Vec::new());
    (content, named(vec![(VIDEO, record(ladder(), tracks.concat(), Vec::new()))]))
}

fn composed(content: &Presentation, builds: &Named) -> MasterPlaylist {
    checked(content, ROOT, builds).0
}

/// Composes and checks what must hold in every presentation.
fn checked(
    content: &Presentation,
    root: PresentationRoot,
    builds: &Named,
) -> (MasterPlaylist, String, PresentationManifest) {
    let (text, manifest) = compose(content, root, builds).unwrap();
    let playlist = m3u8_rs::parse_master_playlist_res(text.as_bytes()).unwrap();
    check_objects(&playlist, &text, root, builds, &manifest);
    check_groups(&playlist, content);
    check_variants(&playlist, content, builds);
    assert_eq!((manifest.version, &manifest.presentation), (PresentationManifest::VERSION, content));
    assert_eq!(manifest.duration_ms, builds[&content.video].record.duration_ms);
    (playlist, text, manifest)
}

/// Resolves a relative reference (RFC 3986 §5.2) against a key.
fn resolved(base: &Key, uri: &str) -> String {
    let mut folders: Vec<&str> = base.as_str().split('/').collect();
    folders.pop();
    for part in uri.split('/') {
        if part == ".." {
            folders.pop().unwrap();
        } else {
            folders.push(part);
        }
    }
    folders.join("/")
}

fn uris(playlist: &MasterPlaylist) -> Vec<&str> {
    let media = playlist.alternatives.iter().filter_map(|media| media.uri.as_deref());
    media.chain(playlist.variants.iter().map(|variant| variant.uri.as_str())).collect()
}

/// Every URI leads to an object of the manifest that viewers may read, and the manifest lists the objects of the builds.
fn check_objects(
    playlist: &MasterPlaylist,
    text: &str,
    root: PresentationRoot,
    builds: &Named,
    manifest: &PresentationManifest,
) {
    let key = root.key(PresentationObject::Playlist);
    let folder = if root == PresentationRoot::Top { String::new() } else { film_prefix(FILM) };
    for uri in uris(playlist) {
        let target = resolved(&key, uri);
        let path = target.strip_prefix(&folder).unwrap();
        assert!(manifest.objects.contains_key(path), "{uri} is {path}");
        if root != PresentationRoot::Top {
            assert_eq!(Key::for_viewer(FILM, path).unwrap().as_str(), target);
        }
    }
    let mut objects = BTreeMap::new();
    for id in manifest.presentation.builds() {
        for (path, object) in &builds[&id].record.objects {
            let key = builds[&id].root.at(path).unwrap();
            objects.insert(key.as_str().strip_prefix(&folder).unwrap().to_owned(), object.clone());
        }
    }
    let own = manifest.objects[key.as_str().strip_prefix(&folder).unwrap()].clone();
    assert_eq!(own.size_bytes, text.len() as u64);
    assert_eq!(own.sha256, hex::encode(&Sha256::digest(text)));
    objects.insert(root.path_in_film(PresentationObject::Playlist), own);
    assert_eq!(manifest.objects, objects);
}

fn of_kind<'a>(playlist: &'a MasterPlaylist, kind: &AlternativeMediaType) -> Vec<&'a AlternativeMedia> {
    playlist.alternatives.iter().filter(|media| media.media_type == *kind).collect()
}

/// The audio groups in the playlist's order.
fn groups(playlist: &MasterPlaylist) -> Vec<(&str, Vec<&AlternativeMedia>)> {
    let mut groups: Vec<(&str, Vec<&AlternativeMedia>)> = Vec::new();
    for media in of_kind(playlist, &AlternativeMediaType::Audio) {
        match groups.iter_mut().find(|(id, _)| *id == media.group_id) {
            Some((_, members)) => members.push(media),
            None => groups.push((&media.group_id, vec![media])),
        }
    }
    groups
}

/// Every group contains every track once (RFC 8216 §4.3.4.1.1), and no two groups are equal.
fn check_groups(playlist: &MasterPlaylist, content: &Presentation) {
    let mut seen = HashSet::new();
    for (id, members) in groups(playlist) {
        assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{id}");
        let found: Vec<_> =
            members.iter().map(|media| (media.default, media.language.clone().unwrap())).collect();
        let expected =
            content.audio.iter().map(|t| (t.default, t.language.clone().unwrap_or("und".to_owned())));
        assert_eq!(found, expected.collect::<Vec<_>>(), "{id}");
        let names: HashSet<_> = members.iter().map(|media| media.name.to_lowercase()).collect();
        assert_eq!(names.len(), members.len(), "{id}");
        let uris: Vec<_> = members.iter().map(|media| media.uri.clone()).collect();
        assert!(seen.insert(uris), "{id} equals another group");
    }
    assert_eq!(seen.is_empty(), content.audio.is_empty());

    let subtitles = of_kind(playlist, &AlternativeMediaType::Subtitles);
    assert_eq!(subtitles.len(), content.subtitles.len());
    for (media, track) in subtitles.iter().zip(&content.subtitles) {
        assert_eq!((media.default, media.forced), (track.default, track.forced));
    }
    for media in &playlist.alternatives {
        assert!(media.autoselect || !media.default, "RFC 8216 §4.3.4.1");
    }
}

fn measured_at<'a>(builds: &'a Named, uri: &str) -> (&'a str, Bitrates) {
    let folder_and_file = |root: &BuildRoot, name: &RenditionName| {
        format!("{}{}", root.uri_from_presentation(), BuildObject::MediaPlaylist(name))
    };
    let mut all =
        builds.values().flat_map(|build| build.record.media().map(move |media| (build.root, media)));
    let (_, (_, codecs, measured)) =
        all.find(|(root, (name, ..))| folder_and_file(root, name) == uri).unwrap();
    (codecs, measured.bitrates)
}

fn variants(playlist: &MasterPlaylist) -> impl Iterator<Item = &VariantStream> {
    playlist.variants.iter().filter(|variant| !variant.is_i_frame)
}

/// Bandwidths are the largest sums of playable combinations (RFC 8216 §4.3.4.2), and CODECS names all of their formats.
fn check_variants(playlist: &MasterPlaylist, content: &Presentation, builds: &Named) {
    let groups = groups(playlist);
    let mut rungs = HashSet::new();
    for variant in variants(playlist) {
        let (codecs, video) = measured_at(builds, &variant.uri);
        let audio: Vec<_> = match &variant.audio {
            Some(id) => groups.iter().find(|(group, _)| group == id).unwrap().1.clone(),
            None => Vec::new(),
        };
        assert_eq!(audio.len(), content.audio.len());
        let subtitles = of_kind(playlist, &AlternativeMediaType::Subtitles);
        let subtitles: Vec<_> = subtitles
            .into_iter()
            .filter(|media| Some(&media.group_id) == variant.subtitles.as_ref())
            .collect();
        assert_eq!(subtitles.len(), content.subtitles.len());
        let highest = |media: &[&AlternativeMedia], value: fn(Bitrates) -> u64| {
            media.iter().map(|one| value(measured_at(builds, one.uri.as_ref().unwrap()).1)).max().unwrap_or(0)
        };
        let sum =
            |value: fn(Bitrates) -> u64| value(video) + highest(&audio, value) + highest(&subtitles, value);
        assert_eq!(variant.bandwidth, sum(|rates| rates.peak_bps), "{}", variant.uri);
        assert_eq!(variant.average_bandwidth, Some(sum(|rates| rates.average_bps)), "{}", variant.uri);
        let stated: Vec<&str> = variant.codecs.as_ref().unwrap().split(',').collect();
        let mut expected: BTreeSet<&str> =
            audio.iter().map(|media| measured_at(builds, media.uri.as_ref().unwrap()).0).collect();
        expected.insert(codecs);
        assert_eq!(stated.iter().copied().collect::<BTreeSet<_>>(), expected);
        assert_eq!(stated.len(), expected.len());
        rungs.insert(&variant.uri);
    }
    assert_eq!(rungs.len(), builds[&content.video].record.video.len());
}

/// A URI such as `../../builds/<id>/v1080/index.m3u8` without its folder and file.
fn short(uri: &str) -> &str {
    uri.rsplit('/').nth(1).unwrap()
}

fn group_lines(playlist: &MasterPlaylist) -> Vec<String> {
    let line = |(id, members): (&str, Vec<&AlternativeMedia>)| {
        let names: Vec<_> = members.iter().map(|media| short(media.uri.as_ref().unwrap())).collect();
        format!("{id}: {}", names.join(" "))
    };
    groups(playlist).into_iter().map(line).collect()
}

fn variant_lines(playlist: &MasterPlaylist) -> Vec<String> {
    let line = |v: &VariantStream| format!("{} {}", short(&v.uri), v.audio.as_deref().unwrap_or("-"));
    variants(playlist).map(line).collect()
}

fn built() -> BuildRecord {
    let plan = plan();
    assembled(&plan, &parts(&plan)).unwrap().record
}

/// New ids, from 100.
fn new_ids() -> impl FnMut() -> TrackId {
    let mut next = 100;
    move || {
        next += 1;
        TrackId(Uuid::from_u128(next - 1))
    }
}

#[test]
fn one_build_is_presented_at_each_root() {
    let record = built();
    let content = first_presentation(VIDEO, &record, None, new_ids());
    let at = |presentation, root| {
        let builds = Named::from([(VIDEO, NamedBuild { root, record: record.clone() })]);
        checked(&content, presentation, &builds)
    };
    let (_, top, manifest) = at(PresentationRoot::Top, BuildRoot::Top);
    insta::assert_snapshot!("main_playlist", top);
    assert_eq!(manifest.objects.len(), record.objects.len() + 1);
    assert!(manifest.objects.contains_key("main.m3u8"));

    let below = |folder: &str| {
        let uri = |line: &str| match line.split_once("URI=\"") {
            Some((attributes, uri)) => format!("{attributes}URI=\"{folder}{uri}\n"),
            None if line.starts_with('#') => format!("{line}\n"),
            None => format!("{folder}{line}\n"),
        };
        top.lines().map(uri).collect::<String>()
    };
    let (_, text, _) = at(ROOT, BuildRoot::Film(FILM, VIDEO));
    assert_eq!(text, below(&format!("../../builds/{VIDEO}/")));
    let (_, text, _) = at(ROOT, BuildRoot::Legacy(FILM, VIDEO));
    assert_eq!(text, below(&format!("../../{VIDEO}/")));
}

#[test]
fn a_manifest_is_the_same_after_reading_it() {
    let (content, builds) = with_audio(&[vec![stereo("a1", 1)]]);
    let content = Presentation { thumbnails: built().thumbnails, ..content };
    assert!(content.thumbnails.is_some());
    let (_, _, manifest) = checked(&content, ROOT, &builds);
    let stored = serde_json::to_string(&manifest).unwrap();
    assert_eq!(serde_json::from_str::<PresentationManifest>(&stored).unwrap(), manifest);
}

#[test]
fn bandwidths_are_the_largest_sums_of_peaks() {
    let (content, builds) = with_audio(&[
        vec![audio("a1", 1, 2, 96_000)],
        vec![AudioRendition { measured: measured(160_000), ..stereo("a2", 2) }],
    ]);
    let playlist = composed(&content, &builds);
    let best = variants(&playlist).find(|variant| short(&variant.uri) == "v1080").unwrap();
    assert_eq!((best.bandwidth, best.average_bandwidth), (6_250_000 + 200_000, Some(5_160_000)));
    assert_eq!(best.codecs.as_deref(), Some("avc1.640028,mp4a.40.2"));
    assert_eq!(best.frame_rate, Some(25.0));
    let size = best.resolution.unwrap();
    assert_eq!((size.width, size.height), (1920, 1080));
}

#[test]
fn a_film_without_audio_has_no_audio_group() {
    let (content, builds) = with_audio(&[]);
    let (playlist, text, _) = checked(&content, ROOT, &builds);
    assert!(!text.contains("AUDIO") && !text.contains("EXT-X-MEDIA"));
    assert!(text.contains("CODECS=\"avc1.640028\",") && !text.contains("SUBTITLES"));
    assert_eq!(variant_lines(&playlist), ["v432 -", "v1080 -", "v720 -", "v234 -"]);
}

#[test]
fn a_rung_without_iframes_has_no_iframe_playlist() {
    let (content, mut builds) = with_audio(&[vec![stereo("a1", 1)]]);
    builds.get_mut(&VIDEO).unwrap().record.video[1].iframes = None;
    let playlist = composed(&content, &builds);
    let iframes: Vec<_> = playlist.variants.iter().filter(|variant| variant.is_i_frame).collect();
    let found: Vec<_> = iframes.iter().map(|v| (short(&v.uri), v.bandwidth, v.average_bandwidth)).collect();
    assert_eq!(
        found,
        [("v1080", 312_500, Some(250_000)), ("v432", 50_000, Some(40_000)), ("v234", 12_500, Some(10_000))]
    );
}

/// A film with two tracks, a dub from another build, and subtitles from a third one.
fn three_builds() -> (Presentation, Named) {
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

#[test]
fn tracks_of_several_builds_are_named_by_relative_uris() {
    let (content, builds) = three_builds();
    let (_, text, manifest) = checked(&content, ROOT, &builds);
    insta::assert_snapshot!("three_builds", text);
    assert_eq!(manifest.objects.keys().filter(|path| path.starts_with("builds/")).count(), 3 + 2);
}

#[test]
fn objects_of_builds_that_are_not_named_are_not_listed() {
    let (mut content, builds) = three_builds();
    content.subtitles.clear();
    content.audio.pop();
    let (_, _, manifest) = checked(&content, ROOT, &builds);
    assert!(manifest.objects.keys().all(|path| !path.starts_with("builds/")));
    assert_eq!(content.builds(), BTreeSet::from([VIDEO]));
}

#[test]
fn every_group_contains_every_track() {
    for (case, tracks, expected) in [
        ("stereo only", vec![vec![stereo("a1", 1)]], vec!["aac-2: a1"]),
        ("stereo and low", vec![vec![stereo("a1", 1), low("a1l", 1)]], vec!["aac-2: a1", "aac-2-low1: a1l"]),
        (
            "three renditions",
            vec![vec![surround("a1s", 1), stereo("a1", 1), low("a1l", 1)]],
            vec!["aac-2: a1", "aac-2-low1: a1l", "aac-6: a1s"],
        ),
        (
            "a dub with one rendition beside a film with three",
            vec![vec![low("a1l", 1), surround("a1s", 1), stereo("a1", 1)], vec![stereo("a2", 2)]],
            vec!["aac-2: a1 a2", "aac-2-low1: a1l a2", "aac-6: a1s a2"],
        ),
        (
            "a film with one rendition and a dub with three",
            vec![vec![stereo("a1", 1)], vec![surround("a2s", 2), stereo("a2", 2), low("a2l", 2)]],
            vec!["aac-2: a1 a2", "aac-2-low1: a1 a2l", "aac-6: a1 a2s"],
        ),
        (
            "a track with two low renditions",
            vec![
                vec![stereo("a1", 1), low("a1l", 1), audio("a1m", 1, 2, 32_000)],
                vec![stereo("a2", 2), low("a2l", 2)],
            ],
            vec!["aac-2: a1 a2", "aac-2-low1: a1l a2l", "aac-2-low2: a1m a2l"],
        ),
        (
            "a track with surround only",
            vec![vec![stereo("a1", 1)], vec![surround("a2", 2)]],
            vec!["aac-2: a1 a2"],
        ),
        ("surround only", vec![vec![surround("a1", 1)]], vec!["aac-6: a1"]),
        ("a mono dub", vec![vec![stereo("a1", 1)], vec![audio("a2", 2, 1, 64_000)]], vec!["aac-2: a1 a2"]),
        (
            "mono for low bitrates",
            vec![vec![audio("a1m", 1, 1, 48_000), stereo("a1", 1)]],
            vec!["aac-2: a1", "aac-1: a1m"],
        ),
        (
            "HE-AAC for low bitrates",
            vec![vec![
                stereo("a1", 1),
                AudioRendition { codecs: "mp4a.40.5".to_owned(), ..audio("a1h", 1, 2, 48_000) },
            ]],
            vec!["aac-2: a1", "aac-2-low1: a1h"],
        ),
        (
            "two surround codecs",
            vec![vec![
                AudioRendition { codecs: "ec-3".to_owned(), ..surround("a1e", 1) },
                AudioRendition { codecs: "ac-3".to_owned(), ..surround("a1d", 1) },
                stereo("a1", 1),
            ]],
            vec!["aac-2: a1", "ac-3-6: a1d", "ec-3-6: a1e"],
        ),
    ] {
        let (content, builds) = with_audio(&tracks);
        assert_eq!(group_lines(&composed(&content, &builds)), expected, "{case}");
    }
}

#[test]
fn a_rung_with_little_bitrate_names_the_low_group() {
    let (content, builds) = with_audio(&[vec![stereo("a1", 1), low("a1l", 1)], vec![stereo("a2", 2)]]);
    assert_eq!(
        variant_lines(&composed(&content, &builds)),
        ["v432 aac-2", "v1080 aac-2", "v720 aac-2", "v234 aac-2-low1"]
    );
    // At most a third of the video's bitrate; of several groups that need more, the lowest.
    for (video_bps, expected) in
        [(384_000, "aac-2"), (383_999, "aac-2-low1"), (192_000, "aac-2-low1"), (1000, "aac-2-low2")]
    {
        let tracks = vec![vec![stereo("a1", 1), low("a1l", 1), audio("a1m", 1, 2, 32_000)]];
        let (content, mut builds) = with_audio(&tracks);
        builds.get_mut(&VIDEO).unwrap().record.video = vec![video("v234", 234, video_bps)];
        assert_eq!(variant_lines(&composed(&content, &builds)), [format!("v234 {expected}")], "{video_bps}");
    }
}

#[test]
fn only_rungs_with_the_best_stereo_have_surround() {
    let tracks = vec![vec![surround("a1s", 1), stereo("a1", 1), low("a1l", 1)], vec![stereo("a2", 2)]];
    let (content, builds) = with_audio(&tracks);
    let playlist = composed(&content, &builds);
    assert_eq!(
        variant_lines(&playlist),
        [
            "v432 aac-2",
            "v1080 aac-2",
            "v720 aac-2",
            "v234 aac-2-low1",
            "v1080 aac-6",
            "v720 aac-6",
            "v432 aac-6"
        ]
    );
    let channels: Vec<_> = groups(&playlist)[2].1.iter().map(|media| media.channels.as_deref()).collect();
    assert_eq!(channels, [Some("6"), Some("2")]);

    let (content, builds) = with_audio(&[vec![surround("a1s", 1)]]);
    assert_eq!(
        variant_lines(&composed(&content, &builds)),
        ["v234 aac-6", "v1080 aac-6", "v720 aac-6", "v432 aac-6"]
    );
}

#[test]
fn the_first_variant_needs_about_a_megabit_per_second() {
    for (rungs, expected) in [
        (
            vec![("v1080", 5_000_000), ("v720", 2_500_000), ("v432", 850_000), ("v234", 270_000)],
            "v432 v1080 v720 v234",
        ),
        // The audio counts: 900 + 128 kbit/s.
        (vec![("v720", 900_000), ("v432", 600_000)], "v432 v720"),
        (vec![("v1080", 5_000_000), ("v720", 2_500_000)], "v720 v1080"),
        (vec![("v234", 400_000), ("v432", 860_000)], "v432 v234"),
    ] {
        let (content, mut builds) = with_audio(&[vec![stereo("a1", 1)]]);
        builds.get_mut(&VIDEO).unwrap().record = record(
            rungs.iter().map(|(rung, bps)| video(rung, 432, *bps)).collect(),
            vec![stereo("a1", 1)],
            vec![],
        );
        let playlist = composed(&content, &builds);
        let order: Vec<_> = variants(&playlist).map(|variant| short(&variant.uri)).collect();
        assert_eq!(order.join(" "), expected);
    }
}

#[test]
fn the_flags_of_tracks_become_attributes() {
    let audio = vec![
        Track { default: true, ..track(1, VIDEO, &["a1"], "ລາວ") },
        Track { role: Role::AudioDescription, ..track(2, VIDEO, &["a2"], "Described") },
        Track { role: Role::Commentary, ..track(3, VIDEO, &["a3"], "Director") },
    ];
    let subtitles = vec![
        track(4, SUBTITLES, &["s1"], "ລາວ"),
        Track {
            default: true,
            role: Role::HardOfHearing,
            ..track(5, SUBTITLES, &["s2"], "ລາວ, with sounds")
        },
        Track { forced: true, language: None, ..track(6, SUBTITLES, &["s3"], "Signs") },
        Track { role: Role::Commentary, ..track(7, SUBTITLES, &["s4"], "Director") },
        Track { role: Role::Commentary, forced: true, ..track(8, SUBTITLES, &["s5"], "Notes") },
    ];
    let tracks = (1..=3).map(|number| stereo(&format!("a{number}"), number)).collect();
    let texts = (1..=5).map(|number| subtitle(&format!("s{number}"), 400)).collect();
    let builds =
        named(vec![(VIDEO, record(ladder(), tracks, vec![])), (SUBTITLES, record(vec![], vec![], texts))]);
    let (playlist, _, _) = checked(&presentation(audio.clone(), subtitles.clone()), ROOT, &builds);
    let flags = |kind: &AlternativeMediaType| {
        let media = of_kind(&playlist, kind).into_iter();
        media.map(|m| (m.default, m.autoselect, m.forced, m.characteristics.as_deref())).collect::<Vec<_>>()
    };
    let describes = "public.accessibility.describes-video";
    assert_eq!(
        flags(&AlternativeMediaType::Audio),
        [(true, true, false, None), (false, true, false, Some(describes)), (false, false, false, None)]
    );
    let transcribes =
        "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound";
    assert_eq!(
        flags(&AlternativeMediaType::Subtitles),
        [
            (false, true, false, None),
            (true, true, false, Some(transcribes)),
            (false, true, true, None),
            (false, false, false, None),
            (false, true, true, None),
        ]
    );
    let languages: Vec<_> =
        of_kind(&playlist, &AlternativeMediaType::Subtitles).iter().map(|m| m.language.as_deref()).collect();
    assert_eq!(languages, [Some("lo"), Some("lo"), Some("und"), Some("lo"), Some("lo")]);
    assert!(variants(&playlist).all(|variant| variant.subtitles.as_deref() == Some("subtitles")));

    // A default track is always selected automatically (RFC 8216 §4.3.4.1), whatever its role.
    let audio = vec![Track { default: true, ..audio[2].clone() }];
    let subtitles = vec![Track { default: true, ..subtitles[3].clone() }];
    let playlist = composed(&presentation(audio, subtitles), &builds);
    assert!(playlist.alternatives.iter().all(|media| media.default && media.autoselect));
}

#[test]
fn invalid_presentations_are_refused() {
    type Change = fn(&mut Presentation, &mut Named);
    let same_label = "two tracks have the name \"LAO\"; names of audio tracks must differ, and so must names of subtitle tracks";
    let cases: [(&str, Change, &str); 14] = [
        ("no build", |_, builds| builds.clear(), "build 00000000-0000-0000-0000-000000000001 is missing"),
        (
            "no build of a dub",
            |_, builds| drop(builds.remove(&DUB)),
            "build 00000000-0000-0000-0000-000000000002 is missing",
        ),
        (
            "no build of subtitles",
            |_, builds| drop(builds.remove(&SUBTITLES)),
            "build 00000000-0000-0000-0000-000000000003 is missing",
        ),
        (
            "video of a dub",
            |content, _| content.video = DUB,
            "build 00000000-0000-0000-0000-000000000002 has no video",
        ),
        (
            "a missing audio rendition",
            |content, _| content.audio[2].renditions.push(name("a9")),
            "build 00000000-0000-0000-0000-000000000002 has no rendition a9",
        ),
        (
            "a video rendition as audio",
            |content, _| content.audio[0].renditions = vec![name("v720")],
            "build 00000000-0000-0000-0000-000000000001 has no rendition v720",
        ),
        (
            "a missing subtitle rendition",
            |content, _| content.subtitles[0].renditions = vec![name("a1")],
            "build 00000000-0000-0000-0000-000000000003 has no rendition a1",
        ),
        (
            "an audio track without renditions",
            |content, _| content.audio[2].renditions.clear(),
            "track \"English\" has no rendition",
        ),
        (
            "subtitles without renditions",
            |content, _| content.subtitles[0].renditions.clear(),
            "track \"ລາວ\" has no rendition",
        ),
        (
            "two equal names",
            |content, _| {
                content.audio[0].label = "Lao".to_owned();
                content.audio[2].label = "LAO".to_owned();
            },
            same_label,
        ),
        (
            "names that are equal in the playlist",
            |content, _| {
                content.audio[0].label = "a \"b\"".to_owned();
                content.audio[2].label = "a\n”b”".to_owned();
            },
            "two tracks have the name \"a\\n”b”\"; names of audio tracks must differ, and so must names of subtitle tracks",
        ),
        (
            "two defaults",
            |content, _| content.audio[2].default = true,
            "\"English\" and another track are both the default; only one track of a kind can be",
        ),
        (
            "too many audio tracks",
            |content, _| content.audio = many(DUB, "a1"),
            "a film can have at most 64 audio and 64 subtitle tracks",
        ),
        (
            "too many subtitle tracks",
            |content, _| content.subtitles = many(SUBTITLES, "s1"),
            "a film can have at most 64 audio and 64 subtitle tracks",
        ),
    ];
    for (case, change, expected) in cases {
        let (mut content, mut builds) = three_builds();
        change(&mut content, &mut builds);
        let error = compose(&content, ROOT, &builds).expect_err(case);
        assert_eq!(error.to_string(), expected, "{case}");
    }

    let (mut content, builds) = three_builds();
    content.audio = many(DUB, "a1");
    content.audio.pop();
    content.subtitles = many(SUBTITLES, "s1");
    content.subtitles.pop();
    content.subtitles[0].default = true;
    content.audio[5].default = true;
    assert_eq!(composed(&content, &builds).alternatives.len(), 2 * Presentation::MAX_TRACKS);
    content.subtitles[1].default = true;
    assert_eq!(compose(&content, ROOT, &builds), Err(ComposeError::TwoDefaults("64".to_owned())));
}

/// One track more than allowed.
fn many(build: BuildId, rendition: &str) -> Vec<Track> {
    (0..=Presentation::MAX_TRACKS as u128)
        .map(|number| track(number, build, &[rendition], &(number + 63).to_string()))
        .collect()
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\",=\r\n\\\\#:A-Z]{0,40}",
        Just("Evil\",URI=\"x".to_owned()),
        Just("\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttps://evil.example/".to_owned()),
        Just("a\u{2028}b\u{85}c\u{b}d".to_owned()),
    ]
}

/// Renditions of one track: any codecs, channels and bitrates.
fn renditions(track: u32) -> impl Strategy<Value = Vec<AudioRendition>> {
    let codecs = prop::sample::select(vec!["mp4a.40.2", "mp4a.40.2", "mp4a.40.5", "ac-3", "ec-3"]);
    let one = (codecs, prop::sample::select(vec![1_u32, 2, 2, 2, 6, 8]), 16_000_u64..700_000);
    prop::collection::vec(one, 1..5).prop_map(move |all| {
        let named = |(index, (codecs, channels, bps)): (usize, (&str, u32, u64))| AudioRendition {
            codecs: codecs.to_owned(),
            ..audio(&format!("a{track}-{index}"), track, channels, bps)
        };
        all.into_iter().enumerate().map(named).collect()
    })
}

fn tracks_of(build: BuildId, records: &[AudioRendition]) -> Vec<Track> {
    let chunks = records.chunk_by(|a, b| a.track == b.track);
    let of = |all: &[AudioRendition]| {
        let names: Vec<_> = all.iter().map(|rendition| rendition.name.as_str()).collect();
        track(all[0].track.into(), build, &names, &format!("Track {}", all[0].track))
    };
    chunks.map(of).collect()
}

proptest! {
    /// Whatever the builds contain: URIs lead to objects, groups contain all tracks, bandwidths are right.
    #[test]
    fn every_presentation_is_consistent(
        rungs in prop::collection::vec(20_000_u64..8_000_000, 1..7),
        own in (renditions(1), renditions(2)),
        dubs in (renditions(3), renditions(4)),
        (own_count, dub_count, text_count) in (0_usize..3, 0_usize..3, 0_usize..3),
        texts in (50_u64..2000, 50_u64..2000),
        default in 0_usize..4,
    ) {
        let own = [own.0, own.1][..own_count].concat();
        let dubs = [dubs.0, dubs.1][..dub_count].concat();
        let texts = [subtitle("s1", texts.0), subtitle("s2", texts.1)][..text_count].to_vec();
        let mut listed = tracks_of(VIDEO, &own);
        listed.extend(tracks_of(DUB, &dubs));
        if let Some(track) = listed.get_mut(default) {
            track.default = true;
        }
        let subtitles = texts.iter().map(|text| track(9, SUBTITLES, &[text.name.as_str()], &text.label)).collect();
        let content = presentation(listed, subtitles);
        let rungs = (1..).zip(rungs).map(|(number, bps)| video(&format!("v{number}"), 360 + number * 2, bps));
        let builds = named(vec![
            (VIDEO, record(rungs.collect(), own, Vec::new())),
            (DUB, record(Vec::new(), dubs, Vec::new())),
            (SUBTITLES, record(Vec::new(), Vec::new(), texts)),
        ]);
        let (playlist, text, _) = checked(&content, ROOT, &builds);
        prop_assert_eq!(compose(&content, ROOT, &builds).unwrap().0, text);

        // Each rung has one variant with stereo, or with surround if no track has stereo, before the surround variants.
        let rungs = builds[&VIDEO].record.video.len();
        let first: HashSet<_> = variants(&playlist).take(rungs).map(|variant| &variant.uri).collect();
        prop_assert_eq!(first.len(), rungs);
        let averages: Vec<_> = variants(&playlist).take(rungs).map(|variant| variant.average_bandwidth).collect();
        prop_assert!(averages[1..].is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn no_label_can_add_an_attribute_or_a_line(
        labels in (label(), label(), label(), label()),
        languages in (proptest::option::of(label()), proptest::option::of(label())),
    ) {
        let (mut content, builds) = three_builds();
        let plain = checked(&content, ROOT, &builds).1;
        (content.audio[0].label, content.audio[1].label, content.audio[2].label) = (labels.0, labels.1, labels.2);
        content.subtitles[0].label = labels.3;
        (content.audio[0].language, content.subtitles[0].language) = languages;
        let text = match compose(&content, ROOT, &builds) {
            Ok((text, _)) => text,
            Err(error) => {
                prop_assert!(matches!(error, ComposeError::SameLabel(_)), "{error}");
                return Ok(());
            }
        };
        // Without the contents of NAME and LANGUAGE, the playlists are equal.
        let without = |text: &str| -> Vec<String> {
            let blank = |line: &str| {
                let mut parts: Vec<&str> = line.split('"').collect();
                if line.starts_with("#EXT-X-MEDIA:") {
                    (parts[3], parts[5]) = ("", "");
                }
                parts.join("\"")
            };
            text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).map(blank).collect()
        };
        prop_assert_eq!(without(&text), without(&plain));
        let parsed = m3u8_rs::parse_master_playlist_res(text.as_bytes()).unwrap();
        prop_assert_eq!(parsed.alternatives.len(), 4);
        prop_assert!(parsed.alternatives.iter().all(|media| media.other_attributes.as_ref().is_none_or(HashMap::is_empty)));
        prop_assert!(parsed.unknown_tags.is_empty());
        let names: HashSet<_> = parsed.alternatives[..3].iter().map(|media| media.name.to_lowercase()).collect();
        prop_assert_eq!(names.len(), 3);
    }
}

#[test]
fn a_new_film_has_the_tracks_of_its_master() {
    let record = built();
    let content = first_presentation(VIDEO, &record, None, new_ids());
    assert_eq!(
        content,
        Presentation {
            thumbnails: record.thumbnails,
            ..presentation(
                vec![
                    Track { default: true, ..track(100, VIDEO, &["a1"], "ລາວ") },
                    Track { language: Some("en".to_owned()), ..track(101, VIDEO, &["a2"], "English") },
                ],
                Vec::new(),
            )
        }
    );
    assert!(content.thumbnails.is_some());
}

#[test]
fn the_renditions_of_one_track_are_one_track() {
    let tracks = vec![surround("a1s", 1), stereo("a1", 1), low("a1l", 1), stereo("a2", 2)];
    let texts = vec![subtitle("s1", 400), subtitle("s2", 400)];
    let record = record(ladder(), tracks, texts);
    let content = first_presentation(VIDEO, &record, None, new_ids());
    let found: Vec<_> = content
        .tracks()
        .map(|track| {
            let names: Vec<_> = track.renditions.iter().map(RenditionName::as_str).collect();
            (names.join(" "), track.label.as_str(), track.default, track.role)
        })
        .collect();
    let main = |names: &str, label, default| (names.to_owned(), label, default, Role::Main);
    assert_eq!(
        found,
        [
            main("a1s a1 a1l", "Track 1", true),
            main("a2", "Track 2", false),
            main("s1", "s1", false),
            main("s2", "s2", false)
        ]
    );
    checked(&content, ROOT, &named(vec![(VIDEO, record)]));
}

/// A film whose editor renamed both tracks, made a dub the default, and added subtitles.
fn edited() -> Presentation {
    let audio = vec![
        Track { default: true, ..track(3, DUB, &["a1"], "Dub") },
        Track { label: "Original".to_owned(), ..track(1, VIDEO, &["a1"], "") },
        Track {
            language: Some("en".to_owned()),
            role: Role::AudioDescription,
            ..track(2, VIDEO, &["a2"], "Described")
        },
    ];
    let subtitles = vec![
        Track { forced: true, ..track(4, SUBTITLES, &["s1"], "Signs") },
        Track { default: true, ..track(5, SUBTITLES, &["s2"], "ລາວ") },
    ];
    presentation(audio, subtitles)
}

#[test]
fn encoding_a_film_again_loses_no_edit() {
    let before = edited();
    let mut record = built();
    // The master has the same tracks, and the new profile makes a low rendition too.
    record.audio.insert(1, AudioRendition { track: 1, ..low("a1l", 1) });
    let content = first_presentation(NEXT, &record, Some(&before), || panic!("no new track"));
    let original =
        Track { build: NEXT, renditions: vec![name("a1"), name("a1l")], ..before.audio[1].clone() };
    let described = Track { build: NEXT, ..before.audio[2].clone() };
    assert_eq!(content.audio, [original, described, before.audio[0].clone()]);
    assert_eq!(content.subtitles, before.subtitles);
    assert_eq!((content.video, content.thumbnails), (NEXT, record.thumbnails));
    assert_eq!(content.builds(), BTreeSet::from([NEXT, DUB, SUBTITLES]));
}

#[test]
fn subtitles_of_the_master_keep_their_edits_too() {
    let first = record(ladder(), vec![stereo("a1", 1)], vec![subtitle("s1", 400), subtitle("s2", 400)]);
    let mut before = first_presentation(VIDEO, &first, None, new_ids());
    before.subtitles[0].label = "ລາວ".to_owned();
    before.subtitles[0].default = true;
    before.subtitles[1].role = Role::HardOfHearing;
    let content = first_presentation(NEXT, &first, Some(&before), || panic!("no new track"));
    let kept = before.subtitles.iter().map(|track| Track { build: NEXT, ..track.clone() });
    assert_eq!(content.subtitles, kept.collect::<Vec<_>>());
}

#[test]
fn a_track_whose_language_changed_is_new() {
    let before = edited();
    let mut record = built();
    record.audio[1].language = Some("fr".to_owned());
    record.audio[1].label = "Français".to_owned();
    let content = first_presentation(NEXT, &record, Some(&before), new_ids());
    let french = Track { language: Some("fr".to_owned()), ..track(100, NEXT, &["a2"], "Français") };
    assert_eq!(content.audio[1], french);
    assert_eq!(content.audio[0].id, before.audio[1].id);

    // A dub is no track of the master, even if its rendition has the same name.
    record.audio[0].language = Some("th".to_owned());
    let content = first_presentation(NEXT, &record, Some(&before), new_ids());
    let ids: Vec<_> = content.audio.iter().map(|track| track.id.0.as_u128()).collect();
    assert_eq!(ids, [100, 101, 3]);
    // The editor's choice stays the default.
    assert_eq!(content.audio.iter().map(|track| track.default).collect::<Vec<_>>(), [false, false, true]);
}

#[test]
fn a_film_whose_default_track_disappears_has_another() {
    let mut before = edited();
    before.audio.remove(0);
    before.audio[1].default = true;
    let mut record = built();
    record.audio.pop();
    let content = first_presentation(NEXT, &record, Some(&before), new_ids());
    assert_eq!(content.audio.iter().map(|track| track.default).collect::<Vec<_>>(), [true]);

    record.audio.clear();
    let content = first_presentation(NEXT, &record, Some(&before), new_ids());
    assert!(content.audio.is_empty());
    // A dub alone is the default.
    let mut before = edited();
    before.audio[0].default = false;
    let content = first_presentation(NEXT, &record, Some(&before), new_ids());
    assert_eq!(content.audio, [Track { default: true, ..before.audio[0].clone() }]);
}

#[test]
fn equal_names_get_numbers() {
    let mut before = edited();
    before.audio[0].label = "ລາວ".to_owned();
    before.audio.push(track(6, DUB, &["a2"], "ລາວ 2"));
    before.audio.push(track(7, DUB, &["a3"], "english"));
    before.subtitles[0].label = "ລາວ".to_owned();
    let mut record = built();
    record.audio[0].language = None;
    record.audio[1].language = Some("fr".to_owned());
    let content = first_presentation(NEXT, &record, Some(&before), new_ids());
    let labels = |tracks: &[Track]| tracks.iter().map(|track| track.label.clone()).collect::<Vec<_>>();
    assert_eq!(labels(&content.audio), ["ລາວ", "English", "ລາວ 2", "ລາວ 2 2", "english 2"]);
    assert_eq!(labels(&content.subtitles), ["ລາວ", "ລາວ 2"]);
}

/// A track of the earlier build or of an added one.
fn any_track(
    builds: &'static [BuildId],
    renditions: &'static [&'static str],
) -> impl Strategy<Value = Track> {
    let labels = ["Lao", "lao", "Lao 2", "LAO 3", "\"Lao\"", "”lao”", "", "-", "a\nb", "A b"];
    let roles = [Role::Main, Role::HardOfHearing, Role::AudioDescription, Role::Commentary];
    let languages = [None, Some("lo"), Some("en")];
    (
        prop::sample::select(builds),
        prop::sample::select(renditions),
        prop::sample::select(labels.to_vec()),
        prop::sample::select(languages.to_vec()),
        prop::sample::select(roles.to_vec()),
        any::<(bool, bool)>(),
    )
        .prop_map(|(build, rendition, label, language, role, (default, forced))| Track {
            language: language.map(str::to_owned),
            role,
            default,
            forced,
            ..track(0, build, &[rendition], label)
        })
}

/// An earlier presentation: no two tracks of a kind have the same rendition.
fn any_presentation() -> impl Strategy<Value = Presentation> {
    let audio = prop::collection::vec(any_track(&[VIDEO, DUB], &["a1", "a2", "a3"]), 0..7);
    let subtitles = prop::collection::vec(any_track(&[VIDEO, SUBTITLES], &["s1", "s2"]), 0..5);
    (audio, subtitles).prop_map(|(mut audio, mut subtitles)| {
        for (first, tracks) in [(1_u128, &mut audio), (50, &mut subtitles)] {
            let mut seen = HashSet::new();
            tracks.retain(|track| seen.insert((track.build, track.renditions.clone())));
            for (id, track) in (first..).zip(tracks) {
                track.id = TrackId(Uuid::from_u128(id));
            }
        }
        presentation(audio, subtitles)
    })
}

proptest! {
    #[test]
    fn every_first_presentation_is_valid(
        before in proptest::option::of(any_presentation()),
        tracks in prop::collection::vec(any_track(&[NEXT], &["a1"]), 0..4),
        texts in prop::collection::vec(any_track(&[NEXT], &["s1"]), 0..3),
    ) {
        let audio: Vec<_> = (1..).zip(&tracks).map(|(number, track)| AudioRendition {
            language: track.language.clone(),
            label: track.label.clone(),
            ..stereo(&format!("a{number}"), number)
        }).collect();
        let texts: Vec<_> = (1..).zip(&texts).map(|(number, track)| SubtitleRendition {
            language: track.language.clone(),
            label: track.label.clone(),
            ..subtitle(&format!("s{number}"), 400)
        }).collect();
        let made = record(ladder(), audio.clone(), texts.clone());
        let content = first_presentation(NEXT, &made, before.as_ref(), new_ids());

        let defaults = |tracks: &[Track]| tracks.iter().filter(|track| track.default).count();
        prop_assert_eq!(defaults(&content.audio), usize::from(!content.audio.is_empty()));
        prop_assert!(defaults(&content.subtitles) <= 1);
        prop_assert_eq!(content.video, NEXT);
        prop_assert!(content.tracks().all(|track| track.build != VIDEO));
        let ids: HashSet<_> = content.tracks().map(|track| track.id).collect();
        prop_assert_eq!(ids.len(), content.tracks().count());

        let kinds = |p: &Presentation| [p.audio.clone(), p.subtitles.clone()];
        let own = [
            audio.iter().map(|a| (a.name.clone(), a.language.clone())).collect::<Vec<_>>(),
            texts.iter().map(|s| (s.name.clone(), s.language.clone())).collect(),
        ];
        let earlier = before.as_ref().map_or_else(Default::default, kinds);
        for ((now, own), earlier) in kinds(&content).iter().zip(own).zip(earlier) {
            // The master's tracks come first, and each keeps what the editor chose.
            for ((name, language), track) in own.iter().zip(now) {
                prop_assert_eq!((&track.renditions[0], &track.language), (name, language));
                let same = |t: &&Track| t.build == VIDEO && t.renditions[0] == *name && t.language == *language;
                match earlier.iter().find(same) {
                    Some(old) => prop_assert_eq!((track.id, track.role, track.forced), (old.id, old.role, old.forced)),
                    None => prop_assert!(track.id.0.as_u128() >= 100 && track.role == Role::Main),
                }
            }
            // Then the added tracks, in their order. Only their names may get numbers, and only one is the default.
            let added: Vec<_> = earlier.iter().filter(|track| track.build != VIDEO).collect();
            prop_assert_eq!(now.len(), own.len() + added.len());
            for (track, old) in now[own.len()..].iter().zip(added) {
                prop_assert!(track.label.starts_with(&old.label));
                let (label, default) = (old.label.clone(), old.default);
                prop_assert_eq!(&Track { label, default, ..track.clone() }, old);
            }
        }

        let dubs = ["a1", "a2", "a3"].map(|rendition| stereo(rendition, 1)).to_vec();
        let texts = vec![subtitle("s1", 400), subtitle("s2", 400)];
        let builds = named(vec![
            (NEXT, made),
            (DUB, record(Vec::new(), dubs, Vec::new())),
            (SUBTITLES, record(Vec::new(), Vec::new(), texts)),
        ]);
        checked(&content, ROOT, &builds);
    }
}

const LEGACY_MANIFEST: &str = include_str!("legacy/manifest.json");
const LEGACY_PLAYLIST: &str = include_str!("legacy/main.m3u8");

fn legacy() -> serde_json::Value {
    serde_json::from_str(LEGACY_MANIFEST).unwrap()
}

fn legacy_error(change: impl FnOnce(&mut serde_json::Value)) -> LegacyError {
    let mut manifest = legacy();
    change(&mut manifest);
    from_legacy(manifest.to_string().as_bytes(), LEGACY_PLAYLIST).unwrap_err()
}

/// The fixtures are what the code before presentations wrote: its snapshots, with a plan of its format.
#[test]
fn a_legacy_build_is_presented_as_before() {
    let manifest = legacy();
    assert_eq!(manifest["objects"]["main.m3u8"]["size_bytes"], LEGACY_PLAYLIST.len());
    assert_eq!(manifest["objects"]["main.m3u8"]["sha256"], hex::encode(&Sha256::digest(LEGACY_PLAYLIST)));
    assert!(manifest["plan"].get("version").is_none());

    let record = from_legacy(LEGACY_MANIFEST.as_bytes(), LEGACY_PLAYLIST).unwrap();
    assert_eq!((record.version, record.source_sha256.as_str()), (1, "a".repeat(64).as_str()));
    assert_eq!(record.plan, manifest["plan"]);
    assert_eq!(record.objects.len(), manifest["objects"].as_object().unwrap().len() - 1);
    assert!(!record.objects.contains_key("main.m3u8") && !record.objects.contains_key("manifest.json"));
    // Encoding the same master today gives the same renditions. Only peak bitrates of video differ: the decode lead of today's builds
    // makes the last segment longer.
    let (mut today, mut compared) = (built(), record.clone());
    for video in today.video.iter_mut().chain(&mut compared.video) {
        video.measured.bitrates.peak_bps = 0;
        video.iframes.as_mut().unwrap().peak_bps = 0;
    }
    assert_eq!((&compared.video, &compared.audio), (&today.video, &today.audio));
    assert_eq!((record.thumbnails, record.duration_ms), (today.thumbnails, today.duration_ms));
    assert!(record.thumbnails.is_some());

    let content = first_presentation(VIDEO, &record, None, new_ids());
    let builds = Named::from([(VIDEO, NamedBuild { root: BuildRoot::Legacy(FILM, VIDEO), record })]);
    let (playlist, _, _) = checked(&content, ROOT, &builds);
    let old = m3u8_rs::parse_master_playlist_res(LEGACY_PLAYLIST.as_bytes()).unwrap();
    let folder = format!("../../{VIDEO}/");
    let moved = |variant: &VariantStream| VariantStream {
        uri: format!("{folder}{}", variant.uri),
        audio: variant.audio.as_ref().map(|_| "aac-2".to_owned()),
        ..variant.clone()
    };
    assert_eq!(playlist.variants, old.variants.iter().map(moved).collect::<Vec<_>>());
    let moved = |media: &AlternativeMedia| AlternativeMedia {
        uri: media.uri.as_ref().map(|uri| format!("{folder}{uri}")),
        group_id: "aac-2".to_owned(),
        ..media.clone()
    };
    assert_eq!(playlist.alternatives, old.alternatives.iter().map(moved).collect::<Vec<_>>());
}

#[test]
fn a_legacy_build_without_iframes_or_thumbnails_is_read() {
    let mut manifest = legacy();
    manifest["plan"].as_object_mut().unwrap().remove("storyboard");
    let lines = LEGACY_PLAYLIST.lines().filter(|line| !line.contains("v432/iframes.m3u8"));
    let playlist = lines.collect::<Vec<_>>().join("\r\n");
    let record = from_legacy(manifest.to_string().as_bytes(), &playlist).unwrap();
    assert_eq!(record.thumbnails, None);
    let iframes: Vec<_> = record.video.iter().map(|video| video.iframes).collect();
    let rates = |average_bps, peak_bps| Some(Bitrates { average_bps, peak_bps });
    assert_eq!(iframes, [rates(120_000, 150_000), None, rates(5800, 7250)]);

    let record = from_legacy(manifest.to_string().as_bytes(), "").unwrap();
    assert!(record.video.iter().all(|video| video.iframes.is_none()));
}

#[test]
fn a_damaged_legacy_build_is_refused() {
    for text in ["", "{", "[]", "null", &LEGACY_MANIFEST[..LEGACY_MANIFEST.len() / 2], "\u{fffd}"] {
        let error = from_legacy(text.as_bytes(), LEGACY_PLAYLIST).unwrap_err();
        assert!(error.to_string().starts_with("the manifest cannot be read: "), "{error}");
    }
    for field in ["master_sha256", "plan", "tools", "duration_ms", "renditions", "objects"] {
        let error = legacy_error(|manifest| drop(manifest.as_object_mut().unwrap().remove(field)));
        assert!(error.to_string().contains(&format!("missing field `{field}`")), "{error}");
    }
    let error = legacy_error(|manifest| manifest["plan"] = serde_json::json!({}));
    assert!(matches!(error, LegacyError::Json(_)), "{error}");
    let error = legacy_error(|manifest| manifest["plan"]["rungs"][0]["name"] = "../v720".into());
    assert!(matches!(error, LegacyError::Json(_)), "{error}");
    for (index, rendition) in [(0, "a1"), (2, "v432"), (4, "v234")] {
        let error =
            legacy_error(|manifest| drop(manifest["renditions"].as_array_mut().unwrap().remove(index)));
        assert_eq!(error.to_string(), format!("the manifest has no measurements of rendition {rendition}"));
    }
}

#[test]
fn extreme_numbers_of_a_legacy_build_do_not_panic() {
    let mut manifest = legacy();
    for (frames, ticks, timescale) in [(u32::MAX, u32::MAX, 1), (u32::MAX, u32::MAX, u32::MAX), (1, 1, 0)] {
        manifest["plan"]["storyboard"]["interval_frames"] = frames.into();
        manifest["plan"]["frame_ticks"] = ticks.into();
        manifest["plan"]["timescale"] = timescale.into();
        assert!(from_legacy(manifest.to_string().as_bytes(), LEGACY_PLAYLIST).unwrap().thumbnails.is_some());
    }
}
