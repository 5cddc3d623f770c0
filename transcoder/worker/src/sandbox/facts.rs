//! Parses the facts that a probing child sends, and checks all values on which later arithmetic relies.

use std::ops::RangeInclusive;

use domain::{
    chapter,
    child::{Analysed, Part, Probed, Task},
    facts::{AudioFacts, MediaFacts, OtherFacts, SubtitleFacts, VideoFacts},
    libraries::Libraries,
    note::Note,
    plan::Loudness,
    ratio::Ratio,
    reason::ReasonValue,
};

use super::ChildError;

/// More tracks than any film has.
const MAX_TRACKS: usize = 1000;
/// Corrections of all streams together; a stream with more than a thousand jumps is refused.
const MAX_CLOCK_CORRECTIONS: usize = 1000 * MAX_TRACKS;
/// libavformat numbers streams from 0 and has at most a thousand.
const MAX_STREAM_INDEX: u32 = 65_535;
/// Width or height in samples, far more than the planner accepts.
const MAX_SIDE: u32 = 1 << 20;
/// Frames per second, far more than the planner accepts.
const MAX_FRAME_RATE: i64 = 1_000_000_000;
/// Bits of a colour component.
const MAX_BIT_DEPTH: u32 = 64;
/// Audio channels, far more than decoders support.
const MAX_CHANNELS: u32 = 65_535;
/// libavcodec's only limit is that of its type.
const MAX_SAMPLE_RATE_HZ: u32 = i32::MAX.cast_unsigned();

/// Bytes of a text, enough for any title.
const MAX_TEXT_BYTES: usize = 1024;
/// Maximum time in milliseconds, about 278 years. JavaScript's numbers are exact for all values computed from such times, too.
const MAX_MS: i128 = 1 << 43;
/// Bits per second, more than any disk can read.
const MAX_BITRATE_BPS: u64 = 1 << 43;

/// Integrated loudness; BS.1770 ignores everything below −70 LUFS. Float samples may exceed full scale by far.
const LUFS: RangeInclusive<f64> = -71.0..=200.0;
/// Loudness range.
const RANGE_LU: RangeInclusive<f64> = 0.0..=300.0;
/// True peak.
const DBTP: RangeInclusive<f64> = -1000.0..=200.0;

/// Parses and checks the [`Probed`] of a master of `size_bytes`.
pub(super) fn parse_probed(json: &[u8], size_bytes: u64) -> Result<Probed, ChildError> {
    let mut probed: Probed = serde_json::from_slice(json)
        .map_err(|error| ChildError::Hostile(format!("unreadable facts: {error}")))?;
    if let Some(wrong) = impossible(&probed.facts, size_bytes) {
        return Err(ChildError::Hostile(format!("impossible facts: {wrong}")));
    }
    for video in &mut probed.facts.video {
        // A damaged header may contain any value, and the planner does not use it.
        video.bitrate_bps = video.bitrate_bps.filter(|rate| *rate <= MAX_BITRATE_BPS);
    }
    plausible(probed.libraries).map(|libraries| Probed { libraries, ..probed })
}

