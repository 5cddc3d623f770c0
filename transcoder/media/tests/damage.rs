//! Encodes damaged masters and checks what is reported: where, how long, and nothing for masters that only look damaged.

#![allow(clippy::unwrap_used, missing_docs)]
#![allow(clippy::single_range_in_vec_init, reason = "one hole")]
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "times of short clips")]

mod encode_support;

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

use domain::{
    damage::{Damage, Place},
    facts::FieldOrder,
    plan::{Plan, Timeline},
};
use encode_support::{
    Clips, HEIGHT, Parts, WIDTH, beeps, encode_damaged_audio, encode_damaged_film, numbered, numbers, plan,
    probe, source, track,
};
use media::MediaError;

const X264: &str = "-c:v libx264 -preset veryfast -qp 12 -bf 2";

/// How exactly the borders of a hole are found: a FLAC packet lasts 96 ms.
const TOLERANCE_MS: u64 = 100;

/// Makes a clip of 12 s with audio throughout, a key frame each second.
fn clip(clips: &Clips, name: &str, arguments: &str) -> PathBuf {
    let tone = "-f lavfi -i aevalsrc='0.3*sin(2764*t)':s=48000:d=12";
    clips.make(
        name,
        &format!(
            "{} {tone} -map 0:v -map 1:a {X264} -g 25 -sc_threshold 0 {arguments}",
            numbered("25", 12.0)
        ),
    )
}

/// Returns a plan that is as long as the video.
fn film_plan(clip: &Path) -> Plan {
    let source = source(clip);
    let (num, den) = (source.start.time_base.num, source.start.time_base.den);
    let end = packets(clip, "v:0").iter().map(|packet| packet.end_ms).max().unwrap();
    let frames = u64::try_from(end - source.start.ticks * num * 1000 / den).unwrap().div_ceil(40);
    plan(source, (25, 1), frames)
}

/// A packet as ffprobe shows it.
struct Packet {
    time_ms: i64,
    end_ms: i64,
    bytes: Range<usize>,
}

fn packets(clip: &Path, stream: &str) -> Vec<Packet> {
    let entries = "packet=pts_time,dts_time,duration_time,size,pos";
    let packet = |fields: Vec<String>| {
        let ms =
            |field: usize| fields[field].parse().ok().map(|seconds: f64| (seconds * 1000.0).round() as i64);
        let time_ms = ms(0).or(ms(1)).unwrap();
        let number = |field: usize| fields[field].parse::<usize>().unwrap();
        // A packet that a parser made has no position.
        let from = fields[4].parse().unwrap_or(0);
        Packet { time_ms, end_ms: time_ms + ms(2).unwrap_or(40), bytes: from..from + number(3) }
    };
    probe(clip, stream, entries).into_iter().map(packet).collect()
}

/// Overwrites all packets of a stream (`v:0`, `a:0`) that begin within these times, in seconds.
fn overwrite(clips: &Clips, clip: &Path, stream: &str, times: Range<f64>) -> PathBuf {
    let mut bytes = fs::read(clip).unwrap();
    let mut overwritten = 0;
    for packet in packets(clip, stream) {
        if times.contains(&(packet.time_ms as f64 / 1000.0)) {
            bytes[packet.bytes].fill(0xff);
            overwritten += 1;
        }
    }
    assert!(overwritten > 0, "{} has no packets at {times:?}", clip.display());
    let broken = clips.path(&format!("broken-{}", clip.file_name().unwrap().to_str().unwrap()));
    fs::write(&broken, bytes).unwrap();
    broken
}

fn video_damage(clip: &Path, plan: &Plan) -> Damage {
    Damage::join(&encode_damaged_film(clip, plan).unwrap().damage)
}

fn audio(clip: &Path, plan: &Plan) -> Result<Damage, MediaError> {
    let Parts { damage, .. } = encode_damaged_audio(clip, plan, &track(1))?;
    Ok(Damage::join(&damage))
}

fn assert_holes(found: &Damage, expected: &[Range<u64>], name: &str) {
    let is_near = |(place, hole): (&Place, &Range<u64>)| {
        place.from_ms.abs_diff(hole.start) <= TOLERANCE_MS
            && place.end_ms().abs_diff(hole.end) <= TOLERANCE_MS
    };
    let right = found.places.len() == expected.len() && found.places.iter().zip(expected).all(is_near);
    assert!(right, "{name}: {found:?}, expected {expected:?}");
    assert_eq!(found.count, expected.len() as u64, "{name}");
}

