//! Lao text: normal forms, transliteration and search.
//!
//! Lao is written without spaces, its signs are stored in the order in which they were typed, and one name has many Latin
//! spellings. [`normalize()`] puts signs into a fixed order, [`fold()`] returns the form that search compares,
//! [`romanize()`] transliterates to Latin letters, [`sound_key`] returns a key that all spellings of a name share, and
//! [`index`] contains the entries and queries of search. All functions accept any text; other scripts do not change.

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
