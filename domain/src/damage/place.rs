//! Damaged places of one track.

use std::{cmp::Reverse, ops::Range};

use serde::{Deserialize, Serialize};

/// Maximum number of places that are listed. The longest are listed; the sums count all.
pub const MAX_PLACES: usize = 200;

/// A stretch of the film that decoding concealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Start, in milliseconds from the start of the film.
    pub from_ms: u64,
    /// Length, at least 1 ms.
    pub duration_ms: u64,
}

impl Place {
    /// Returns the end, in milliseconds from the start of the film.
    pub fn end_ms(&self) -> u64 {
        self.from_ms.saturating_add(self.duration_ms)
    }
}

impl From<Range<u64>> for Place {
    fn from(span: Range<u64>) -> Self {
        Self { from_ms: span.start, duration_ms: span.end.saturating_sub(span.start) }
    }
}

/// The damage of one track, or of a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// Length of all places together, also of those that are not listed.
    pub total_ms: u64,
    /// Number of all places.
    pub count: u64,
    /// The longest places, at most [`MAX_PLACES`], in the order of the film.
    pub places: Vec<Place>,
}

impl Damage {
    /// Returns the damage that consists of these stretches, in milliseconds from the start of the film. They may be in any order;
    /// stretches that overlap or touch are one place, and empty ones do not count.
    pub fn of(stretches: impl IntoIterator<Item = Range<u64>>) -> Self {
        let mut stretches: Vec<_> = stretches.into_iter().filter(|stretch| !stretch.is_empty()).collect();
        stretches.sort_unstable_by_key(|stretch| stretch.start);
        let mut places: Vec<Range<u64>> = Vec::new();
        for stretch in stretches {
            match places.last_mut() {
                Some(last) if stretch.start <= last.end => last.end = last.end.max(stretch.end),
                _ => places.push(stretch),
            }
        }
        let total_ms = places.iter().map(|place| place.end - place.start).sum();
        let count = places.len() as u64;
        Self { total_ms, count, places: longest(places.into_iter().map(Place::from).collect()) }
    }

    /// Returns the damage of a track from that of its parts, which must not overlap. Places that touch are one place.
    pub fn join<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let (mut total_ms, mut count, mut listed) = (0_u64, 0_u64, Vec::new());
        for part in parts {
            total_ms = total_ms.saturating_add(part.total_ms);
            count = count.saturating_add(part.count);
            listed.extend_from_slice(&part.places);
        }
        listed.sort_unstable_by_key(|place| place.from_ms);
        let mut places: Vec<Place> = Vec::new();
        for place in listed {
            match places.last_mut() {
                Some(last) if last.end_ms() == place.from_ms => {
                    last.duration_ms = last.duration_ms.saturating_add(place.duration_ms);
                    count = count.saturating_sub(1);
                }
                _ => places.push(place),
            }
        }
        Self { total_ms, count, places: longest(places) }
    }

    /// Whether nothing is damaged.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the longest place, the first of several; `None` if nothing is damaged.
    pub fn longest(&self) -> Option<Place> {
        self.places.iter().copied().min_by_key(|place| (Reverse(place.duration_ms), place.from_ms))
    }

    /// Whether this can be the damage of the part of the film from `span.start` to `span.end` milliseconds: the places are in order,
    /// apart from each other and within the part, and the sums fit them. A process that decodes a stranger's file may send anything.
    pub fn is_possible(&self, span: &Range<u64>) -> bool {
        let mut listed_ms = 0_u64;
        let mut last_end = None;
        for place in &self.places {
            let Some(end) = place.from_ms.checked_add(place.duration_ms) else { return false };
            let is_apart = last_end.is_none_or(|last_end| place.from_ms > last_end);
            if place.duration_ms == 0 || place.from_ms < span.start || end > span.end || !is_apart {
                return false;
            }
            last_end = Some(end);
            listed_ms += place.duration_ms;
        }
        let listed = self.places.len();
        let unlisted = self.count.checked_sub(listed as u64);
        let unlisted_ms = self.total_ms.checked_sub(listed_ms);
        match (unlisted, unlisted_ms) {
            (Some(0), Some(0)) => listed <= MAX_PLACES,
            (Some(unlisted @ 1..), Some(unlisted_ms)) => {
                let length = span.end.saturating_sub(span.start);
                listed == MAX_PLACES && unlisted_ms >= unlisted && self.total_ms <= length
            }
            _ => false,
        }
    }
}

/// Keeps the longest places, of equal ones the first.
fn longest(mut places: Vec<Place>) -> Vec<Place> {
    if places.len() > MAX_PLACES {
        places.sort_by_key(|place| (Reverse(place.duration_ms), place.from_ms));
        places.truncate(MAX_PLACES);
        places.sort_unstable_by_key(|place| place.from_ms);
    }
    places
}
