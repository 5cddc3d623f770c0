//! Digital Cinema Packages as masters: the documents that describe a package, and the rules that make one film of it.
//!
//! A package is a folder. Its asset map (SMPTE ST 429-9) names the files by id, its packing lists (ST 429-8) have their sizes and
//! SHA-1 hashes, and a composition playlist (ST 429-7) says which parts of which files are played in which order. Packages from
//! before the SMPTE standards (Interop) have the same documents with other namespaces. Names of elements are compared without their
//! namespaces, and unknown elements are ignored.
//!
//! A caller reads a package in four steps:
//!
//! 1. [`AssetMap::parse`] of the file [`AssetMap::FILE_NAMES`]. An original version and a version file in two folders are joined by
//!    [`AssetMap::in_folder`] and [`AssetMap::join`].
//! 2. [`PackingList::parse`] of the files [`AssetMap::packing_lists`].
//! 3. [`Package::read`] with the texts of the files [`Package::composition_paths`] and the names and sizes of all files.
//! 4. [`Package::film`] of one composition, by default the one that [`Package::choose`] finds.
//!
//! Subtitles are read by [`crate::subtitle::read_dcp_subtitle()`], and the channels of audio are named by [`sound_layout()`].

mod asset_id;
mod asset_map;
mod composition;
mod content_kind;
mod document;
mod film;
mod language_name;
mod package;
mod package_error;
mod packing_list;
mod sound;
mod sound_channel;
mod track;
pub(crate) mod xml;
mod xml_guard;

pub use asset_id::AssetId;
pub use asset_map::{AssetMap, MappedAsset};
pub use composition::{Composition, Reel};
pub use content_kind::ContentKind;
pub use document::DocumentError;
pub use film::{Film, FilmReel, FilmTrack};
pub use language_name::language_of;
pub use package::{Document, Package};
pub use package_error::PackageError;
pub use packing_list::{PackedAsset, PackingList};
pub use sound::{MainMix, SoundLabel, SoundLayout, sound_layout};
pub use sound_channel::SoundChannel;
pub use track::{Track, TrackKind};

/// Maximum size of an asset map, a packing list or a composition playlist.
pub const MAX_DOCUMENT_BYTES: usize = 8 * 1024 * 1024;
/// Maximum size of a document with subtitles.
pub const MAX_SUBTITLE_BYTES: usize = 32 * 1024 * 1024;
/// Maximum number of elements, texts and comments of a document, and of the attributes of all its elements.
pub const MAX_NODES: u32 = 1_000_000;
/// Maximum depth of elements in a document.
pub const MAX_DEPTH: usize = 64;
/// Maximum number of attributes of an element.
pub const MAX_ATTRIBUTES: usize = 256;
/// Maximum number of namespace declarations in a document. Reading costs their square.
pub const MAX_NAMESPACES: usize = 512;
/// Maximum number of assets in an asset map or a packing list.
pub const MAX_ASSETS: usize = 20_000;
/// Maximum number of reels of a composition.
pub const MAX_REELS: usize = 4_096;
/// Maximum number of tracks in a reel.
pub const MAX_TRACKS: usize = 64;
