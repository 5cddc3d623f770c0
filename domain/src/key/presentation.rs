//! The objects of a presentation.

use super::{Key, film_prefix};
use crate::id::{BuildId, FilmId, PresentationId};

/// The folder of all presentations within the film's folder.
pub(super) const PRESENTATIONS: &str = "presentations";
/// The file name of a multivariant playlist.
pub(super) const PLAYLIST_NAME: &str = "main.m3u8";
/// The file name of a manifest.
pub(super) const MANIFEST_NAME: &str = "manifest.json";

/// An object of a presentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresentationObject {
    /// `main.m3u8`: the multivariant playlist.
    Playlist,
    /// `manifest.json`: every object of every build that the playlist names. Not for viewers.
    Manifest,
}

impl std::fmt::Display for PresentationObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Playlist => PLAYLIST_NAME,
            Self::Manifest => MANIFEST_NAME,
        })
    }
}

/// The folder of a presentation's objects: below the film's folder in storage, or the root of a storage of its own
/// (`nang encode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresentationRoot {
    /// `films/<film>/presentations/<presentation>/`
    Film(FilmId, PresentationId),
    /// `films/<film>/<build>/`: the playlist of a build from before presentations existed.
    Legacy(FilmId, BuildId),
    /// The root of the storage.
    Top,
}

impl PresentationRoot {
    /// The key of one object of the presentation.
    pub fn key(&self, object: PresentationObject) -> Key {
        let folder = match self {
            Self::Film(film, _) | Self::Legacy(film, _) => film_prefix(*film),
            Self::Top => String::new(),
        };
        Key(format!("{folder}{}", self.path_in_film(object)))
    }

    /// The path of one object within the film's folder.
    pub fn path_in_film(&self, object: PresentationObject) -> String {
        match self {
            Self::Film(_, presentation) => format!("{PRESENTATIONS}/{presentation}/{object}"),
            Self::Legacy(_, build) => format!("{build}/{object}"),
            Self::Top => object.to_string(),
        }
    }
}
