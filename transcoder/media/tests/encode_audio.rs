//! Encodes audio tracks from real masters and checks the times and levels of the decoded samples.

#![allow(clippy::unwrap_used, missing_docs)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "sample counts"
)]

mod encode_support;

use std::{fs, path::Path};

use domain::plan::{AudioTrack, Plan};
use encode_support::{
    Clips, Rendition, beeps, encode_damaged_audio, encode_film, inside, numbered, numbers, plan,
    sample_times, samples, source, track, u32_at,
};
use media::MediaError;

const RATE_HZ: f64 = 48_000.0;

/// Encodes a track of an undamaged clip.
fn encode(path: &Path, plan: &Plan, track: &AudioTrack) -> Result<Rendition, MediaError> {
    let mut parts = encode_damaged_audio(path, plan, track)?;
    assert_eq!(parts.damage, [], "{}", path.display());
    Ok(parts.renditions.remove("a1").unwrap())
}

/// Returns the times, in seconds, at which audio starts after at least 50 ms of silence in the decoded rendition.
fn onsets(clips: &Clips, rendition: &Rendition) -> Vec<f64> {
    let path = clips.path("onsets.mp4");
    rendition.write(&path);
    let mut silent = 10_000;
    let mut onsets = Vec::new();
    for (index, sample) in samples(&path, 1).iter().enumerate() {
        if sample.abs() < 0.08 {
            silent += 1;
        } else {
            if silent > 2_400 {
                onsets.push(index as f64 / RATE_HZ);
            }
            silent = 0;
        }
    }
    onsets
}

fn assert_onsets(clips: &Clips, rendition: &Rendition, expected: &[f64], name: &str) {
    let found = onsets(clips, rendition);
    let close = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 0.005);
    assert!(close, "{name}: beeps at {found:?}, expected at {expected:?}");
}

/// Makes a clip of 6 s with beeps at 1 s, 2.5 s and 5 s.
fn clip(clips: &Clips, name: &str, rate_hz: u32, arguments: &str) -> std::path::PathBuf {
    let inputs = format!("{} {}", numbered("25", 6.0), beeps(&[1.0, 2.5, 5.0], rate_hz, 6.0));
    clips.make(name, &format!("{inputs} -map 0:v -map 1:a -c:v libx264 -preset veryfast {arguments}"))
}

#[test]
fn audio_is_in_sync_with_the_video_in_every_container() {
    let clips = Clips::new();
    for (name, rate_hz, arguments) in [
        ("aac.mp4", 48_000, "-c:a aac -b:a 192k"),
        ("aac.ts", 48_000, "-c:a aac -b:a 192k -output_ts_offset 700"),
        ("pcm.mov", 96_000, "-c:a pcm_s24le"),
        ("mono.mkv", 44_100, "-c:a libmp3lame -ac 1"),
        ("surround.mkv", 48_000, "-c:a ac3 -af pan=5.1|FL=c0|FR=c0|FC=c0|LFE=c0|BL=c0|BR=c0"),
        ("opus.mp4", 48_000, "-c:a libopus -af pan=stereo|FL=c0|FR=c0"),
        ("flac.mkv", 32_000, "-c:a flac"),
    ] {
        let clip = clip(&clips, name, rate_hz, arguments);
        let rendition = encode(&clip, &plan(source(&clip), (25, 1), 150), &track(1)).unwrap();
        assert_eq!(rendition.codecs, "mp4a.40.2");
        assert_onsets(&clips, &rendition, &[1.0, 2.5, 5.0], name);
    }
}

#[test]
fn a_frame_and_a_beep_at_the_same_time_stay_in_sync() {
    let clips = Clips::new();
    // Frame 25 and the beep are both at 1 s of the master; an edit list cuts both.
    let whole = clip(&clips, "whole.mp4", 48_000, "-g 20 -bf 2 -c:a aac -b:a 192k");
    let cut = clips.make("cut.mp4", &format!("-ss 0.52 -i {} -c copy", whole.display()));
    let plan = plan(source(&cut), (25, 1), 130);
    let film = encode_film(&cut, &plan).unwrap();
    let first = numbers(&clips, &film.renditions["v64"], encode_support::WIDTH, encode_support::HEIGHT)[0];
    assert!(first > 0, "the cut removed frames");
    let zero = first as f64 / 25.0;
    let rendition = encode(&cut, &plan, &track(1)).unwrap();
    assert_onsets(&clips, &rendition, &[1.0 - zero, 2.5 - zero, 5.0 - zero], "cut.mp4");
}

