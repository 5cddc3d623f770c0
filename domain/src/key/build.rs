//! The objects of a build.

use super::{InvalidKey, Key, RenditionName, film_prefix};
use crate::id::{BuildId, FilmId};

/// The folder of all builds within the film's folder.
pub(super) const BUILDS: &str = "builds";
/// The file name of a build record.
pub(super) const RECORD_NAME: &str = "build.json";

/// The path of an object relative to its build's folder. Playlists refer to other objects only by these paths.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BuildObject<'a> {
    /// `build.json`: the [build record](crate::build_record::BuildRecord). Not for viewers.
    Record,
    /// `<rendition>/index.m3u8`
    MediaPlaylist(&'a RenditionName),
    /// `<rendition>/iframes.m3u8`
    IFramePlaylist(&'a RenditionName),
    /// `<rendition>/init.mp4`
    Init(&'a RenditionName),
    /// `<rendition>/00001.m4s`, numbered from 1
    Segment(&'a RenditionName, u32),
    /// `<rendition>/00001.vtt`, numbered from 1
    SubtitleSegment(&'a RenditionName, u32),
    /// `<rendition>/subtitles.vtt`: all cues in one file. Editors correct and download it.
    SubtitleText(&'a RenditionName),
    /// `storyboard/index.vtt`
    StoryboardIndex,
    /// `storyboard/00001.jpg`, numbered from 1
    StoryboardSheet(u32),
}

impl BuildObject<'_> {
    /// The last part of the path, by which a playlist in the same folder refers to the object.
    pub fn file_name(&self) -> String {
        let path = self.to_string();
        path.rsplit_once('/').map_or(path.as_str(), |(_, name)| name).to_owned()
    }
}

impl std::fmt::Display for BuildObject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Record => f.write_str(RECORD_NAME),
            Self::MediaPlaylist(rendition) => write!(f, "{rendition}/index.m3u8"),
            Self::IFramePlaylist(rendition) => write!(f, "{rendition}/iframes.m3u8"),
            Self::Init(rendition) => write!(f, "{rendition}/init.mp4"),
            Self::Segment(rendition, number) => write!(f, "{rendition}/{number:05}.m4s"),
            Self::SubtitleSegment(rendition, number) => write!(f, "{rendition}/{number:05}.vtt"),
            Self::SubtitleText(rendition) => write!(f, "{rendition}/subtitles.vtt"),
            Self::StoryboardIndex => f.write_str("storyboard/index.vtt"),
            Self::StoryboardSheet(number) => write!(f, "storyboard/{number:05}.jpg"),
        }
    }
}

/// The folder of a build's objects: below the film's folder in storage, or in a storage of its own (`nang encode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BuildRoot {
    /// `films/<film>/builds/<build>/`
    Film(FilmId, BuildId),
    /// `films/<film>/<build>/`: a build from before presentations existed. It also contains its own multivariant playlist
    /// and manifest.
    Legacy(FilmId, BuildId),
    /// The root of the storage.
    Top,
    /// `subtitles-<number>/` in a storage of its own, numbered from 1: a subtitle file beside the film.
    TopSubtitles(u32),
}

impl BuildRoot {
    /// The key of one object of the build.
    pub fn key(&self, object: &BuildObject<'_>) -> Key {
        Key(format!("{}{object}", self.prefix()))
    }

    /// The key of an object from its path within the build, as the build record lists it.
    pub fn at(&self, path: &str) -> Result<Key, InvalidKey> {
        Key::parse(&format!("{}{path}", self.prefix()))
    }

    /// The prefix of all keys of the build.
    pub fn prefix(&self) -> String {
        match self {
            Self::Film(film, _) | Self::Legacy(film, _) => {
                format!("{}{}", film_prefix(*film), self.path_in_film())
            }
            Self::Top | Self::TopSubtitles(_) => self.path_in_film(),
        }
    }

    /// The path of the build's folder within the film's folder, with a slash at its end unless it is empty.
    pub fn path_in_film(&self) -> String {
        match self {
            Self::Film(_, build) => format!("{BUILDS}/{build}/"),
            Self::Legacy(_, build) => format!("{build}/"),
            Self::Top => String::new(),
            Self::TopSubtitles(number) => format!("subtitles-{number}/"),
        }
    }

    /// The URI of the build's folder relative to the folder of a presentation of the same film.
    pub fn uri_from_presentation(&self) -> String {
        match self {
            Self::Film(..) | Self::Legacy(..) => format!("../../{}", self.path_in_film()),
            Self::Top | Self::TopSubtitles(_) => self.path_in_film(),
        }
    }
}
