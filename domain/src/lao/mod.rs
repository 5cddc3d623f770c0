//! Lao as it is typed, read and looked for.
//!
//! Lao is written without spaces, its signs are stored in whatever order a keyboard sent them, and the same name has many
//! Latin spellings. [`normalize()`] gives every text one order of signs, [`fold()`] the letters a search compares,
//! [`romanize()`] readable Latin, [`sound_key`] what spellings of one name have in common, and [`index`] what search
//! keeps of a text. All are total: any text goes in, other scripts pass through.

pub mod index;
mod letter;
mod normalize;
mod pieces;
mod query;
mod romanize;
mod sound;
mod syllable;
mod typo;

pub use normalize::{fold, normalize};
pub use romanize::romanize;
pub use sound::sound_key;
pub use typo::shortenings;
