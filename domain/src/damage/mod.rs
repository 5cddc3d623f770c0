//! Damage of a master: what decoding concealed, and what follows from it.
//!
//! Where video cannot be decoded, the frame before is shown for longer; where audio cannot be decoded, silence is inserted. Each such
//! stretch of the film is a *place*. The encoders report places, sealing a build sums them, and the sum decides whether a build is
//! published, waits for an editor, or is refused.
//!
//! Damage is only what the master should contain and does not: packets that are missing or cannot be decoded. Slides that stay for
//! minutes, varying frame rates, and audio that begins late or ends early according to its container are not damage.

mod build;
mod level;
mod place;
mod track;
mod words;

pub use build::{BuildDamage, NamedDamage};
pub use level::{DamageLevel, level};
pub use place::{Damage, MAX_PLACES, Place};
pub use track::{Concealed, TrackDamage, part_span, sum};
pub use words::{dub_refusal, refusal, summary, waiting_dub};
