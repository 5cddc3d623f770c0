//! Damage in words, for editors.

use super::{Concealed, Damage, DamageLevel, TrackDamage, level::level_of};
use crate::clock_time;

/// Returns why a master with this damage is refused, and what to do; `None` if none of its tracks is unreadable. `label_of` returns the
/// label of the audio track with this number, from 1.
pub fn refusal(
    tracks: &[TrackDamage],
    film_ms: u64,
    label_of: impl Fn(u32) -> Option<String>,
) -> Option<String> {
    let track = unreadable(tracks, film_ms)?;
    let (name, advice) = match track.concealed {
        Concealed::HeldFrames => ("The video".to_owned(), "Upload an undamaged copy of the film."),
        Concealed::LostAudio { track } => (
            capitalised(&audio_name(track, label_of(track).as_deref())),
            "Upload an undamaged copy of the film, or remove this track from the file and upload it again.",
        ),
    };
    Some(format!("{name} cannot be read {}. {advice}", where_unreadable(&track.damage, film_ms)))
}

/// Like [`refusal`], for the file of a dub.
pub fn dub_refusal(tracks: &[TrackDamage], film_ms: u64) -> Option<String> {
    let track = unreadable(tracks, film_ms)?;
    Some(format!(
        "The dub cannot be read {}. Choose an undamaged file.",
        where_unreadable(&track.damage, film_ms)
    ))
}

/// Returns why a dub with this damage waits for an editor, and what to do.
pub fn waiting_dub(damage: &Damage) -> String {
    format!(
        "The file is damaged: the dub is silent for {}. Publish it anyway, or choose an undamaged file.",
        extent(damage)
    )
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
fn where_unreadable(damage: &Damage, film_ms: u64) -> String {
    let share = damage.total_ms.saturating_mul(100).checked_div(film_ms).unwrap_or(100).min(100);
    match (damage.count, damage.longest()) {
        (1, Some(place)) if place.from_ms == 0 && place.end_ms() >= film_ms => "anywhere".to_owned(),
        // The end may be rounded down by a millisecond.
        (1, Some(place)) if place.end_ms() + 1 >= film_ms => format!("after {}", clock_time(place.from_ms)),
        (1, Some(place)) if place.from_ms == 0 => format!("before {}", clock_time(place.end_ms())),
        (_, Some(place)) => format!(
            "for {share} % of the film; the longest damaged part is from {} to {}",
            clock_time(place.from_ms),
            clock_time(place.end_ms())
        ),
        (_, None) => format!("for {share} % of the film"),
    }
}

fn audio_name(number: u32, label: Option<&str>) -> String {
    match label {
        Some(label) => format!("audio track {number} ({label})"),
        None => format!("audio track {number}"),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Seconds with one decimal, rounded up: a place is never `0 s`.
fn seconds(ms: u64) -> String {
    let tenths = ms.div_ceil(100);
    match tenths % 10 {
        0 => format!("{} s", tenths / 10),
        part => format!("{}.{part} s", tenths / 10),
    }
}
