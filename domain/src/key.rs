//! Keys of stored objects, their content types and cache rules. No other module formats a storage path.
//!
//! A key is a relative path with `/`. A function in this module has built or checked every part of it, so no key can
//! point outside the storage root.

use serde::{Deserialize, Serialize};

use crate::id::{BuildId, FileId, FilmId, ImageId};

/// The path of one object in storage.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

/// The text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a storage key")]
pub struct InvalidKey;

impl Key {
    /// Parses a key from a client or a storage back end: non-empty parts of `[a-z0-9._-]` that do not start with a dot,
    /// joined by single `/`, at most 512 bytes in total.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        let good_part = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
        };
        if text.len() <= 512 && text.split('/').all(good_part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidKey)
        }
    }

    /// The key of an uploaded master.
    pub fn master(file: FileId) -> Self {
        Self(format!("{MASTERS_PREFIX}{file}"))
    }

    /// The file id, if this is the key of a master.
    pub fn as_master(&self) -> Option<FileId> {
        self.0.strip_prefix(MASTERS_PREFIX)?.parse().ok()
    }

    /// The key of an uploaded image. Its metadata may reveal where it was taken and by which person, so it is never served.
    pub fn image_upload(image: ImageId) -> Self {
        Self(format!("{}upload", image_prefix(image)))
    }

    /// The key of an image as pages show it, at one of its widths in pixels.
    pub fn image(image: ImageId, width: u32) -> Self {
        Self(format!("{}{width}.jpg", image_prefix(image)))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `Content-Type` by extension (RFC 8216 §4 for playlists; RFC 6381 and ISO/IEC 23000-19 for CMAF).
    pub fn content_type(&self) -> &'static str {
        match self.0.rsplit_once('.').map(|(_, extension)| extension) {
            Some("m3u8") => "application/vnd.apple.mpegurl",
            Some("m4s" | "mp4") => "video/mp4",
            Some("json") => "application/json",
            Some("vtt") => "text/vtt; charset=utf-8",
            Some("jpg") => "image/jpeg",
            _ => "application/octet-stream",
        }
    }

    /// `Cache-Control`. Published objects are never overwritten, so caches may keep every object of a build for ever. The
    /// token in the path, not the cache, controls access.
    pub fn cache_control(&self) -> &'static str {
        "public, max-age=31536000, immutable"
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The folder of a rendition within its build: 1 to 32 characters of `[a-z0-9-]`. The planner never uses `storyboard`,
/// which is the folder of the storyboard.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RenditionName(String);

impl RenditionName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RenditionName {
    type Error = InvalidKey;

    fn try_from(text: String) -> Result<Self, InvalidKey> {
        let good = (1..=32).contains(&text.len())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if good { Ok(Self(text)) } else { Err(InvalidKey) }
    }
}

impl From<RenditionName> for String {
    fn from(name: RenditionName) -> Self {
        name.0
    }
}

impl std::fmt::Display for RenditionName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The path of an object relative to its build's folder. Playlists refer to other objects only by these paths.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BuildObject<'a> {
    /// `main.m3u8`
    Multivariant,
    /// `manifest.json`
    Manifest,
    /// `<rendition>/index.m3u8`
    MediaPlaylist(&'a RenditionName),
    /// `<rendition>/iframes.m3u8`
    IFramePlaylist(&'a RenditionName),
    /// `<rendition>/init.mp4`
    Init(&'a RenditionName),
    /// `<rendition>/00001.m4s`, numbered from 1
    Segment(&'a RenditionName, u32),
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
            Self::Multivariant => f.write_str("main.m3u8"),
            Self::Manifest => f.write_str("manifest.json"),
            Self::MediaPlaylist(rendition) => write!(f, "{rendition}/index.m3u8"),
            Self::IFramePlaylist(rendition) => write!(f, "{rendition}/iframes.m3u8"),
            Self::Init(rendition) => write!(f, "{rendition}/init.mp4"),
            Self::Segment(rendition, number) => write!(f, "{rendition}/{number:05}.m4s"),
            Self::StoryboardIndex => f.write_str("storyboard/index.vtt"),
            Self::StoryboardSheet(number) => write!(f, "storyboard/{number:05}.jpg"),
        }
    }
}

/// The folder of a build's objects: below the film's folder in storage, or the root of a storage of its own (`nang encode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildRoot {
    /// `films/<film>/<build>/`
    Film(FilmId, BuildId),
    /// The root of the storage.
    Top,
}

impl BuildRoot {
    /// The key of one object of the build.
    pub fn key(&self, object: &BuildObject<'_>) -> Key {
        Key(format!("{}{object}", self.prefix()))
    }

