//! Subtitle files that a command line names as `LANGUAGE=FILE`. They are read before anything is uploaded or encoded.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use bytes::Bytes;
use domain::{
    hex,
    language::Language,
    subtitle::{Certainty, ReadOptions, Refusal, Subtitle, read},
};
use sha2::{Digest, Sha256};

/// How many characters of a text show in which encoding it was read.
const PREVIEW_CHARS: usize = 60;

/// `LANGUAGE=FILE`
#[derive(Clone, Debug)]
pub(crate) struct SubtitleArg {
    language: Language,
    path: PathBuf,
}

impl FromStr for SubtitleArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (language, path) = text
            .split_once('=')
            .filter(|(_, path)| !path.is_empty())
            .ok_or_else(|| "write the language and the file, as in lo=film.lo.srt".to_owned())?;
        let language = Language::normalize(language)
            .ok_or_else(|| format!("{language:?} is not a language tag such as lo or en"))?;
        Ok(Self { language, path: path.into() })
    }
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SubtitleFileError {
    #[error("cannot read {}: {source}", .path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{} cannot be used: {refusal}", .path.display())]
    Refused { path: PathBuf, refusal: Refusal },
    #[error("{} has no cues", .path.display())]
    NoCues { path: PathBuf },
    #[error(
        "{} does not say its encoding, which seems to be {encoding}; then it begins “{preview}”. If that is right, add \
         --subtitle-encoding {encoding}; otherwise name another encoding, or save the file as UTF-8", .path.display()
    )]
    Guessed { path: PathBuf, encoding: &'static str, preview: String },
}

/// A subtitle file that can be used.
#[derive(Debug)]
pub(crate) struct SubtitleFile {
    pub(crate) path: PathBuf,
    pub(crate) language: Language,
    pub(crate) bytes: Bytes,
    /// The encoding that the user chose, if the file does not say its own.
    pub(crate) encoding: Option<String>,
}

impl SubtitleFile {
    /// Reads a file. `encoding` is used only if the file does not say its encoding.
    pub(crate) fn open(arg: &SubtitleArg, encoding: Option<&str>) -> Result<Self, SubtitleFileError> {
        let SubtitleArg { language, path } = arg.clone();
        let bytes =
            std::fs::read(&path).map_err(|source| SubtitleFileError::Read { path: path.clone(), source })?;
        let mut file = Self { path, language, bytes: bytes.into(), encoding: None };
        let without_label = file.read(None);
        match (without_label, encoding) {
            (Ok(found), _) if found.certainty == Certainty::Certain => file.check(&found)?,
            (_, Some(label)) => {
                file.encoding = Some(label.to_owned());
                file.check(&file.read(None)?)?;
            }
            (Ok(guessed), None) => {
                let preview = guessed.cues.first().map(|cue| cue.text.to_plain()).unwrap_or_default();
                return Err(SubtitleFileError::Guessed {
                    path: file.path,
                    encoding: guessed.encoding,
                    preview: preview.replace('\n', " ").chars().take(PREVIEW_CHARS).collect(),
                });
            }
            (Err(error), None) => return Err(error),
        }
        Ok(file)
    }

    /// Reads the cues, for a film of this duration if it is known.
    pub(crate) fn read(&self, film_ms: Option<u64>) -> Result<Subtitle, SubtitleFileError> {
        let options =
            ReadOptions { encoding: self.encoding.as_deref(), language: Some(&self.language), film_ms };
        let refused = |refusal| SubtitleFileError::Refused { path: self.path.clone(), refusal };
        read(&self.bytes, &options).map_err(refused)
    }

    /// Like [`SubtitleFile::read`], and an error if no cue is within the film.
    pub(crate) fn read_for_film(&self, film_ms: u64) -> Result<Subtitle, SubtitleFileError> {
        let read = self.read(Some(film_ms))?;
        self.check(&read)?;
        Ok(read)
    }

