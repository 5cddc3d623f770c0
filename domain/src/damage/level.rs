//! How bad damage is.

use serde::{Deserialize, Serialize};

use super::{Damage, TrackDamage};

/// A single place longer than this makes damage serious.
const SERIOUS_PLACE_MS: u64 = 2_000;

/// Damage of more than one hundredth of the film is serious.
const SERIOUS_SHARE: u64 = 100;

/// Damage of more than half of the film makes a track unreadable.
const UNREADABLE_SHARE: u64 = 2;

/// How bad damage is, and so what happens to a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DamageLevel {
    /// Nothing is damaged.
    None,
    /// It is reported, and the build is published.
    Slight,
    /// In one track more than 1 % of the film, or a place of more than 2 s: an editor decides whether the build is published.
    Serious,
    /// In one track more than half of the film: the master is refused.
    Unreadable,
}

/// Returns the level of the worst track of a film that lasts `film_ms`.
pub fn level(tracks: &[TrackDamage], film_ms: u64) -> DamageLevel {
    tracks.iter().map(|track| level_of(&track.damage, film_ms)).max().unwrap_or(DamageLevel::None)
}

pub(super) fn level_of(damage: &Damage, film_ms: u64) -> DamageLevel {
    let exceeds = |share: u64| damage.total_ms.saturating_mul(share) > film_ms;
    let longest_ms = damage.longest().map_or(0, |place| place.duration_ms);
    if damage.is_empty() {
        DamageLevel::None
    } else if exceeds(UNREADABLE_SHARE) {
        DamageLevel::Unreadable
    } else if exceeds(SERIOUS_SHARE) || longest_ms > SERIOUS_PLACE_MS {
        DamageLevel::Serious
    } else {
        DamageLevel::Slight
    }
}
