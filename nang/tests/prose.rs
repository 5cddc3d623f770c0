//! One word for one thing, as a test: words that this project replaces by others, in code, comments, SQL, documents and the API's
//! description.
//!
//! Single words are also found inside names (`make_anew`, `LoginsRow`), so that code and texts use the same words.
#![allow(clippy::unwrap_used)]

use std::{fmt::Write as _, path::Path, process::Command};

/// Each word that is not used, and its replacement.
const WORDS: &[(&str, &str)] = &[
    ("somebody", "name the actor: the worker, the client, the caller, the viewer, an editor"),
    ("nobody", "name the actor, or say that there is no such actor"),
    ("anybody", "name the actor: any caller, any viewer"),
    ("everybody", "name the actor: all callers, all viewers"),
    ("whoever", "name the actor"),
    ("for who", "name the actor: for callers that …"),
    ("to who", "name the actor"),
    ("of who", "name the actor"),
    ("by who", "name the actor"),
    ("from who", "name the actor"),
    ("is none", "is absent, does not exist, is not one"),
    ("are none", "are absent, do not exist"),
    ("was none", "was absent, did not exist"),
    ("be none", "be absent, not exist"),
    ("that there is none", "ok if absent"),
    ("goes on", "continues, resumes"),
    ("go on", "continue, resume"),
    ("going on", "continuing, active"),
    ("anew", "again, newly; renew, rebuild"),
    ("meanwhile", "in the meantime, or say when"),
    ("for want of", "because … is missing"),
    ("in want of", "short of"),
    ("want of memory", "memory pressure, out of memory"),
    ("is told", "receives, is informed; or name the actor: the parent tells …"),
    ("are told", "receive, are informed"),
    ("was told", "received"),
    ("be told", "receive, be informed"),
    ("bury", "fail_expired_jobs, mark as dead"),
    ("buried", "failed, marked as dead"),
    ("mourn", "fail_build_of"),
    ("farewell", "exit timeout"),
    ("that lives", "active, running"),
    ("still lives", "is active, is still running"),
    ("that live", "active, running"),
    ("logins", "sessions"),
    ("a login", "a session"),
    ("the login", "the session"),
    ("this login", "this session"),
    ("each login", "each session"),
    ("viewing", "playback session"),
    ("viewings", "playback sessions"),
    ("took part", "person, cast member"),
    ("sound track", "audio track, audio rendition"),
    ("sound tracks", "audio tracks, audio renditions"),
    ("soundtrack", "audio track"),
    ("shelf", "category"),
    ("shelves", "categories"),
    ("room", "disk space, free space"),
    ("leave given", "expiry of a playback token"),
    ("cage", "sandbox"),
    ("caged", "sandboxed"),
    ("picture", "frame (of video), image (poster, still), thumbnail (seek bar)"),
    ("pictures", "frames, images, thumbnails"),
    ("puts aside", "adds to the watchlist"),
    ("put aside", "in the watchlist"),
    ("made up for", "repaired, done"),
    ("heard of", "last reported"),
];

/// Exceptions: the word, a text on the same line, and the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("nobody", "NOBODY", "the account of that name"),
    ("nobody", "\"nobody\"", "the account of that name"),
    ("nobody", "`nobody`", "the account of that name"),
    ("picture", "picture parameter", "H.264's term (PPS)"),
    ("picture", "picture type", "FFmpeg's term (AVPictureType)"),
    ("picture", "picture::", "ffmpeg-next's module"),
    ("picture", "picture-in-picture", "the name of a browser feature"),
    ("picture", "ictureInPicture", "the same"),
    ("picture", "icture in picture", "the same"),
    ("picture", "MainPicture", "SMPTE's element"),
    ("picture", "MainStereoscopicPicture", "the same"),
    ("picture", "attached picture", "FFmpeg's term for a cover image"),
    ("pictures", "attached pictures", "FFmpeg's term for cover images"),
    ("is none", "is None", "Python's null"),
    ("picture", "first_picture_bytes", "the stored name of a manifest's field"),
];

