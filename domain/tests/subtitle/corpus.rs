//! Each file of `corpus/` has a file `<name>.expected` beside it. Its first line has the options of the reader; the rest is what the
//! reader says, and the canonical WebVTT. With `UPDATE_CORPUS=1`, the test writes all lines after the first again; the differences
//! are then reviewed in git.

use std::{fmt::Write as _, fs, path::Path};

use domain::{
    language::Language,
    subtitle::{ReadOptions, Subtitle, read, read_text, write_srt, write_webvtt},
};

const MIN_FILES: usize = 70;

/// The options in the first line: `options: language=lo film_ms=60000 encoding=windows-874`.
struct Options {
    language: Option<Language>,
    film_ms: Option<u64>,
    encoding: Option<String>,
}

impl Options {
    fn parse(line: &str) -> Self {
        let mut options = Self { language: None, film_ms: None, encoding: None };
        for word in line.strip_prefix("options:").unwrap().split_whitespace() {
            match word.split_once('=').unwrap() {
                ("language", tag) => options.language = Some(Language::normalize(tag).unwrap()),
                ("film_ms", ms) => options.film_ms = Some(ms.parse().unwrap()),
                ("encoding", label) => options.encoding = Some(label.to_owned()),
                (name, _) => panic!("option {name}"),
            }
        }
        options
    }

    fn read(&self) -> ReadOptions<'_> {
        ReadOptions {
            encoding: self.encoding.as_deref(),
            language: self.language.as_ref(),
            film_ms: self.film_ms,
        }
    }
}

/// What the reader says about a file.
fn describe(file: &[u8], options: &ReadOptions<'_>) -> String {
    let subtitle = match read(file, options) {
        Ok(subtitle) => subtitle,
        Err(refusal) => return format!("refused:\n{refusal}\n"),
    };
    check_round_trips(&subtitle);
    let mut text = format!(
        "format: {}\nencoding: {} {:?}\n",
        subtitle.format.as_str(),
        subtitle.encoding,
        subtitle.certainty
    );
    for warning in &subtitle.warnings.first {
        writeln!(text, "warning: {warning}").unwrap();
    }
    text + &write_webvtt(&subtitle.cues)
}

/// Reading what was written gives the same cues; `SubRip` keeps at least the times and the words.
fn check_round_trips(subtitle: &Subtitle) {
    let options = ReadOptions::default();
    let again = read_text(&write_webvtt(&subtitle.cues), &options).unwrap();
    assert_eq!(again.cues, subtitle.cues);
    let flat = |cues: &[domain::subtitle::Cue]| {
        let has_ruby =
            |cue: &&domain::subtitle::Cue| cue.text.lines().iter().flatten().all(|span| span.ruby.is_none());
        let flat = cues.iter().filter(has_ruby).map(|cue| (cue.start_ms, cue.end_ms, cue.text.to_plain()));
        flat.collect::<Vec<_>>()
    };
    let written = write_srt(&subtitle.cues);
    if !subtitle.cues.is_empty() && flat(&subtitle.cues).len() == subtitle.cues.len() {
        let again = read_text(&written, &options).unwrap();
        let (mut before, mut after) = (flat(&subtitle.cues), flat(&again.cues));
        before.sort();
        before.dedup();
        after.sort();
        after.dedup();
        assert_eq!(before, after, "{written}");
    }
}

#[test]
fn each_file_of_the_corpus_is_read_as_expected() {
    let update = std::env::var_os("UPDATE_CORPUS").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/subtitle/corpus");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut differences = String::new();
    let mut files = 0;
    for name in names.iter().filter(|name| !name.ends_with(".expected") && !name.starts_with('.')) {
        files += 1;
        let file = fs::read(folder.join(name)).unwrap();
        let expected_path = folder.join(format!("{name}.expected"));
        let Ok(expected) = fs::read_to_string(&expected_path) else {
            writeln!(differences, "{name} has no file {name}.expected").unwrap();
            continue;
        };
        let (first, rest) = expected.split_once('\n').unwrap();
        let found = describe(&file, &Options::parse(first).read());
        if update {
            fs::write(&expected_path, format!("{first}\n{found}")).unwrap();
        } else if found != rest {
            writeln!(differences, "{name} differs. Expected:\n{rest}\nFound:\n{found}").unwrap();
        }
    }
    assert!(differences.is_empty(), "{differences}");
    assert!(files >= MIN_FILES, "only {files} files");
}