#[test]
fn a_hole_in_the_video_is_reported_once_with_its_times() {
    let clips = Clips::new();
    let whole = clip(&clips, "whole.mp4", "-c:a aac");
    let plan = film_plan(&whole);
    // The chunks have 1.6 s, so both holes cross borders.
    for (times, expected) in [(4.5..5.0, 4500..5000), (3.0..6.0, 3000..6000)] {
        let broken = overwrite(&clips, &whole, "v:0", times);
        let found = video_damage(&broken, &plan);
        assert_holes(&found, &[expected], "mp4");
        assert_eq!(video_damage(&broken, &plan), found, "damage is the same each time");
        assert!(audio(&broken, &plan).unwrap().is_empty());

        // The number of chunks does not change it.
        let timeline = Timeline { chunk_segments: 15, ..plan.timeline };
        let one_chunk = Plan { timeline, ..plan.clone() };
        assert_eq!(video_damage(&broken, &one_chunk), found);
    }
    // The first key frame and all that needs it.
    let broken = overwrite(&clips, &whole, "v:0", 0.0..1.0);
    assert_holes(&video_damage(&broken, &plan), &[0..1000], "start");
    // The last second.
    let broken = overwrite(&clips, &whole, "v:0", 11.0..12.0);
    assert_holes(&video_damage(&broken, &plan), &[11_000..12_000], "end");
}

#[test]
fn holes_are_found_in_every_container() {
    let clips = Clips::new();
    for (name, arguments) in [
        ("hole.mkv", "-c:a flac"),
        ("hole.mov", "-c:a pcm_s16le"),
        ("hole.avi", "-bf 0 -c:a libmp3lame"),
        ("intra.mov", "-c:v prores_ks -c:a pcm_s16le"),
        ("hevc.mp4", "-c:v libx265 -preset ultrafast -x265-params keyint=25:log-level=none -c:a aac"),
        ("mpeg2.mp4", "-c:v mpeg2video -q:v 2 -g 25 -bf 0 -c:a ac3"),
    ] {
        let whole = clip(&clips, name, arguments);
        let plan = film_plan(&whole);
        assert!(video_damage(&whole, &plan).is_empty() && audio(&whole, &plan).unwrap().is_empty(), "{name}");
        let broken = overwrite(&clips, &whole, "v:0", 5.0..8.0);
        assert_holes(&video_damage(&broken, &plan), &[5000..8000], name);
    }
}

#[test]
fn bytes_that_are_lost_with_the_container_are_reported() {
    let clips = Clips::new();
    for (name, arguments) in [
        ("lost.ts", "-c:a aac -b:a 192k"),
        ("lost.mkv", "-c:a aac"),
        ("lost.mpg", "-c:v mpeg2video -q:v 2 -g 25 -c:a mp2"),
    ] {
        let whole = clip(&clips, name, arguments);
        let plan = film_plan(&whole);
        assert!(video_damage(&whole, &plan).is_empty() && audio(&whole, &plan).unwrap().is_empty(), "{name}");
        let mut bytes = fs::read(&whole).unwrap();
        let (from, to) = (bytes.len() * 4 / 12, bytes.len() * 7 / 12);
        // What a disk returns for sectors that it cannot read.
        bytes[from..to].fill(0);
        let broken = clips.path(&format!("broken-{name}"));
        fs::write(&broken, bytes).unwrap();
        for found in [video_damage(&broken, &plan), audio(&broken, &plan).unwrap()] {
            let longest = found.longest().unwrap_or_else(|| panic!("{name}: nothing is reported"));
            assert!(longest.duration_ms.abs_diff(3000) < 1100, "{name}: {found:?}");
            assert!(longest.from_ms.abs_diff(4000) < 1100, "{name}: {found:?}");
        }
    }
}

