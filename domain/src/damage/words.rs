//! Damage in words, for editors.

use super::{Concealed, Damage, DamageLevel, TrackDamage, level::level_of};
use crate::{
    clock_time,
    reason::{Reason, ReasonCode},
};

/// Returns why a master with this damage is refused, and what to do; `None` if none of its tracks is unreadable. `label_of` returns the
/// label of the audio track with this number, from 1.
pub fn refusal(
    tracks: &[TrackDamage],
    film_ms: u64,
    label_of: impl Fn(u32) -> Option<String>,
) -> Option<Reason> {
    let track = unreadable(tracks, film_ms)?;
    let reason = match track.concealed {
        Concealed::HeldFrames => Reason::from(ReasonCode::VideoUnreadable),
        Concealed::LostAudio { track } => {
            ReasonCode::AudioUnreadable.with("number", track).with_some("label", label_of(track))
        }
    };
    Some(reason.with_reason("where", where_unreadable(&track.damage, film_ms)))
}

/// Like [`refusal`], for the file of a dub.
pub fn dub_refusal(tracks: &[TrackDamage], film_ms: u64) -> Option<Reason> {
    let track = unreadable(tracks, film_ms)?;
    Some(ReasonCode::DubUnreadable.with_reason("where", where_unreadable(&track.damage, film_ms)))
}

/// Returns why a dub with this damage waits for an editor, and what to do.
pub fn waiting_dub(damage: &Damage) -> Reason {
    let reason = ReasonCode::DubDamaged.with("total", seconds(damage.total_ms));
    let Some(place) = damage.longest() else { return reason };
    let reason = reason.with("at", clock_time(place.from_ms));
    match damage.count {
        1 => reason,
        count => reason.with("places", count).with("longest", seconds(place.duration_ms)),
    }
}

fn unreadable(tracks: &[TrackDamage], film_ms: u64) -> Option<&TrackDamage> {
    tracks.iter().find(|track| level_of(&track.damage, film_ms) == DamageLevel::Unreadable)
}

/// Returns the damage of a track as a clause: `audio track 2 (Lao) is silent for 3.2 s in 2 places, the longest 3 s at 00:01:10`. `label`
/// is that of an audio track.
pub fn summary(track: &TrackDamage, label: Option<&str>) -> String {
    let extent = extent(&track.damage);
    match track.concealed {
        Concealed::HeldFrames => format!("the video stands still or is broken for {extent}"),
        Concealed::LostAudio { track } => format!("{} is silent for {extent}", audio_name(track, label)),
    }
}

/// `3 s at 00:01:10`, or `3.2 s in 2 places, the longest 3 s at 00:01:10`.
fn extent(damage: &Damage) -> String {
    let total = seconds(damage.total_ms);
    match (damage.count, damage.longest()) {
        (1, Some(place)) => format!("{total} at {}", clock_time(place.from_ms)),
        (count, Some(place)) => format!(
            "{total} in {count} places, the longest {} at {}",
            seconds(place.duration_ms),
            clock_time(place.from_ms)
        ),
        (_, None) => total,
    }
}

/// `after 00:03:10`, `before 00:03:10`, or the share and the longest place.
fn where_unreadable(damage: &Damage, film_ms: u64) -> Reason {
    let share = damage.total_ms.saturating_mul(100).checked_div(film_ms).unwrap_or(100).min(100);
    match (damage.count, damage.longest()) {
        (1, Some(place)) if place.from_ms == 0 && place.end_ms() >= film_ms => {
            ReasonCode::WhereAnywhere.into()
        }
        // The end may be rounded down by a millisecond.
        (1, Some(place)) if place.end_ms() + 1 >= film_ms => {
            ReasonCode::WhereAfter.with("time", clock_time(place.from_ms))
        }
        (1, Some(place)) if place.from_ms == 0 => {
            ReasonCode::WhereBefore.with("time", clock_time(place.end_ms()))
        }
        (_, place) => ReasonCode::WhereShare
            .with("percent", share)
            .with_some("from", place.map(|place| clock_time(place.from_ms)))
            .with_some("to", place.map(|place| clock_time(place.end_ms()))),
    }
}

fn audio_name(number: u32, label: Option<&str>) -> String {
    match label {
        Some(label) => format!("audio track {number} ({label})"),
        None => format!("audio track {number}"),
    }
}

/// Seconds with one decimal, rounded up: a place is never `0 s`.
fn seconds(ms: u64) -> String {
    let tenths = ms.div_ceil(100);
    match tenths % 10 {
        0 => format!("{} s", tenths / 10),
        part => format!("{}.{part} s", tenths / 10),
    }
}