/// Returns the first value that a correct child never sends, not even for a damaged file. The planner, not this check, refuses what
/// Nang cannot show.
fn impossible(facts: &MediaFacts, size_bytes: u64) -> Option<&'static str> {
    let streams = facts.video.iter().map(|track| track.stream_index);
    let streams = streams.chain(facts.audio.iter().map(|track| track.stream_index));
    let streams = streams.chain(facts.subtitles.iter().map(|track| track.stream_index));
    let mut streams: Vec<_> = streams.chain(facts.other.iter().map(|stream| stream.stream_index)).collect();
    let tracks = streams.len();
    streams.sort_unstable();
    streams.dedup();
    let texts = facts.video.iter().flat_map(video_texts).chain(facts.audio.iter().flat_map(audio_texts));
    let texts = texts.chain(facts.subtitles.iter().flat_map(subtitle_texts));
    let notes = facts.notes.iter().flat_map(note_texts);
    let texts = texts.chain(notes);
    let mut texts = texts.chain(facts.other.iter().flat_map(other_texts)).chain([&facts.container]);
    let wrong = [
        (facts.size_bytes != size_bytes, "size of the file"),
        (i128::from(facts.duration_ms) > MAX_MS, "duration"),
        (tracks > MAX_TRACKS, "number of tracks"),
        (
            streams.len() < tracks || streams.last().is_some_and(|last| *last > MAX_STREAM_INDEX),
            "stream index",
        ),
        (facts.notes.len() > MAX_TRACKS || !facts.notes.iter().all(is_plain), "notes"),
        (facts.clock.len() > MAX_CLOCK_CORRECTIONS, "number of corrections of the clock"),
        (!chapter::are_plausible(&facts.chapters, facts.duration_ms), "chapters"),
        (texts.any(|text| text.len() > MAX_TEXT_BYTES || text.chars().any(char::is_control)), "text"),
    ];
    let wrong = wrong.into_iter().find_map(|(is_wrong, what)| is_wrong.then_some(what));
    wrong
        .or_else(|| facts.video.iter().find_map(impossible_video))
        .or_else(|| facts.audio.iter().find_map(impossible_audio))
}

fn impossible_video(video: &VideoFacts) -> Option<&'static str> {
    let (base, aspect, rate) = (video.time_base, video.sample_aspect, video.frame_rate);
    let is_short = |ratio: Ratio| ratio.num.max(ratio.den) <= i32::MAX.into();
    let sides = 1..=MAX_SIDE;
    let first_ms = i128::from(video.first_pts) * i128::from(base.num) * 1000 / i128::from(base.den.max(1));
    let wrong = [
        (!is_reduced(base) || !is_short(base), "time base"),
        (!is_reduced(aspect) || !is_short(aspect) || aspect.num == 0, "sample aspect"),
        (!is_reduced(rate) || rate.num / rate.den.max(1) > MAX_FRAME_RATE, "frame rate"),
        (!sides.contains(&video.width) || !sides.contains(&video.height), "frame size"),
        (
            video.frame_aspect.is_some_and(|own| !is_short(own) || own.num < 0 || own.den < 1),
            "sample aspect of a frame",
        ),
        (shown_sides(video).is_none(), "crop"),
        (video.programmes.len() > MAX_TRACKS, "number of programmes"),
        (!matches!(video.rotation_degrees, 0 | 90 | 180 | 270), "rotation"),
        (video.bit_depth > MAX_BIT_DEPTH, "bit depth"),
        (first_ms.abs() > MAX_MS, "time of the first frame"),
        (i128::from(video.duration_ms) > MAX_MS, "duration of a video track"),
    ];
    wrong.into_iter().find_map(|(is_wrong, what)| is_wrong.then_some(what))
}

fn impossible_audio(audio: &AudioFacts) -> Option<&'static str> {
    let wrong = [
        (audio.channels > MAX_CHANNELS, "number of channels"),
        (audio.speakers.len() > MAX_CHANNELS as usize, "number of speakers"),
        (audio.programmes.len() > MAX_TRACKS, "number of programmes"),
        (audio.sample_rate_hz > MAX_SAMPLE_RATE_HZ, "sample rate"),
        (i128::from(audio.start_ms).abs() > MAX_MS, "start of an audio track"),
        (i128::from(audio.duration_ms) > MAX_MS, "duration of an audio track"),
    ];
    wrong.into_iter().find_map(|(is_wrong, what)| is_wrong.then_some(what))
}

/// Returns the width and height of the part of the frame that is shown; `None` if nothing of it is.
fn shown_sides(video: &VideoFacts) -> Option<(u32, u32)> {
    let crop = video.crop;
    let width = video.width.checked_sub(crop.left)?.checked_sub(crop.right)?;
    let height = video.height.checked_sub(crop.top)?.checked_sub(crop.bottom)?;
    (width > 0 && height > 0).then_some((width, height))
}