    /// The key of an object from its path within the build, as the manifest lists it.
    pub fn at(&self, path: &str) -> Result<Key, InvalidKey> {
        Key::parse(&format!("{}{path}", self.prefix()))
    }

    /// The prefix of all keys of the build.
    pub fn prefix(&self) -> String {
        match self {
            Self::Film(film, build) => format!("films/{film}/{build}/"),
            Self::Top => String::new(),
        }
    }
}

/// The prefix of all keys of masters.
pub const MASTERS_PREFIX: &str = "masters/";

/// The prefix of all keys of a film's builds.
pub fn film_prefix(film: FilmId) -> String {
    format!("films/{film}/")
}

/// The prefix of all keys of an image.
pub fn image_prefix(image: ImageId) -> String {
    format!("images/{image}/")
}

#[cfg(test)]
mod tests {
    use super::{BuildObject, BuildRoot, Key, RenditionName};

    #[test]
    fn keys_have_the_documented_paths() {
        let film = "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f".parse().unwrap();
        let build = "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e60".parse().unwrap();
        let root = BuildRoot::Film(film, build);
        let rendition = RenditionName::try_from("v1080".to_owned()).unwrap();
        for (object, path) in [
            (BuildObject::Multivariant, "main.m3u8"),
            (BuildObject::Manifest, "manifest.json"),
            (BuildObject::MediaPlaylist(&rendition), "v1080/index.m3u8"),
            (BuildObject::IFramePlaylist(&rendition), "v1080/iframes.m3u8"),
            (BuildObject::Init(&rendition), "v1080/init.mp4"),
            (BuildObject::Segment(&rendition, 7), "v1080/00007.m4s"),
            (BuildObject::Segment(&rendition, 123_456), "v1080/123456.m4s"),
            (BuildObject::StoryboardIndex, "storyboard/index.vtt"),
            (BuildObject::StoryboardSheet(7), "storyboard/00007.jpg"),
        ] {
            let key = root.key(&object);
            assert_eq!(key.as_str(), format!("films/{film}/{build}/{path}"));
            assert_eq!(Key::parse(key.as_str()), Ok(key));
            assert_eq!(BuildRoot::Top.key(&object).as_str(), path);
        }
    }

    #[test]
    fn an_image_is_jpeg_and_its_upload_has_no_image_type() {
        let image = "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f".parse().unwrap();
        let (small, upload) = (Key::image(image, 240), Key::image_upload(image));
        assert_eq!(small.as_str(), format!("images/{image}/240.jpg"));
        assert_eq!(small.content_type(), "image/jpeg");
        assert_eq!(upload.as_str(), format!("images/{image}/upload"));
        assert_eq!(upload.content_type(), "application/octet-stream");
        assert!([small, upload].iter().all(|key| Key::parse(key.as_str()).as_ref() == Ok(key)));
    }

    #[test]
    fn keys_outside_the_storage_root_are_rejected() {
        for text in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            "a/.",
            "a/.hidden",
            "a\\b",
            "a\0b",
            "A/b",
            "a b",
            "films/%2e%2e/x",
            "ຮູບ",
        ] {
            assert!(Key::parse(text).is_err(), "{text:?}");
        }
        assert!(Key::parse(&"a".repeat(513)).is_err());
    }
}
