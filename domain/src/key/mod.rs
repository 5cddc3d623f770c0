//! Keys of stored objects, their content types and cache rules. No other module formats a storage path.
//!
//! A key is a relative path with `/`. A function in this module has built or checked every part of it, so no key can
//! point outside the storage root.

mod build;
mod presentation;
mod rendition_name;

pub use build::{BuildObject, BuildRoot};
pub use presentation::{PresentationObject, PresentationRoot};
pub use rendition_name::RenditionName;

use self::{
    build::BUILDS,
    presentation::{PLAYLIST_NAME, PRESENTATIONS},
};

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

    /// The key of an image as JPEG, which everything can show, at one of its widths in pixels.
    pub fn image(image: ImageId, width: u32) -> Self {
        Self(format!("{}{width}.jpg", image_prefix(image)))
    }

    /// The key of an image as WebP, which is smaller, at one of its widths in pixels.
    pub fn image_webp(image: ImageId, width: u32) -> Self {
        Self(format!("{}{width}.webp", image_prefix(image)))
    }

    /// The key of an object that a playback token for the film may read, from its path within the film's folder: playlists,
    /// init sections, segments and thumbnails of every presentation and build of the film, but no manifest and no build
    /// record, which name the master's hash and the tools.
    pub fn for_viewer(film: FilmId, path: &str) -> Result<Self, InvalidKey> {
        let parts: Vec<&str> = path.split('/').collect();
        let is_id = |part: &str| part.parse::<BuildId>().is_ok();
        let is_served = match parts[..] {
            // The last two are in a build from before presentations existed.
            [PRESENTATIONS, id, PLAYLIST_NAME] | [BUILDS, id, _, _] | [id, PLAYLIST_NAME] | [id, _, _] => {
                is_id(id)
            }
            _ => false,
        };
        if is_served { Self::parse(&format!("{}{path}", film_prefix(film))) } else { Err(InvalidKey) }
    }

    /// The key of the list of playback tokens that are no longer valid. It is the only object that is overwritten.
    pub fn revocations() -> Self {
        Self("playback/revocations".to_owned())
    }

    /// The key of the segment after this one; `None` if this is not the key of a segment.
    pub fn next_segment(&self) -> Option<Self> {
        let (folder, name) = self.0.rsplit_once('/')?;
        let (number, extension) = name.split_once('.')?;
        let is_segment =
            matches!(extension, "m4s" | "vtt") && number.bytes().all(|digit| digit.is_ascii_digit());
        let next = number.parse::<u32>().ok().filter(|_| is_segment)?.checked_add(1)?;
        Some(Self(format!("{folder}/{next:0width$}.{extension}", width = number.len())))
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
            Some("webp") => "image/webp",
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

/// The prefix of all keys of films.
pub const FILMS_PREFIX: &str = "films/";

/// The prefix of all keys of images.
pub const IMAGES_PREFIX: &str = "images/";

/// The prefix of all keys of masters.
pub const MASTERS_PREFIX: &str = "masters/";

/// The prefix of all keys of a film's builds and presentations.
pub fn film_prefix(film: FilmId) -> String {
    format!("{FILMS_PREFIX}{film}/")
}

/// The prefix of all keys of an image.
pub fn image_prefix(image: ImageId) -> String {
    format!("{IMAGES_PREFIX}{image}/")
}

#[cfg(test)]
mod tests {
    use super::{
        BuildObject, BuildRoot, InvalidKey, Key, PresentationObject, PresentationRoot, RenditionName,
    };

    const FILM: &str = "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f";
    const ID: &str = "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e60";

    #[test]
    fn the_next_segment_follows_from_the_name() {
        for (key, expected) in [
            ("films/a/v1080/00001.m4s", Some("films/a/v1080/00002.m4s")),
            ("films/a/v1080/00009.vtt", Some("films/a/v1080/00010.vtt")),
            ("films/a/v1080/99999.m4s", Some("films/a/v1080/100000.m4s")),
            ("films/a/v1080/init.mp4", None),
            ("films/a/storyboard/00001.jpg", None),
            ("films/a/v1080/index.m3u8", None),
            ("00001.m4s", None),
            ("films/a/4294967295.m4s", None),
        ] {
            let next = Key::parse(key).unwrap().next_segment();
            assert_eq!(next.as_ref().map(Key::as_str), expected, "{key}");
        }
    }

    #[test]
    fn keys_of_builds_have_the_documented_paths() {
        let (film, build) = (FILM.parse().unwrap(), ID.parse().unwrap());
        let rendition = RenditionName::try_from("v1080".to_owned()).unwrap();
        for (object, path) in [
            (BuildObject::Record, "build.json"),
            (BuildObject::MediaPlaylist(&rendition), "v1080/index.m3u8"),
            (BuildObject::IFramePlaylist(&rendition), "v1080/iframes.m3u8"),
            (BuildObject::Init(&rendition), "v1080/init.mp4"),
            (BuildObject::Segment(&rendition, 7), "v1080/00007.m4s"),
            (BuildObject::Segment(&rendition, 123_456), "v1080/123456.m4s"),
            (BuildObject::SubtitleSegment(&rendition, 7), "v1080/00007.vtt"),
            (BuildObject::SubtitleText(&rendition), "v1080/subtitles.vtt"),
            (BuildObject::StoryboardIndex, "storyboard/index.vtt"),
            (BuildObject::StoryboardSheet(7), "storyboard/00007.jpg"),
        ] {
            for (root, folder) in [
                (BuildRoot::Film(film, build), format!("films/{FILM}/builds/{ID}/")),
                (BuildRoot::Legacy(film, build), format!("films/{FILM}/{ID}/")),
                (BuildRoot::Top, String::new()),
                (BuildRoot::TopSubtitles(2), "subtitles-2/".to_owned()),
            ] {
                let key = root.key(&object);
                assert_eq!(key.as_str(), format!("{folder}{path}"));
                assert_eq!(Key::parse(key.as_str()), Ok(key.clone()));
                assert_eq!(root.at(path), Ok(key));
            }
        }
    }

    #[test]
    fn a_presentation_reaches_builds_by_relative_uris() {
        let film = FILM.parse().unwrap();
        for (presentation, build, playlist, uri) in [
            (
                PresentationRoot::Film(film, ID.parse().unwrap()),
                BuildRoot::Film(film, ID.parse().unwrap()),
                format!("films/{FILM}/presentations/{ID}/main.m3u8"),
                format!("../../builds/{ID}/"),
            ),
            (
                PresentationRoot::Legacy(film, ID.parse().unwrap()),
                BuildRoot::Legacy(film, ID.parse().unwrap()),
                format!("films/{FILM}/{ID}/main.m3u8"),
                format!("../../{ID}/"),
            ),
            (PresentationRoot::Top, BuildRoot::Top, "main.m3u8".to_owned(), String::new()),
            (
                PresentationRoot::Top,
                BuildRoot::TopSubtitles(1),
                "main.m3u8".to_owned(),
                "subtitles-1/".to_owned(),
            ),
        ] {
            assert_eq!(presentation.key(PresentationObject::Playlist).as_str(), playlist);
            assert_eq!(build.uri_from_presentation(), uri);
        }
    }

    #[test]
    fn viewers_read_media_and_playlists_only() {
        let film = FILM.parse().unwrap();
        for path in [
            format!("presentations/{ID}/main.m3u8"),
            format!("builds/{ID}/v1080/index.m3u8"),
            format!("builds/{ID}/s1/00001.vtt"),
            format!("builds/{ID}/storyboard/index.vtt"),
            format!("{ID}/main.m3u8"),
            format!("{ID}/v1080/00001.m4s"),
        ] {
            assert_eq!(Key::for_viewer(film, &path).unwrap().as_str(), format!("films/{FILM}/{path}"));
        }
        for path in [
            String::new(),
            "main.m3u8".to_owned(),
            format!("presentations/{ID}/manifest.json"),
            format!("presentations/{ID}/main.m3u8/x"),
            "presentations/main.m3u8".to_owned(),
            format!("builds/{ID}/build.json"),
            format!("builds/{ID}/"),
            "builds/x/v1080/index.m3u8".to_owned(),
            format!("builds/{ID}/../index.m3u8"),
            format!("builds/{ID}/v1080/../build.json"),
            format!("builds/{ID}//build.json"),
            format!("{ID}/manifest.json"),
            format!("{ID}/../manifest.json"),
            format!("{ID}/v1080/.hidden"),
            format!("../{FILM}/{ID}/main.m3u8"),
            format!("/{ID}/main.m3u8"),
        ] {
            assert_eq!(Key::for_viewer(film, &path), Err(InvalidKey), "{path}");
        }
    }

    #[test]
    fn an_image_is_jpeg_or_webp_and_its_upload_has_no_image_type() {
        let image = "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f".parse().unwrap();
        let (small, webp, upload) =
            (Key::image(image, 240), Key::image_webp(image, 240), Key::image_upload(image));
        assert_eq!(small.as_str(), format!("images/{image}/240.jpg"));
        assert_eq!(small.content_type(), "image/jpeg");
        assert_eq!(webp.as_str(), format!("images/{image}/240.webp"));
        assert_eq!(webp.content_type(), "image/webp");
        assert_eq!(upload.as_str(), format!("images/{image}/upload"));
        assert_eq!(upload.content_type(), "application/octet-stream");
        assert!([small, webp, upload].iter().all(|key| Key::parse(key.as_str()).as_ref() == Ok(key)));
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