/// Whether a note has the few values that a child gives it, and no reasons in them.
fn is_plain(note: &Note) -> bool {
    let is_text = |value: &ReasonValue| matches!(value, ReasonValue::Text(_));
    note.reason.values.len() <= 8 && note.reason.values.values().all(is_text) && note.reason.is_complete()
}

fn note_texts(note: &Note) -> impl Iterator<Item = &String> {
    note.reason.values.values().filter_map(|value| match value {
        ReasonValue::Text(text) => Some(text),
        ReasonValue::Reason(_) => None,
    })
}

fn video_texts(video: &VideoFacts) -> impl Iterator<Item = &String> {
    let color = &video.color;
    let named = [&color.primaries, &color.transfer, &color.matrix, &color.range];
    [&video.codec, &video.pixel_format].into_iter().chain(named.into_iter().flatten())
}

fn audio_texts(audio: &AudioFacts) -> impl Iterator<Item = &String> {
    let named = [&audio.channel_layout, &audio.language, &audio.title];
    [&audio.codec].into_iter().chain(named.into_iter().flatten())
}

fn subtitle_texts(track: &SubtitleFacts) -> impl Iterator<Item = &String> {
    [Some(&track.codec), track.language.as_ref(), track.title.as_ref()].into_iter().flatten()
}

fn other_texts(stream: &OtherFacts) -> impl Iterator<Item = &String> {
    [Some(&stream.codec), stream.language.as_ref(), stream.title.as_ref()].into_iter().flatten()
}

/// Returns the number of mixes of the audio track that a task analyses.
pub(super) fn mixes_of(task: &Task) -> Result<usize, ChildError> {
    let track = match task.part {
        Part::Audio(index) => task.plan.audio.get(index as usize),
        Part::Chunk { .. } | Part::Subtitles => None,
    };
    track
        .map(|track| track.mixes.len())
        .ok_or_else(|| ChildError::Plan(format!("the plan has no {}", task.part)))
}

/// Parses and checks the [`Analysed`] of a track with this many mixes.
pub(super) fn parse_analysed(json: &[u8], mixes: usize) -> Result<Analysed, ChildError> {
    let analysed: Analysed = serde_json::from_slice(json)
        .map_err(|error| ChildError::Hostile(format!("unreadable measurements: {error}")))?;
    let plausible = |loudness: &Loudness| {
        let Loudness { integrated_lufs, range_lu, true_peak_dbtp } = *loudness;
        integrated_lufs.is_none_or(|lufs| LUFS.contains(&lufs))
            && RANGE_LU.contains(&range_lu)
            && true_peak_dbtp.is_none_or(|dbtp| DBTP.contains(&dbtp))
    };
    if analysed.loudness.len() == mixes && analysed.loudness.iter().all(plausible) {
        Ok(analysed)
    } else {
        Err(ChildError::Hostile("impossible measurements".to_owned()))
    }
}

/// Checks measurements that another machine has read from its child.
pub(crate) fn check_analysed(task: &Task, analysed: &Analysed) -> Result<(), ChildError> {
    let json = serde_json::to_vec(analysed).map_err(|error| ChildError::Hostile(error.to_string()))?;
    parse_analysed(&json, mixes_of(task)?).map(drop)
}

/// Checks facts that another machine has read from its child.
pub(crate) fn check_probed(probed: &Probed, size_bytes: u64) -> Result<(), ChildError> {
    let json = serde_json::to_vec(probed).map_err(|error| ChildError::Hostile(error.to_string()))?;
    parse_probed(&json, size_bytes).map(drop)
}

/// Parses and checks the [`Libraries`] of a child.
pub(super) fn parse_libraries(json: &[u8]) -> Result<Libraries, ChildError> {
    let libraries = serde_json::from_slice(json)
        .map_err(|error| ChildError::Hostile(format!("unreadable library versions: {error}")))?;
    plausible(libraries)
}