#[test]
fn dropped_packets_of_a_transport_stream_are_reported() {
    let clips = Clips::new();
    let whole = clip(&clips, "dropped.ts", "-c:a aac -b:a 192k");
    let plan = film_plan(&whole);
    let bytes = fs::read(&whole).unwrap();
    let packets: Vec<_> = bytes.chunks(188).collect();
    // From 5/12 to 6.5/12 of the stream every packet is missing, as after a loss of reception.
    let (from, to) = (packets.len() * 5 / 12, packets.len() * 13 / 24);
    let received: Vec<u8> = [&packets[..from], &packets[to..]].concat().concat();
    let broken = clips.path("received.ts");
    fs::write(&broken, received).unwrap();
    for found in [video_damage(&broken, &plan), audio(&broken, &plan).unwrap()] {
        let longest = found.longest().expect("a hole is reported");
        assert!(longest.duration_ms.abs_diff(1500) < 1000, "{found:?}");
    }
}

#[test]
fn lost_audio_is_reported_with_its_times() {
    let clips = Clips::new();
    for (name, arguments) in [
        ("lost.mp4", "-c:a aac"),
        ("ac3.mp4", "-c:a ac3"),
        ("mp3.mp4", "-c:a libmp3lame"),
        ("flac.mp4", "-c:a flac -strict -2"),
        ("opus.mp4", "-c:a libopus"),
    ] {
        let whole = clip(&clips, name, arguments);
        let plan = film_plan(&whole);
        assert!(audio(&whole, &plan).unwrap().is_empty(), "{name}");
        for (times, expected) in [(4.0..4.5, 4000..4500), (0.0..1.0, 0..1000), (5.0..8.0, 5000..8000)] {
            let broken = overwrite(&clips, &whole, "a:0", times);
            let found = audio(&broken, &plan).unwrap();
            assert_holes(&found, &[expected], name);
            assert_eq!(audio(&broken, &plan).unwrap(), found, "damage is the same each time");
            assert!(video_damage(&broken, &plan).is_empty(), "{name}");
        }
        // Silent after second 3.
        let broken = overwrite(&clips, &whole, "a:0", 3.0..12.1);
        assert_holes(&audio(&broken, &plan).unwrap(), &[3000..12_000], name);
    }
}

#[test]
fn audio_packets_that_stop_where_the_container_declares_more_are_reported() {
    let clips = Clips::new();
    let whole = clip(&clips, "stops.ts", "-c:a aac -b:a 192k");
    let plan = film_plan(&whole);
    let mut bytes = fs::read(&whole).unwrap();
    let count = bytes.len() / 188;
    // After half of the film, the second elementary stream's packets become padding.
    for packet in bytes.chunks_mut(188).skip(count / 2) {
        if u16::from_be_bytes([packet[1] & 0x1f, packet[2]]) == 0x101 {
            packet[1..3].copy_from_slice(&[0x1f, 0xff]);
        }
    }
    let broken = clips.path("stopped.ts");
    fs::write(&broken, bytes).unwrap();
    let found = audio(&broken, &plan).unwrap();
    let [place] = found.places[..] else { panic!("{found:?}") };
    assert!(place.from_ms.abs_diff(6000) < 1000 && place.end_ms() == 12_000, "{found:?}");
}

