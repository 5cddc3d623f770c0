//! Measures the loudness of real audio, encodes it with the gain that follows, and compares both with the ffmpeg command line.

#![allow(clippy::unwrap_used, missing_docs)]

mod encode_support;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use domain::{
    plan::{AudioTrack, Level, Plan},
    planner,
    profile::{LoudnessProfile, Profile},
};
use encode_support::{Clips, Parts, open, run, samples};
use media::ffmpeg::{self, loudness::analyse, pipeline};

/// Integrated loudness in LUFS and true peak in dBTP, as ffmpeg measures them after these filters.
fn measured_by_ffmpeg(path: &Path, filters: &str) -> (f64, f64) {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-hide_banner", "-i"])
        .arg(path)
        .args(["-map", "0:a:0", "-af", &format!("{filters}ebur128=peak=true"), "-f", "null", "-"])
        .output()
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    let summary = &log[log.rfind("Summary:").expect("a summary")..];
    let value = |name: &str| -> f64 {
        let line = summary.lines().find(|line| line.trim_start().starts_with(name)).expect(name);
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    (value("I:"), value("Peak:"))
}

/// Plans a clip with the fast profile and measures its audio tracks.
fn planned(clip: &Path, loudness: &LoudnessProfile) -> Plan {
    let facts = ffmpeg::probe::probe(open(clip)).unwrap();
    let plan = planner::plan(Profile::shipped("fast").unwrap(), &facts).unwrap();
    let measured: Vec<_> =
        plan.audio.iter().map(|track| analyse(open(clip), &plan, track).unwrap().loudness).collect();
    planner::measured(plan, loudness, &measured).unwrap()
}

fn level(track: &AudioTrack, mix: usize) -> Level {
    track.mixes[mix].level.unwrap()
}

/// Encodes the first audio track and writes its renditions as files.
fn encode(clips: &Clips, clip: &Path, plan: &Plan) -> impl Fn(&str) -> PathBuf {
    let mut parts = Parts::default();
    pipeline::encode_audio(open(clip), plan, &plan.audio[0], &mut parts).unwrap();
    assert_eq!(parts.frames_done, plan.timeline.frames);
    for (name, rendition) in &parts.renditions {
        rendition.write(&clips.path(&format!("{name}.mp4")));
    }
    let folder = clips.path("");
    move |name| folder.join(format!("{name}.mp4"))
}

/// A clip of 12 s with this audio.
fn clip(clips: &Clips, name: &str, audio: &str) -> PathBuf {
    clips.make(
        name,
        &format!("-f lavfi -i color=s=64x64:r=25:d=12 -f lavfi -i {audio} -map 0:v -map 1:a -c:v libx264 -c:a pcm_s16le -shortest"),
    )
}

#[test]
fn a_calibration_tone_has_its_loudness() {
    // EBU Tech 3341, test case 1: a stereo sine of 1 kHz at −23 dBFS measures −23.0 ± 0.1 LUFS.
    let clips = Clips::new();
    let tone = "0.0708*sin(2*PI*997*t)";
    let clip = clip(&clips, "tone.mkv", &format!("aevalsrc='{tone}|{tone}':s=48000:d=12"));
    let plan = planned(&clip, &LoudnessProfile::default());
    let Level { loudness, gain_db, is_limited } = level(&plan.audio[0], 0);
    assert!((loudness.integrated_lufs.unwrap() + 23.0).abs() <= 0.1, "{loudness:?}");
    assert!((loudness.true_peak_dbtp.unwrap() + 23.0).abs() <= 0.2, "{loudness:?}");
    assert!(gain_db.abs() <= 0.1 && !is_limited);
}

#[test]
fn loud_and_quiet_tracks_become_equally_loud() {
    let clips = Clips::new();
    for (name, audio) in [
        ("loud.mkv", "anoisesrc=c=pink:a=0.9:r=48000:d=12:seed=7"),
        ("quiet.mkv", "anoisesrc=c=pink:a=0.02:r=44100:d=12:seed=8"),
    ] {
        let clip = clip(&clips, name, audio);
        let plan = planned(&clip, &LoudnessProfile::default());
        let level = level(&plan.audio[0], 0);
        let stereo = "pan=stereo|c0=0.7071*c0|c1=0.7071*c0,";
        let (lufs, dbtp) = measured_by_ffmpeg(&clip, stereo);
        assert!((level.loudness.integrated_lufs.unwrap() - lufs).abs() <= 0.2, "{name}: {level:?}, {lufs}");
        assert!((level.loudness.true_peak_dbtp.unwrap() - dbtp).abs() <= 0.3, "{name}: {level:?}, {dbtp}");
        let files = encode(&clips, &clip, &plan);
        let (lufs, dbtp) = measured_by_ffmpeg(&files("a1"), "");
        assert!((lufs + 23.0).abs() <= 0.5 && dbtp <= -1.5, "{name}: {lufs} LUFS, {dbtp} dBTP, {level:?}");
        let (low_lufs, _) = measured_by_ffmpeg(&files("a1-low"), "");
        assert!((low_lufs - lufs).abs() <= 1.0, "{name}: the low rendition has {low_lufs} LUFS");
    }
}

#[test]
fn a_gain_never_lifts_peaks_above_the_ceiling() {
    // Quiet noise with a loud click every four seconds.
    let clips = Clips::new();
    let audio = "aevalsrc='0.01*(random(0)-0.5)+0.7*lt(mod(t\\,4)\\,0.001)*sin(2*PI*2000*t)':s=48000:d=12";
    let clip = clip(&clips, "clicks.mkv", audio);
    let plan = planned(&clip, &LoudnessProfile::default());
    let level = level(&plan.audio[0], 0);
    assert!(level.is_limited, "{level:?}");
    assert!((level.loudness.true_peak_dbtp.unwrap() + level.gain_db + 2.0).abs() < 0.02, "{level:?}");
    let files = encode(&clips, &clip, &plan);
    let (_, dbtp) = measured_by_ffmpeg(&files("a1"), "");
    assert!(dbtp <= -1.5, "{dbtp} dBTP");
}

#[test]
fn surround_is_kept_and_its_dialogue_is_as_loud_in_stereo_as_ffmpeg_makes_it() {
    let clips = Clips::new();
    // FL, FR, FC, LFE, BL, BR: dialogue is 800 Hz in the centre, everything else has other frequencies.
    let tones = [(330, 0.1), (440, 0.1), (800, 0.3), (50, 0.2), (1500, 0.05), (1700, 0.05)]
        .map(|(hz, amplitude)| format!("{amplitude}*sin(2*PI*{hz}*t)"));
    let audio = format!("aevalsrc='{}':c=5.1:s=48000:d=12", tones.join("|"));
    let clip = clip(&clips, "surround.mkv", &audio);
    let off = LoudnessProfile { normalize: false, ..LoudnessProfile::default() };
    let plan = planned(&clip, &off);
    let channels: Vec<_> = plan.audio[0].mixes.iter().map(|mix| mix.channels).collect();
    assert_eq!(channels, [2, 6]);
    assert!(plan.audio[0].mixes.iter().all(|mix| mix.level.unwrap().gain_db == 0.0));
    let files = encode(&clips, &clip, &plan);

    let ours = tone_level(&samples(&files("a1"), 2), 2, 0, 800.0);
    let theirs = clips.path("theirs.wav");
    run(Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y", "-i"])
        .arg(&clip)
        .args(["-ac", "2", "-c:a", "pcm_f32le"])
        .arg(&theirs));
    let theirs = tone_level(&samples(&theirs, 2), 2, 0, 800.0);
    let difference_db = 20.0 * (ours / theirs).log10();
    assert!(difference_db.abs() <= 0.3, "dialogue is {difference_db} dB louder than in ffmpeg's downmix");

    let surround = samples(&files("a1-surround"), 6);
    for (channel, (hz, amplitude)) in
        [(330.0, 0.1), (440.0, 0.1), (800.0, 0.3), (50.0, 0.2), (1500.0, 0.05), (1700.0, 0.05)]
            .into_iter()
            .enumerate()
    {
        let found = tone_level(&surround, 6, channel, hz);
        assert!((found / amplitude - 1.0).abs() < 0.1, "channel {channel}: {found} instead of {amplitude}");
    }

    // With a target, both mixes reach it.
    let plan = planned(&clip, &LoudnessProfile::default());
    let files = encode(&clips, &clip, &plan);
    for name in ["a1", "a1-surround"] {
        let (lufs, _) = measured_by_ffmpeg(&files(name), "");
        assert!((lufs + 23.0).abs() <= 0.5, "{name}: {lufs} LUFS");
    }
}

#[test]
fn a_downmix_does_not_clip_even_without_a_target() {
    let clips = Clips::new();
    let tone = "0.9*sin(2764*t)";
    let audio = format!("aevalsrc='{}':c=5.1:s=48000:d=12", [tone; 6].join("|"));
    let clip = clip(&clips, "loud.mkv", &audio);
    let plan = planned(&clip, &LoudnessProfile { normalize: false, ..LoudnessProfile::default() });
    let level = level(&plan.audio[0], 0);
    assert!(level.loudness.true_peak_dbtp.unwrap() > 6.0 && level.is_limited, "{level:?}");
    let files = encode(&clips, &clip, &plan);
    let (_, dbtp) = measured_by_ffmpeg(&files("a1"), "");
    assert!((-3.0..=-1.5).contains(&dbtp), "{dbtp} dBTP");
}

#[test]
fn silence_is_measured_and_stays_silent() {
    let clips = Clips::new();
    let clip = clip(&clips, "silent.mkv", "anullsrc=r=48000:cl=stereo:d=12");
    let plan = planned(&clip, &LoudnessProfile::default());
    let level = level(&plan.audio[0], 0);
    assert_eq!((level.loudness.integrated_lufs, level.loudness.true_peak_dbtp), (None, None));
    assert_eq!((level.gain_db, level.is_limited), (0.0, false));
    let files = encode(&clips, &clip, &plan);
    assert!(samples(&files("a1"), 2).iter().all(|sample| sample.abs() < 1e-4));
}

#[test]
fn a_track_measured_twice_has_the_same_loudness() {
    let clip = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../media/bbb_720p25_5s.mp4"));
    let profile = LoudnessProfile::default();
    assert_eq!(planned(clip, &profile), planned(clip, &profile));
}

/// Amplitude of a tone in one of the interleaved channels, without the first and last second.
#[expect(clippy::cast_precision_loss, reason = "sample counts")]
fn tone_level(samples: &[f32], channels: usize, channel: usize, hz: f64) -> f64 {
    let one: Vec<f64> =
        samples.iter().skip(channel).step_by(channels).map(|sample| f64::from(*sample)).collect();
    let middle = &one[48_000..one.len() - 48_000];
    // Whole seconds contain whole periods of every tone.
    let middle = &middle[..middle.len() / 48_000 * 48_000];
    let (mut sine, mut cosine) = (0.0, 0.0);
    for (index, sample) in middle.iter().enumerate() {
        let angle = std::f64::consts::TAU * hz * index as f64 / 48_000.0;
        sine += sample * angle.sin();
        cosine += sample * angle.cos();
    }
    2.0 * sine.hypot(cosine) / middle.len() as f64
}