fn plausible(libraries: Libraries) -> Result<Libraries, ChildError> {
    let error = || ChildError::Hostile("impossible library versions".to_owned());
    libraries.are_plausible().then_some(libraries).ok_or_else(error)
}

/// Whether `Ratio::new` could have returned this ratio: a zero denominator would cause a division by zero later.
fn is_reduced(ratio: Ratio) -> bool {
    ratio.num >= 0 && Ratio::new(ratio.num, ratio.den) == Some(ratio)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    fn facts(aspect: &Value, tracks: usize) -> Vec<u8> {
        let video = json!({
            "stream_index": 0, "codec": "h264", "width": 640, "height": 360, "sample_aspect": aspect,
            "rotation_degrees": 0, "frame_rate": {"num": 25, "den": 1}, "variable_frame_rate": false,
            "field_order": "progressive", "pixel_format": "yuv420p", "bit_depth": 8,
            "color": {"primaries": null, "transfer": null, "matrix": null, "range": null},
            "time_base": {"num": 1, "den": 25}, "first_pts": 0, "duration_ms": 1000, "bitrate_bps": null,
        });
        let all = json!({
            "container": "avi", "size_bytes": 1, "duration_ms": 1000, "video": vec![video; tracks], "audio": [],
            "subtitles": [],
        });
        serde_json::to_vec(&json!({"facts": all, "libraries": {"libavcodec": "59.37.100"}})).unwrap()
    }

    #[test]
    fn facts_that_would_divide_by_zero_are_refused() {
        let parse = |aspect, tracks| super::parse_probed(&facts(&aspect, tracks), 1);
        assert!(parse(json!({"num": 1, "den": 1}), 1).is_ok());
        for (num, den) in [(1, 0), (0, 0), (1, -1), (-1, 1), (2, 2), (i64::MIN, i64::MIN)] {
            assert!(parse(json!({"num": num, "den": den}), 1).is_err(), "{num}/{den}");
        }
        assert!(parse(json!({"num": 1, "den": 1}), 1001).is_err());
    }

    /// Parses the facts of a film with one track of each kind, after one value is replaced.
    fn changed(pointer: &str, value: Value) -> Result<domain::child::Probed, super::ChildError> {
        let mut all: Value = serde_json::from_slice(&facts(&json!({"num": 1, "den": 1}), 1)).unwrap();
        all["facts"]["audio"] = json!([{
            "stream_index": 1, "codec": "aac", "channels": 2, "channel_layout": "stereo", "sample_rate_hz": 48000,
            "language": "lao", "title": "ສຽງ", "start_ms": -20, "duration_ms": 1000, "default": true,
        }]);
        all["facts"]["subtitles"] =
            json!([{"stream_index": 2, "codec": "subrip", "language": null, "title": "ລາວ"}]);
        all["facts"]["other"] = json!([
            {"stream_index": 3, "kind": "attachment", "codec": "ttf", "language": null, "title": "font.ttf"}
        ]);
        if pointer.starts_with("/chapters") {
            all["facts"]["chapters"] =
                json!([{"start_ms": 0, "title": "ແມ່ນ້ຳ"}, {"start_ms": 500, "title": null}]);
        }
        *all.pointer_mut(&format!("/facts{pointer}")).unwrap() = value;
        super::parse_probed(&serde_json::to_vec(&all).unwrap(), 1)
    }

    #[test]
    fn facts_that_a_correct_child_never_sends_are_refused() {
        let (far, ratio) = (1_u64 << 44, |num: i64, den: i64| json!({"num": num, "den": den}));
        for (pointer, value, wrong) in [
            ("/size_bytes", json!(2), "size of the file"),
            ("/duration_ms", json!(u64::MAX), "duration"),
            ("/container", json!("x".repeat(1025)), "text"),
            ("/audio/0/title", json!("a\u{0}b"), "text"),
            ("/subtitles/0/codec", json!("\u{1b}[31m"), "text"),
            ("/subtitles/0/title", json!("\u{1b}[31m"), "text"),
            ("/other/0/title", json!("a\nb"), "text"),
            ("/other/0/stream_index", json!(2), "stream index"),
            ("/video/0/color/primaries", json!("x".repeat(1025)), "text"),
            ("/audio/0/stream_index", json!(0), "stream index"),
            ("/subtitles/0/stream_index", json!(u32::MAX), "stream index"),
            ("/chapters/0/start_ms", json!(500), "chapters"),
            ("/chapters/1/start_ms", json!(1000), "chapters"),
            ("/chapters/1/title", json!("a\nb"), "chapters"),
            ("/video/0/width", json!(0), "frame size"),
            ("/video/0/height", json!(u32::MAX), "frame size"),
            ("/video/0/rotation_degrees", json!(45), "rotation"),
            ("/video/0/bit_depth", json!(1000), "bit depth"),
            ("/video/0/frame_rate", ratio(i64::MAX, 1), "frame rate"),
            ("/video/0/time_base", ratio(1, 1 << 40), "time base"),
            ("/video/0/time_base", ratio(-1, 25), "time base"),
            ("/video/0/first_pts", json!(i64::MIN), "time of the first frame"),
            ("/video/0/duration_ms", json!(far), "duration of a video track"),
            ("/audio/0/channels", json!(u32::MAX), "number of channels"),
            ("/audio/0/sample_rate_hz", json!(u32::MAX), "sample rate"),
            ("/audio/0/start_ms", json!(i64::MIN), "start of an audio track"),
            ("/audio/0/duration_ms", json!(far), "duration of an audio track"),
        ] {
            let error = changed(pointer, value).unwrap_err().to_string();
            assert!(error.ends_with(&format!("impossible facts: {wrong}")), "{pointer}: {error}");
        }
        for (pointer, value) in [
            // Values that the planner refuses with a reason, or that a damaged file may have.
            ("/duration_ms", json!(0)),
            ("/video/0/frame_rate", ratio(0, 1)),
            ("/video/0/time_base", ratio(0, 1)),
            ("/video/0/width", json!(9000)),
            ("/audio/0/channels", json!(0)),
            ("/audio/0/start_ms", json!(-3_600_000)),
        ] {
            assert!(changed(pointer, value).is_ok(), "{pointer}");
        }
        let probed = changed("/video/0/bitrate_bps", json!(u64::MAX)).unwrap();
        assert_eq!(probed.facts.video[0].bitrate_bps, None);
    }

    #[test]
    fn measurements_that_a_correct_child_never_sends_are_refused() {
        let one = |integrated: Value, range: Value, peak: Value| json!({"integrated_lufs": integrated, "range_lu": range, "true_peak_dbtp": peak});
        let parse = |loudness: Vec<Value>| {
            super::parse_analysed(&serde_json::to_vec(&json!({"loudness": loudness})).unwrap(), 1)
        };
        assert!(parse(vec![one(json!(-23.5), json!(8), json!(-1.2))]).is_ok());
        assert!(parse(vec![one(json!(null), json!(0), json!(null))]).is_ok());
        assert!(parse(vec![]).is_err());
        for (integrated, range, peak) in [(1e9, 8.0, -1.0), (-23.0, -1.0, -1.0), (-23.0, 8.0, 1e9)] {
            assert!(parse(vec![one(json!(integrated), json!(range), json!(peak))]).is_err());
        }
    }

    #[test]
    fn a_duration_that_is_not_a_natural_number_is_unreadable() {
        for value in [json!(-1), json!(1.5), json!("1"), json!(null)] {
            let error = changed("/duration_ms", value).unwrap_err().to_string();
            assert!(error.contains("unreadable facts"), "{error}");
        }
    }
}