#[test]
fn masters_that_only_look_damaged_are_not_reported() {
    let clips = Clips::new();
    let tone = |seconds: u32| format!("-f lavfi -i aevalsrc='0.3*sin(2764*t)':s=48000:d={seconds}");
    let both = "-map 0:v -map 1:a";
    for (name, arguments) in [
        // Audio begins 1.5 s late and ends 4 s early, or begins before the video.
        ("short.mp4", format!("{} -itsoffset 1.5 {} {both} {X264} -c:a aac", numbered("25", 12.0), tone(6))),
        ("short.mkv", format!("{} -itsoffset 1.5 {} {both} {X264} -c:a aac", numbered("25", 12.0), tone(6))),
        ("early.mkv", format!("-itsoffset 1 {} {} {both} {X264} -c:a flac", numbered("25", 12.0), tone(13))),
        // Slides: a frame each 3 s. A varying rate, with a pause of two seconds.
        (
            "slides.mp4",
            format!(
                "{} {} {both} -vf select='not(mod(n,75))' -vsync vfr {X264} -c:a aac",
                numbered("25", 12.0),
                tone(12)
            ),
        ),
        (
            "slides.mkv",
            format!(
                "{} {} {both} -vf select='not(mod(n,75))' -vsync vfr {X264} -c:a aac",
                numbered("25", 12.0),
                tone(12)
            ),
        ),
        (
            "vfr.mkv",
            format!(
                "{} {} {both} -vf select='if(between(t,4,6),not(mod(n,50)),mod(n,3))' -vsync vfr {X264} -c:a libopus",
                numbered("25", 12.0),
                tone(12)
            ),
        ),
        (
            "vfr.ts",
            format!(
                "{} {} {both} -vf select='mod(n,3)' -vsync vfr {X264} -c:a aac",
                numbered("25", 12.0),
                tone(12)
            ),
        ),
        // Open GOPs and gradual refresh.
        (
            "open.ts",
            format!(
                "{} {} {both} {X264} -x264-params keyint=30:open-gop=1 -c:a ac3",
                numbered("25", 12.0),
                tone(12)
            ),
        ),
        (
            "refresh.mkv",
            format!(
                "{} {} {both} {X264} -x264-params keyint=40:intra-refresh=1 -c:a aac",
                numbered("25", 12.0),
                tone(12)
            ),
        ),
        (
            "mpeg4.avi",
            format!("{} {} {both} -c:v mpeg4 -q:v 2 -bf 2 -c:a libmp3lame", numbered("25", 12.0), tone(12)),
        ),
    ] {
        let whole = clips.make(name, &arguments);
        let plan = film_plan(&whole);
        assert_eq!(video_damage(&whole, &plan), Damage::default(), "video of {name}");
        assert_eq!(audio(&whole, &plan).unwrap(), Damage::default(), "audio of {name}");
    }
    // Parts of a longer recording: the stream begins and ends anywhere, also between key frames.
    let whole = clips.make(
        "whole.ts",
        &format!(
            "{} {} -map 0:v -map 1:a {X264} -g 50 -c:a aac",
            numbered("25", 20.0),
            beeps(&[1.0], 48_000, 20.0)
        ),
    );
    let bytes = fs::read(&whole).unwrap();
    let packets = bytes.len() / 188;
    let part = clips.path("part.ts");
    fs::write(&part, &bytes[packets / 10 * 188..packets / 10 * 9 * 188]).unwrap();
    let plan = plan(source(&part), (25, 1), 300);
    assert_eq!(video_damage(&part, &plan), Damage::default(), "video of a part");
    assert_eq!(audio(&part, &plan).unwrap(), Damage::default(), "audio of a part");
}

#[test]
fn a_hole_in_interlaced_video_is_reported() {
    let clips = Clips::new();
    let fields = "-f lavfi -i nullsrc=s=192x64:r=50:d=12,format=gray,geq=lum='if(between(mod(X-8*N,192),0,40),235,16)',format=yuv420p";
    let whole = clips.make(
        "interlaced.mkv",
        &format!("{fields} -vf tinterlace=interleave_top,setfield=tff -c:v mpeg2video -q:v 2 -g 12 -flags +ilme+ildct -top 1"),
    );
    let mut source = source(&whole);
    source.video.deinterlace = Some(FieldOrder::TopFirst);
    let plan = plan(source, (25, 1), 299);
    assert_eq!(video_damage(&whole, &plan), Damage::default());
    let broken = overwrite(&clips, &whole, "v:0", 4.8..7.2);
    assert_holes(&video_damage(&broken, &plan), &[4800..7200], "interlaced");
}

#[test]
fn a_damaged_place_in_the_middle_is_concealed() {
    let clips = Clips::new();
    let clip = clips.make(
        "whole.ts",
        &format!("{} -c:v libx264 -preset veryfast -qp 12 -g 25 -bf 2", numbered("25", 6.0)),
    );
    let mut bytes = fs::read(&clip).unwrap();
    let middle = bytes.len() / 2;
    for (index, byte) in bytes[middle..middle + 3_000].iter_mut().enumerate() {
        *byte = (index * 37 % 251) as u8;
    }
    let broken = clips.path("broken.ts");
    fs::write(&broken, bytes).unwrap();
    let plan = plan(source(&clip), (25, 1), 150);
    let film = encode_damaged_film(&broken, &plan).unwrap();
    let shown = numbers(&clips, &film.renditions["v64"], WIDTH, HEIGHT);
    assert_eq!(shown.len(), 150);
    let right = shown.iter().enumerate().filter(|(frame, number)| *frame as u64 == **number).count();
    assert!(right > 110, "only {right} of 150 frames are right");
    assert!(
        encode_damaged_film(&broken, &plan).unwrap() == film,
        "damage is concealed the same way each time"
    );
}
