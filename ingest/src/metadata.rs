//! `Upload-Metadata`: the client's description of the file. The file's name is text to show, never a path.

use std::collections::HashMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use db::film_file::{FilePurpose, FilmFile};
use domain::id::FilmId;

use crate::dub_metadata::{self, DubTarget};
use crate::error::IngestError;

/// Maximum length of a stored name, in characters. Common file systems allow 255 bytes.
const NAME_CHARACTERS: usize = 255;

/// The metadata that an upload must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// The file's name, safe to show.
    pub(crate) name: String,
    pub(crate) film: FilmId,
    /// The track that a dub is for; `None` for a master.
    pub(crate) dub: Option<DubTarget>,
}

impl Metadata {
    /// Parses `key base64,key base64,…` (tus 1.0, "Upload-Metadata"). Unknown keys are ignored.
    pub(crate) fn parse(header: &str) -> Result<Self, IngestError> {
        let mut values: HashMap<&str, String> = HashMap::new();
        for pair in header.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
            if !["filename", "film_id", "purpose"].contains(&key) && !dub_metadata::KEYS.contains(&key) {
                continue;
            }
            let text = BASE64_STANDARD
                .decode(value)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or(IngestError::Metadata("a value in it is not base64 of UTF-8 text"))?;
            if values.insert(key, text).is_some() {
                return Err(IngestError::Metadata("a key in it occurs twice"));
            }
        }
        let name = values.get("filename").map(|name| display_name(name)).filter(|name| !name.is_empty());
        let film = values.get("film_id").ok_or(IngestError::Metadata("it has no film_id"))?;
        Ok(Self {
            name: name.ok_or(IngestError::Metadata("it has no filename"))?,
            film: film.parse().map_err(|_| IngestError::Metadata("its film_id is not an id"))?,
            dub: dub_metadata::parse(&values)?,
        })
    }

    /// Renders the header of an upload, for HEAD.
    pub(crate) fn render(file: &FilmFile) -> String {
        let mut header = format!(
            "filename {},film_id {}",
            BASE64_STANDARD.encode(&file.name),
            BASE64_STANDARD.encode(file.film_id.to_string())
        );
        if file.purpose != FilePurpose::Master {
            header.push_str(",purpose ");
            header.push_str(&BASE64_STANDARD.encode(file.purpose.as_str()));
        }
        header
    }
}

/// Returns a name that is safe to show: without folders, control characters, and marks that change the direction of the text
/// (they make `film\u{202e}gpj.exe` look harmless). Joiners and zero-width spaces stay: Lao and other scripts use them.
fn display_name(name: &str) -> String {
    let changes_direction =
        |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    let last =
        name.rsplit(['/', '\\']).find(|part| !matches!(part.trim(), "" | "." | "..")).unwrap_or_default();
    let clean: String =
        last.chars().filter(|c| !c.is_control() && !changes_direction(*c)).take(NAME_CHARACTERS).collect();
    clean.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use proptest::prelude::*;

    use super::{Metadata, display_name};

    const FILM: &str = "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f";

    fn header(pairs: &[(&str, &str)]) -> String {
        let pairs = pairs.iter().map(|(key, value)| format!("{key} {}", BASE64_STANDARD.encode(value)));
        pairs.collect::<Vec<_>>().join(",")
    }

    #[test]
    fn names_are_kept_as_text_and_never_as_paths() {
        for (given, shown) in [
            ("film.mov", "film.mov"),
            ("ໜັງ ລາວ.mp4", "ໜັງ ລາວ.mp4"),
            ("a \"quoted\" 'name'.mkv", "a \"quoted\" 'name'.mkv"),
            ("two\nlines\r\n.mov", "twolines.mov"),
            ("../../etc/passwd", "passwd"),
            ("/srv/films/a.mov", "a.mov"),
            ("C:\\Users\\a\\film.avi", "film.avi"),
            ("folder/", "folder"),
            ("\u{202e}vom.mlif", "vom.mlif"),
            ("ພາ\u{200b}ສາ", "ພາ\u{200b}ສາ"),
            ("nul\0l", "null"),
            ("  spaced  ", "spaced"),
            ("///", ""),
            ("", ""),
            ("\n", ""),
        ] {
            assert_eq!(display_name(given), shown, "{given:?}");
        }
        assert_eq!(display_name(&"ໜ".repeat(1000)).chars().count(), 255);
    }

    #[test]
    fn both_keys_must_occur_once_and_be_readable() {
        let good = header(&[("filename", "a/b.mov"), ("filetype", "video/quicktime"), ("film_id", FILM)]);
        let metadata = Metadata::parse(&good).unwrap();
        assert_eq!((metadata.name.as_str(), metadata.film.to_string().as_str()), ("b.mov", FILM));
        for (bad, says) in [
            (String::new(), "no film_id"),
            (header(&[("film_id", FILM)]), "no filename"),
            (header(&[("film_id", FILM), ("filename", "..//")]), "no filename"),
            (header(&[("filename", "a")]), "no film_id"),
            (header(&[("filename", "a"), ("film_id", "1")]), "not an id"),
            (header(&[("filename", "a"), ("film_id", FILM), ("film_id", FILM)]), "twice"),
            (format!("filename $$$,film_id {}", BASE64_STANDARD.encode(FILM)), "not base64"),
            ("filename /w==".to_owned(), "UTF-8"),
        ] {
            let error = Metadata::parse(&bad).unwrap_err().to_string();
            assert!(error.contains(says), "{bad}: {error}");
        }
    }

    proptest! {
        #[test]
        fn every_header_is_parsed_or_refused(text in ".*") {
            let _ = Metadata::parse(&text);
            prop_assert!(!display_name(&text).contains(['/', '\\', '\n', '\0']));
        }
    }
}