#[test]
fn audio_that_starts_late_or_early_or_ends_early_is_padded_or_cut() {
    let clips = Clips::new();
    let (video, audio) = (numbered("25", 6.0), beeps(&[0.5, 2.0], 48_000, 3.0));
    let encoders = "-map 0:v -map 1:a -c:v libx264 -preset veryfast -c:a aac -b:a 192k";
    let late = clips.make("late.mkv", &format!("{video} -itsoffset 0.7 {audio} {encoders}"));
    let plan_of = |path: &Path| plan(source(path), (25, 1), 150);
    let rendition = encode(&late, &plan_of(&late), &track(1)).unwrap();
    assert_onsets(&clips, &rendition, &[1.2, 2.7], "late");
    let length: u64 = rendition.segments.iter().map(|(_, ticks, _)| ticks).sum();
    assert_eq!(length, (6_u64 * 48_000).div_ceil(1024) * 1024, "silence follows to the end of the film");

    let early =
        clips.make("early.mp4", &format!("-itsoffset 0.32 {video} {audio} {encoders} -vsync passthrough"));
    let rendition = encode(&early, &plan_of(&early), &track(1)).unwrap();
    assert_onsets(&clips, &rendition, &[0.18, 1.68], "early");
}

#[test]
fn a_gap_is_filled_with_silence() {
    let clips = Clips::new();
    let gap = "-af aselect='not(between(t,1.5,2.2))'";
    let clip = clip(&clips, "gap.mkv", 48_000, &format!("-c:a pcm_s16le {gap}"));
    let parts = encode_damaged_audio(&clip, &plan(source(&clip), (25, 1), 150), &track(1)).unwrap();
    assert_onsets(&clips, &parts.renditions["a1"], &[1.0, 2.5, 5.0], "gap");
    // Audio has no pauses in its packets: the silence between the beeps is recorded too.
    let [damage] = &parts.damage[..] else { panic!("{:?}", parts.damage) };
    assert_eq!((damage.count, damage.places[0].from_ms / 100), (1, 15), "{damage:?}");
    assert!(damage.total_ms.abs_diff(700) < 50, "{damage:?}");
}

#[test]
fn a_recorder_clock_that_runs_slow_is_corrected_without_gaps() {
    let clips = Clips::new();
    // A recorder whose clock is a thousandth too slow: 30 s of samples last 30.03 s.
    let tone = "-f lavfi -i aevalsrc='0.5*sin(6283*t)*between(mod(t,10),9,10)':s=48000:d=30";
    let clip = clips.make(
        "drift.mkv",
        &format!("-f lavfi -i color=s=64x64:r=25:d=30 {tone} -map 0:v -map 1:a -c:v libx264 -c:a pcm_s16le -af asetpts=PTS*1.001"),
    );
    let rendition = encode(&clip, &plan(source(&clip), (25, 1), 750), &track(1)).unwrap();
    let found = onsets(&clips, &rendition);
    assert_eq!(found.len(), 3, "{found:?}");
    for (found, expected) in found.iter().zip([9.009, 19.019, 29.029]) {
        assert!((found - expected).abs() < 0.008, "{found:?}, expected at {expected}");
    }
}

#[test]
fn a_mono_track_is_in_both_channels() {
    let clips = Clips::new();
    let clip = clips.make(
        "mono.mkv",
        "-f lavfi -i color=s=64x64:r=25:d=2 -f lavfi -i aevalsrc='0.5*sin(2764*t)':s=44100:d=2 -map 0:v -map 1:a -c:v libx264 -c:a pcm_s16le",
    );
    let rendition = encode(&clip, &plan(source(&clip), (25, 1), 50), &track(1)).unwrap();
    let path = clips.path("stereo.mp4");
    rendition.write(&path);
    for channel in 0..2 {
        let decoded = samples(&path, 2);
        let loudest =
            decoded[9_600..].iter().skip(channel).step_by(2).fold(0.0_f32, |loudest, s| loudest.max(s.abs()));
        assert!((0.33..0.55).contains(&loudest), "channel {channel}: {loudest}");
    }
}