    fn check(&self, read: &Subtitle) -> Result<(), SubtitleFileError> {
        if read.cues.is_empty() {
            return Err(SubtitleFileError::NoCues { path: self.path.clone() });
        }
        Ok(())
    }

    /// The file's name, for display.
    pub(crate) fn name(&self) -> String {
        self.path.file_name().unwrap_or(Path::new("subtitles").as_os_str()).to_string_lossy().into_owned()
    }

    /// SHA-256 of the file, 64 lower-case hexadecimal digits.
    pub(crate) fn sha256(&self) -> String {
        hex::encode(&Sha256::digest(&self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::{SubtitleArg, SubtitleFile};

    fn open(bytes: &[u8], encoding: Option<&str>) -> Result<SubtitleFile, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.th.srt");
        std::fs::write(&path, bytes).unwrap();
        let arg: SubtitleArg = format!("th={}", path.display()).parse().unwrap();
        let folder = format!("{}/", folder.path().display());
        SubtitleFile::open(&arg, encoding).map_err(|error| error.to_string().replace(&folder, ""))
    }

    #[test]
    fn an_argument_names_a_language_and_a_file() {
        let arg: SubtitleArg = "lao=a=b.srt".parse().unwrap();
        assert_eq!((arg.language.tag(), arg.path.to_str()), ("lo", Some("a=b.srt")));
        for (text, error) in [
            ("film.srt", "write the language and the file, as in lo=film.lo.srt"),
            ("lo=", "write the language and the file, as in lo=film.lo.srt"),
            ("Lao language=film.srt", "\"Lao language\" is not a language tag such as lo or en"),
        ] {
            assert_eq!(text.parse::<SubtitleArg>().unwrap_err(), error);
        }
    }

    #[test]
    fn a_file_with_errors_is_refused_with_its_lines() {
        let error = open(b"1\n00:00:05,000 --> 00:00:02,000\nx\n", None).unwrap_err();
        assert_eq!(
            error,
            "film.th.srt cannot be used: line 2: the cue ends before it starts: correct its times"
        );
        assert_eq!(open(b" \n", None).unwrap_err(), "film.th.srt cannot be used: the file is empty");
        assert_eq!(open(b"WEBVTT\n\n", None).unwrap_err(), "film.th.srt has no cues");
        let absent = SubtitleFile::open(&"th=/nowhere/film.srt".parse().unwrap(), None).unwrap_err();
        assert!(absent.to_string().starts_with("cannot read /nowhere/film.srt: "), "{absent}");
    }

    #[test]
    fn a_guessed_encoding_is_named_and_a_chosen_one_is_only_used_where_it_is_needed() {
        // สวัสดีชาวโลก in windows-874.
        let letters = "สวัสดีชาวโลก วันนี้อากาศดีมาก".chars();
        let thai = letters
            .map(|c| if c == ' ' { b' ' } else { u8::try_from(u32::from(c) - 0x0e00 + 0xa0).unwrap() });
        let file: Vec<u8> = b"1\n00:00:01,000 --> 00:00:02,000\n".iter().copied().chain(thai).collect();
        let error = open(&file, None).unwrap_err();
        assert!(error.contains("seems to be windows-874; then it begins “สวัสดีชาวโลก วันนี้"), "{error}");
        assert!(error.contains("add --subtitle-encoding windows-874;"), "{error}");
        let chosen = open(&file, Some("tis-620")).unwrap();
        assert_eq!(chosen.encoding.as_deref(), Some("tis-620"));
        assert_eq!(chosen.read(None).unwrap().cues[0].text.to_plain(), "สวัสดีชาวโลก วันนี้อากาศดีมาก");
        let error = open(&file, Some("no-such")).unwrap_err();
        assert!(error.contains("\"no-such\" is not an encoding that Nang knows"), "{error}");
        let utf8 = "1\n00:00:01,000 --> 00:00:02,000\nสวัสดี\n";
        assert_eq!(open(utf8.as_bytes(), Some("windows-874")).unwrap().encoding, None);
    }
}
