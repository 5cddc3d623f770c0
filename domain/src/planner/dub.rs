//! Plans a dub: the audio of a file, placed on the timeline of a film that is already encoded.
//!
//! Time zero is the film's first frame. In a file with video it is that file's first frame; in a file without video it is the first
//! sample of its audio. The editor's shift moves the dub later.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::{
    audio,
    lead::Lead,
    main_video_track,
    source_tracks::{SourceTrack, SourceTracks},
};
use crate::{
    clock_time,
    facts::{AudioFacts, MediaFacts},
    language::Language,
    plan::{AudioTrack, Plan, PlanVersion, SourceTime, Timeline},
    presentation::TrackSettings,
    profile::Profile,
    ratio::Ratio,
    reason::{Reason, ReasonCode},
    speaker::layout_name,
};

/// A film lasts a day at most, and a little more where its last frame is repeated.
const MAX_SECONDS: u64 = 86_401;
/// A day at a thousand frames per second.
const MAX_FRAMES: u64 = 86_400_000;
/// Minimum tolerance of a dub's length.
const TOLERANCE_MS: u64 = 2000;
/// Tolerance of a dub's length in long films: the film's length divided by this.
const TOLERANCE_DIVISOR: u64 = 100;
/// Differences of the ratio of two speeds that are seen as the same, as a divisor: 0.2 %.
const SPEED_DIVISOR: u64 = 500;

/// A dub's plan, and the audio track that it is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct DubPlan<'a> {
    /// The plan, without measurements: [`super::measured`] adds them.
    pub plan: Plan,
    /// The audio track.
    pub chosen: ChosenTrack<'a>,
}

/// Plans a dub for a film with this timeline.
pub fn plan<'a>(
    profile: &Profile,
    facts: &'a MediaFacts,
    film: Timeline,
    settings: &TrackSettings,
) -> Result<DubPlan<'a>, Reason> {
    let chosen = choose_track(facts)?;
    check_length(facts, chosen.track.first(), film.duration_ms(), settings.shift_ms)?;
    let track = AudioTrack {
        language: settings.language.clone(),
        label: settings.menu_label(),
        role: settings.role,
        ..audio::planned_track(&profile.audio, &chosen.track, 1)
    };
    let plan = Plan {
        version: PlanVersion,
        profile: profile.name.clone(),
        timeline: film,
        start: film_start(facts, film.frame_rate, settings.shift_ms),
        clock: facts.clock.clone(),
        video: None,
        audio: vec![track],
        subtitles: Vec::new(),
        chapters: Vec::new(),
        notes: Vec::new(),
        libraries: None,
    };
    Ok(DubPlan { plan, chosen })
}

/// The timeline of a build's plan, which may have the format of another version of Nang; `None` if it is not there or not possible.
pub fn timeline_of(plan: &Value) -> Option<Timeline> {
    // The numbers were not grouped in formats 1 and 2.
    let timeline = Timeline::deserialize(plan.get("timeline").unwrap_or(plan)).ok()?;
    let Timeline {
        frame_rate,
        frames,
        timescale,
        frame_ticks,
        gop_frames: _,
        segment_frames,
        chunk_segments,
    } = timeline;
    let is_possible = frame_rate.num > 0
        && frame_rate.den > 0
        && (1..=MAX_FRAMES).contains(&frames)
        && ![timescale, frame_ticks, segment_frames, chunk_segments].contains(&0)
        && frames * u64::from(frame_ticks) <= MAX_SECONDS * u64::from(timescale);
    is_possible.then_some(timeline)
}

/// How far the end of a dub may be from the end of the film: two seconds, or a hundredth of a long film.
pub fn tolerance_ms(film_ms: u64) -> u64 {
    TOLERANCE_MS.max(film_ms / TOLERANCE_DIVISOR)
}

/// What a dub that was made for a film of `dub_ms` does in a film of `film_ms`, for editors; `None` if it fits.
pub fn misfit(dub_ms: u64, film_ms: u64) -> Option<String> {
    (dub_ms.abs_diff(film_ms) > tolerance_ms(film_ms)).then(|| {
        format!(
            "This dub was made when the film lasted {}; now the film lasts {}. Choose a file for the present version of the film.",
            clock_time(dub_ms),
            clock_time(film_ms)
        )
    })
}

/// Whether one length is about 25/24 of the other: film speed and television speed.
fn is_other_speed(dub_ms: u64, film_ms: u64) -> bool {
    let is_near = |long: u64, short: u64| {
        let (long, short) = (u128::from(long) * 24, u128::from(short) * 25);
        long.abs_diff(short) * u128::from(SPEED_DIVISOR) <= short
    };
    is_near(dub_ms, film_ms) || is_near(film_ms, dub_ms)
}

/// Seconds with a sign, and milliseconds if they are not whole: `+2 s`, `-0.25 s`.
fn seconds(ms: i64) -> String {
    let sign = if ms < 0 { '-' } else { '+' };
    let (whole, part) = (ms.unsigned_abs() / 1000, ms.unsigned_abs() % 1000);
    let fraction = format!("{part:03}");
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{whole} s"),
        digits => format!("{sign}{whole}.{digits} s"),
    }
}