#[test]
fn audio_has_as_many_segments_as_the_video_and_each_ends_just_after_the_video_segment() {
    let clips = Clips::new();
    let clip = clip(&clips, "cuts.mp4", 48_000, "-c:a aac");
    // In one case the last video segment is one frame of 20 ms, shorter than an AAC frame.
    for (frames, rate, count) in
        [(150, (25, 1), 8), (141, (25, 1), 8), (281, (50, 1), 15), (140, (24_000, 1001), 7)]
    {
        let plan = plan(source(&clip), rate, frames);
        assert_eq!(plan.timeline.segment_count(), count);
        let rendition = encode(&clip, &plan, &track(1)).unwrap();
        assert_eq!(rendition.segments.len(), count as usize);
        assert_eq!(u32_at(inside(&rendition.init, &["moov", "trak", "mdia", "mdhd"]), 12), 48_000);
        let mut at = 0;
        for (index, (number, ticks, bytes)) in rendition.segments.iter().enumerate() {
            assert_eq!(*number as usize, index + 1);
            let times = sample_times(bytes);
            assert_eq!(times[0].0, at, "decode times are continuous");
            assert!(times.iter().all(|sample| sample.0 == sample.1 && sample.2 == 1024));
            assert_eq!(*ticks, times.len() as u64 * 1024);
            at += times.len() as i64 * 1024;
            let end = ((index as u64 + 1) * 20).min(frames) as f64 * rate.1 as f64 / rate.0 as f64 * RATE_HZ;
            let past = at as f64 - end;
            let longest = if index + 1 == count as usize { 2_048.0 } else { 1_024.0 };
            assert!(
                (0.0..longest).contains(&past),
                "segment {number} ends {past} samples after the video segment"
            );
        }
    }
}

#[test]
fn a_track_encoded_twice_has_the_same_bytes() {
    let clips = Clips::new();
    let clip = clip(&clips, "twice.mkv", 44_100, "-c:a aac");
    let plan = plan(source(&clip), (25, 1), 150);
    assert!(encode(&clip, &plan, &track(1)).unwrap() == encode(&clip, &plan, &track(1)).unwrap());
}

#[test]
fn a_damaged_place_is_skipped_and_a_track_without_readable_audio_is_refused() {
    let clips = Clips::new();
    let clip = clip(&clips, "whole.ts", 48_000, "-c:a aac -b:a 192k");
    let plan = plan(source(&clip), (25, 1), 150);
    let mut bytes = fs::read(&clip).unwrap();
    let middle = bytes.len() * 3 / 5;
    bytes[middle..middle + 4_000].fill(0xa5);
    let broken = clips.path("broken.ts");
    fs::write(&broken, &bytes).unwrap();
    let parts = encode_damaged_audio(&broken, &plan, &track(1)).unwrap();
    let found = onsets(&clips, &parts.renditions["a1"]);
    assert!((found[0] - 1.0).abs() < 0.005, "{found:?}");
    assert!((found.last().unwrap() - 5.0).abs() < 0.005, "{found:?}");

    // The track does not exist.
    assert!(matches!(encode(&clip, &plan, &track(5)), Err(MediaError::Plan(_))));
    let mut silent =
        fs::read(clips.make("pcm.mov", &format!("-i {} -c:v copy -c:a mp2", clip.display()))).unwrap();
    let data = silent.windows(4).position(|name| name == b"mdat").unwrap();
    let end = silent.windows(4).position(|name| name == b"moov").unwrap() - 4;
    silent[data + 4..end].fill(0);
    let nothing = clips.path("nothing.mov");
    fs::write(&nothing, silent).unwrap();
    let error = encode(&nothing, &plan, &track(1)).unwrap_err();
    assert!(
        matches!(&error, MediaError::Refused(reason) if reason.to_string().starts_with("Audio track 1 ")),
        "{error}"
    );
}