/// Terms: a word that has one meaning of its own in these files and folders.
const TERMS: &[(&[&str], &[&str], &str)] = &[
    (
        &["picture", "pictures"],
        &[
            "ARCHITECTURE.md",
            "CHANGELOG.md",
            "api/tests/it/pipeline.rs",
            "db/src/rows/rendition.rs",
            "db/tests/postgres/",
            "domain/src/plan/",
            "domain/src/planner/",
            "domain/src/publish/mod.rs",
            "domain/tests/planner.rs",
            "domain/tests/publish.rs",
            "tests/bench/encode",
            "transcoder/media/src/ffmpeg/fit.rs",
            "transcoder/media/src/ffmpeg/pipeline.rs",
            "transcoder/media/src/ffmpeg/rung.rs",
            "transcoder/media/src/ffmpeg/scale.rs",
            "transcoder/media/src/ffmpeg/select.rs",
            "transcoder/media/src/ffmpeg/video_encoder.rs",
            "transcoder/media/tests/",
            "transcoder/worker/src/report.rs",
        ],
        "a size of a plan, which one or more encodes share",
    ),
    (
        &["viewing"],
        &[
            "CHANGELOG.md",
            "README.md",
            "clients/web/src/",
            "docs/src/editors/",
            "tests/browser/desk.test.mjs",
            "tests/browser/film-tabs.test.mjs",
        ],
        "in figures, rights and preferences, which are not of one playback session",
    ),
    (
        &["shelf", "shelves"],
        &["clients/web/src/", "docs/src/editors/", "tests/browser/", "nang/src/pages/mod.rs"],
        "what pages call a category, in texts and addresses",
    ),
];

/// Whether a word is a term in this file.
fn is_term(word: &str, name: &str) -> bool {
    TERMS
        .iter()
        .any(|(words, places, _)| words.contains(&word) && places.iter().any(|place| name.starts_with(place)))
}

/// Files with texts of others, with this list, or without text.
const QUOTES: &[&str] = &[
    "nang/tests/prose.rs",
    "LICENSE",
    "Cargo.lock",
    "clients/pnpm-lock.yaml",
    "tests/upgrade/before-presentations.tar.gz",
    "tools/demo/films.toml",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Whether a file cannot change: generated files, and migrations of earlier versions (databases hold their checksums).
fn is_fixed(name: &str) -> bool {
    name.starts_with(".sqlx/")
        || Path::new(name).extension().is_some_and(|extension| extension == "snap")
        || name.contains("/generated")
        || name.strip_prefix("migrations/").is_some_and(|name| name < "0024")
}

/// Paths from the root of all committed texts that people read.
fn texts() -> Vec<String> {
    let patterns = [
        "*.rs", "*.sql", "*.md", "*.toml", "*.ts", "*.tsx", "*.mjs", "*.json", "*.conf", "scripts", "tests",
        ".ci", "Makefile",
    ];
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "--"])
        .args(patterns)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    let found: Vec<_> = names
        .lines()
        .filter(|name| !QUOTES.contains(name) && !is_fixed(name) && root().join(name).is_file())
        .map(str::to_owned)
        .collect();
    assert!(found.len() > 200, "only {} texts found", found.len());
    found
}

/// Returns a line's words in lower case, with a space before, between and after them. `names` splits `CamelCase` and `snake_case`
/// names into their words.
fn words(line: &str, names: bool) -> String {
    let mut words = String::from(" ");
    let mut before = ' ';
    for c in line.chars() {
        if !c.is_alphanumeric() && (names || c != '_') {
            if !words.ends_with(' ') {
                words.push(' ');
            }
        } else {
            if names && c.is_uppercase() && before.is_lowercase() {
                words.push(' ');
            }
            words.extend(c.to_lowercase());
        }
        before = c;
    }
    words.push(' ');
    words
}

/// Returns the first listed word in a line, apart from exceptions.
fn wrong_word(line: &str) -> Option<&'static (&'static str, &'static str)> {
    let (prose, names) = (words(line, false), words(line, true));
    WORDS.iter().find(|(word, _)| {
        // `is_none` is Rust's, so phrases are looked for in sentences alone.
        let text = if word.contains(' ') { &prose } else { &names };
        text.contains(&format!(" {word} "))
            && !EXCEPTIONS.iter().any(|(allowed, beside, _)| allowed == word && line.contains(beside))
    })
}

#[test]
fn a_listed_word_is_found_in_every_form() {
    for line in [
        "// Nobody waits.",
        "fn make_anew()",
        "struct LoginsRow;",
        "-- a sound track",
        "\"That there is none\"",
    ] {
        assert!(wrong_word(line).is_some(), "not found: {line}");
    }
    for line in ["const NOBODY: u32 = 65_534;", "// the anewest", "POST /auth/login", "value.is_none()"] {
        assert_eq!(wrong_word(line), None, "{line}");
    }
}

#[test]
fn one_word_for_one_thing() {
    let mut found = String::new();
    let mut lines = 0;
    for name in texts() {
        let text = std::fs::read_to_string(root().join(&name)).unwrap();
        for (number, line) in text.lines().enumerate() {
            if let Some((word, instead)) = wrong_word(line)
                && !is_term(word, &name)
            {
                lines += 1;
                writeln!(found, "{name}:{}: \"{word}\" (say: {instead})", number + 1).unwrap();
            }
        }
    }
    assert!(lines == 0, "{found}{lines} lines use words that this project replaces");
}