/// The audio track that a dub is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct ChosenTrack<'a> {
    track: SourceTrack<'a>,
    /// Number of audio tracks.
    total: usize,
}

impl fmt::Display for ChosenTrack<'_> {
    /// `Audio track 2 of 3 is used (English, 5.1), because the file marks it as the default.`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (total, number, count) = (self.total, self.track.number(), self.track.streams.len());
        if total == 1 {
            f.write_str("The file's only audio track is used")?;
        } else if count > 1 {
            write!(f, "Audio tracks {number} to {} of {total} are used", number + count - 1)?;
        } else {
            write!(f, "Audio track {number} of {total} is used")?;
        }
        let is_default = self.track.is_default();
        let track = self.track.first();
        let language =
            track.language.as_deref().and_then(Language::normalize).map(|language| language.label());
        let named = track.channel_layout.clone().filter(|_| count == 1);
        let layout = named.unwrap_or_else(|| layout_name(&self.track.speakers));
        let about: Vec<String> =
            [language, track.title.clone(), Some(layout)].into_iter().flatten().collect();
        write!(f, " ({})", about.join(", "))?;
        match (total, is_default) {
            (1, _) => f.write_str("."),
            (_, true) => f.write_str(", because the file marks it as the default."),
            (_, false) => f.write_str(", because it is the first and the file marks none as the default."),
        }
    }
}

/// Chooses the audio track: the only one, otherwise the one that the file marks as default, otherwise the first. A commentary or an audio
/// description is chosen only if the file has nothing else.
fn choose_track(facts: &MediaFacts) -> Result<ChosenTrack<'_>, Reason> {
    let found = SourceTracks::find(&facts.audio, main_video_track(facts).ok());
    let found = found.map_err(|reason| match reason.code {
        ReasonCode::AudioTrackFormat => Reason { code: ReasonCode::DubTrackFormat, ..reason },
        _ => reason,
    })?;
    let track = audio::leading(&found.tracks).cloned().ok_or(ReasonCode::DubNoAudio)?;
    Ok(ChosenTrack { track, total: facts.audio.len() })
}

/// Checks that the track ends with a film of `film_ms`.
fn check_length(facts: &MediaFacts, track: &AudioFacts, film_ms: u64, shift_ms: i64) -> Result<(), Reason> {
    // Times of an audio file are relative to its first sample.
    let zero_ms = match lead(facts) {
        _ if facts.video.is_empty() => first_sample_ms(facts),
        Lead::Black { ms } => 0_i64.saturating_sub_unsigned(ms),
        _ => 0,
    };
    let end_ms =
        (track.start_ms - zero_ms).saturating_add_unsigned(track.duration_ms).saturating_add(shift_ms);
    if end_ms.abs_diff(film_ms.cast_signed()) > tolerance_ms(film_ms) {
        return Err(wrong_length(film_ms, end_ms, shift_ms));
    }
    Ok(())
}

/// Why a dub that ends at `end_ms` in film time, with the shift, does not fit a film of `film_ms`.
fn wrong_length(film_ms: u64, end_ms: i64, shift_ms: i64) -> Reason {
    let dub_ms = end_ms.saturating_sub(shift_ms).max(0).cast_unsigned();
    let code = if is_other_speed(dub_ms, film_ms) {
        ReasonCode::DubOtherSpeed
    } else if end_ms < film_ms.cast_signed() {
        ReasonCode::DubTooShort
    } else {
        ReasonCode::DubTooLong
    };
    let without_sign = |ms: u64| seconds(ms.cast_signed()).split_off(1);
    code.with("dub", clock_time(dub_ms))
        .with("film", clock_time(film_ms))
        .with_some("shift", (shift_ms != 0).then(|| seconds(shift_ms)))
        .with("difference", without_sign(end_ms.abs_diff(film_ms.cast_signed())))
        .with("tolerance", without_sign(tolerance_ms(film_ms)))
}

/// Audio before the first frame of a film file: the film that was made of it begins with it, under black.
fn lead(facts: &MediaFacts) -> Lead {
    let all: Vec<u32> = facts.audio.iter().map(|track| track.stream_index).collect();
    Lead::of(&facts.audio, &all)
}

/// The time of the film's first frame in the file.
fn film_start(facts: &MediaFacts, rate: Ratio, shift_ms: i64) -> SourceTime {
    let in_ms =
        |ms: i64| SourceTime { time_base: Ratio { num: 1, den: 1000 }, ticks: ms.saturating_sub(shift_ms) };
    let Some(video) = main_video_track(facts).ok().filter(|video| video.time_base.num > 0) else {
        return in_ms(first_sample_ms(facts));
    };
    let (_, start) = lead(facts).start(video, rate);
    if shift_ms == 0 {
        return start;
    }
    let (pts, base) = (i128::from(start.ticks), video.time_base);
    let start_ms = (pts * i128::from(base.num) * 1000).div_euclid(i128::from(base.den.max(1)));
    in_ms(i64::try_from(start_ms).unwrap_or(0))
}

/// The time of the first audible sample of a file without video.
fn first_sample_ms(facts: &MediaFacts) -> i64 {
    facts.audio.iter().filter(|track| track.duration_ms > 0).map(|track| track.start_ms).min().unwrap_or(0)
}
