//! The architecture as tests: who may use whom, and what may be done where.
#![allow(clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// What cargo says of the workspace's members.
fn packages() -> Vec<serde_json::Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Each member of the workspace with its direct dependencies, build and test dependencies left out.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    packages()
        .iter()
        .map(|package| {
            let uses = package["dependencies"].as_array().unwrap().iter();
            let uses = uses.filter(|one| one["kind"].is_null()).map(|one| text(&one["name"])).collect();
            (text(&package["name"]), uses)
        })
        .collect()
}

#[test]
fn crates_use_only_whom_they_may() {
    let allowed = BTreeMap::from([
        ("domain", vec![]),
        ("db", vec!["domain"]),
        ("storage", vec!["domain"]),
        ("ingest", vec!["db", "storage", "domain"]),
        ("media", vec!["domain"]),
        ("worker", vec!["db", "storage", "domain"]),
        ("origin", vec!["storage", "domain"]),
        ("server", vec![]),
        ("api", vec!["ingest", "db", "storage", "domain"]),
        ("bench_data", vec!["db", "domain"]),
        ("tools", vec!["bench_data", "api", "db", "storage", "domain"]),
        ("nang", vec!["api", "origin", "server", "media", "worker", "ingest", "db", "storage", "domain"]),
    ]);
    let members = dependencies();
    assert_eq!(members.keys().map(String::as_str).collect::<Vec<_>>(), {
        let mut names: Vec<_> = allowed.keys().copied().collect();
        names.sort_unstable();
        names
    });
    for (name, uses) in &members {
        let ours: BTreeSet<_> =
            uses.iter().filter(|one| members.contains_key(*one)).map(String::as_str).collect();
        let may: BTreeSet<_> = allowed[name.as_str()].iter().copied().collect();
        assert!(
            ours.is_subset(&may),
            "{name} uses {:?}, which it may not",
            ours.difference(&may).collect::<Vec<_>>()
        );
    }
}

#[test]
fn each_outside_world_has_one_owner() {
    for (library, owner) in [
        ("sqlx", "db bench_data tools"),
        ("ffmpeg-next", "media"),
        ("aws-sdk-s3", "storage"),
        ("landlock", "media"),
        ("seccompiler", "media"),
        ("axum", "api ingest nang"),
    ] {
        for (name, uses) in dependencies() {
            if uses.contains(library) {
                assert!(owner.split(' ').any(|one| one == name), "{name} uses {library}, which is {owner}'s");
            }
        }
    }
    for pure in ["tokio", "futures-util", "tracing", "hyper"] {
        assert!(!dependencies()["domain"].contains(pure), "domain is pure and uses {pure}");
    }
}

/// Every Rust source file of the workspace, as (path from the root, text).
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    for package in packages() {
        walk(&Path::new(&text(&package["manifest_path"])).with_file_name("src"), &mut found);
    }
    assert!(found.len() > 50, "only {} source files found", found.len());
    let relative = |path: &Path| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    found.iter().map(|path| (relative(path), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn what_may_be_done_where() {
    for (text, place, why) in [
        ("env::var(", "nang/src/", "only nang reads the environment"),
        ("env::var_os(", "nang/src/", "only nang reads the environment"),
        ("query!(", "db/src/ tools/bench_data/src/", "SQL of the server is in db alone"),
        ("sqlx::query", "db/src/ tools/bench_data/src/", "SQL of the server is in db alone"),
        ("\"films/", "domain/src/", "domain::key alone formats storage paths"),
        ("\"masters/", "domain/src/", "domain::key alone formats storage paths"),
        ("\"images/{", "domain/src/", "domain::key alone formats storage paths"),
        ("immutable\"", "domain/src/", "domain::key alone formats cache headers"),
    ] {
        for (path, source) in sources() {
            let code = source.split("#[cfg(test)]").next().unwrap();
            let is_there = place.split(' ').any(|place| path.starts_with(place));
            assert!(!code.contains(text) || is_there, "{path} has {text:?}: {why}");
        }
    }
}

/// One rule about the inside of a crate: what the files of `folder` may use of their own crate. Paths are relative to the crate's
/// `src` and mean a file or everything below a folder; `""` is the crate's root file. Of `types_of`, only types, traits and constants
/// may be used, whose names begin with a capital letter. A folder ending in `/*` makes one rule for each file or folder in it.
/// What a file and its own folder use of each other is free.
struct Inside {
    folder: &'static str,
    may_use: &'static [&'static str],
    types_of: &'static [&'static str],
}

/// What `code` uses of its own crate, as paths from its root: `use` trees taken apart, and paths written where they are used.
fn paths_of(code: &str, module: &[&str]) -> Vec<Vec<String>> {
    /// Everything that a tree names; `rest` is what follows it.
    fn tree(text: &str, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
        let mut path = before.to_vec();
        let mut at = 0;
        loop {
            let word: String =
                text[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '*').collect();
            at += word.len();
            if !word.is_empty() {
                path.push(word);
            }
            if text[at..].starts_with("::{") {
                at += 3;
                while !text[at..].starts_with('}') {
                    at += tree(&text[at..], &path, found);
                    at += text[at..].chars().take_while(|c| *c == ',').count();
                }
                return at + 1;
            }
            if !text[at..].starts_with("::") {
                found.push(path);
                // An `as` was joined to the name by what it stands between.
                return at + text[at..].find([',', '}', ';', '(', ')', '<', '>']).unwrap_or(text.len() - at);
            }
            at += 2;
        }
    }
    let code: String =
        code.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join(" ");
    let code = code.replace(" as ", "@");
    let code: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let code = ["{ ", " }", ", "].iter().fold(code, |code, spaced| code.replace(spaced, spaced.trim()));
    let mut found = Vec::new();
    for (start, up) in [("crate::", None), ("super::", Some(1))] {
        for (at, _) in code.match_indices(start) {
            let is_path =
                !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$');
            if !is_path {
                continue;
            }
            let mut rest = &code[at + start.len()..];
            let mut up = up;
            while let (Some(levels), Some(further)) = (up, rest.strip_prefix("super::")) {
                (up, rest) = (Some(levels + 1), further);
            }
            let base = up.map_or(0, |levels| module.len().saturating_sub(levels));
            let base: Vec<String> = module[..base].iter().map(|&name| name.to_owned()).collect();
            if let Some(group) = rest.strip_prefix('{') {
                let mut at = 0;
                while !group[at..].starts_with('}') {
                    at += tree(&group[at..], &base, &mut found);
                    at += group[at..].chars().take_while(|c| *c == ',').count();
                }
            } else {
                tree(rest, &base, &mut found);
            }
        }
    }
    found
}

/// The file or folder that a path leads to, relative to `src`, and whether it ends in a name with a capital letter.
fn place_of(src: &Path, path: &[String]) -> (String, bool) {
    let is_type = path.iter().any(|name| name.starts_with(char::is_uppercase));
    let mut place = Vec::new();
    for name in path {
        place.push(name.as_str());
        let there = src.join(place.join("/"));
        if !there.is_dir() && !there.with_extension("rs").is_file() {
            place.pop();
            break;
        }
    }
    (place.join("/"), is_type)
}

/// Where a file breaks a rule: everything that it uses and may not.
fn broken(src: &Path, file: &str, code: &str, rules: &[Inside]) -> Vec<String> {
    let within = |place: &str, folder: &str| place == folder || place.starts_with(&format!("{folder}/"));
    let module: Vec<&str> = file.trim_end_matches(".rs").split('/').filter(|&name| name != "mod").collect();
    let here = module.join("/");
    let mut found = Vec::new();
    for rule in rules {
        let unit = match rule.folder.strip_suffix("/*") {
            Some(folder) if within(&here, folder) && here != folder => {
                let below = &here[folder.len() + 1..];
                format!("{folder}/{}", below.split('/').next().unwrap())
            }
            None if within(&here, rule.folder) => rule.folder.to_owned(),
            _ => continue,
        };
        for path in paths_of(code, &module) {
            let (place, is_type) = place_of(src, &path);
            let is_own = within(&place, &unit);
            let may = rule
                .may_use
                .iter()
                .any(|&may| if may.is_empty() { place.is_empty() } else { within(&place, may) });
            let may_name = is_type && rule.types_of.iter().any(|&may| within(&place, may));
            if !is_own && !may && !may_name {
                found.push(format!("{file} uses {}", path.join("::")));
            }
        }
    }
    found
}

fn check_inside(member: &str, rules: &[Inside]) {
    let folder = format!("{member}/src/");
    let src = root().join(&folder);
    for rule in rules {
        let there = src.join(rule.folder.trim_end_matches("/*"));
        assert!(there.is_dir() || there.with_extension("rs").is_file(), "{member} has no {}", rule.folder);
    }
    let mut found = Vec::new();
    for (path, code) in sources() {
        if let Some(file) = path.strip_prefix(&folder).filter(|file| !file.ends_with("tests.rs")) {
            let code = code.split("#[cfg(test)]").next().unwrap();
            found.extend(broken(&src, file, code, rules));
        }
    }
    assert!(found.is_empty(), "{member}:\n{}", found.join("\n"));
}

#[test]
fn paths_inside_a_crate_are_seen() {
    for (code, expected) in [
        ("use crate::a::b;", vec!["a::b"]),
        ("use crate::{Db, a::{self, b::C}, d};", vec!["Db", "a::self", "a::b::C", "d"]),
        ("use crate::{\n    a, // no\n    b::{\n        C,\n    },\n};", vec!["a", "b::C"]),
        ("use super::x::{Y, z};", vec!["queue::x::Y", "queue::x::z"]),
        ("use super::super::rows::film as f;", vec!["rows::film"]),
        ("fn f() { crate::a::b(1, super::c()) }", vec!["a::b", "queue::c"]),
        ("use crate::a::b as c; macro_rules! m { () => { $crate::n } }", vec!["a::b"]),
        ("pub(crate) use crate::{a::b as c, d};", vec!["a::b", "d"]),
    ] {
        let found: Vec<_> = paths_of(code, &["queue", "claim"]).iter().map(|path| path.join("::")).collect();
        assert_eq!(found, expected, "{code}");
    }
}

#[test]
fn directions_inside_a_crate_are_held() {
    let src = root().join("db/src");
    let rules = [
        Inside { folder: "queue", may_use: &[""], types_of: &[] },
        Inside { folder: "rows/*", may_use: &["", "rows/audit"], types_of: &["rows"] },
    ];
    for (file, code, is_broken) in [
        ("queue/claim.rs", "use crate::{Db, Result}; use super::{attempt, lease};", false),
        ("queue/claim.rs", "use crate::rows::film;", true),
        ("queue/claim.rs", "use crate::rows::film::Texts;", true),
        ("queue/mod.rs", "fn f() { crate::workflow::fail() }", true),
        ("rows/genre.rs", "use crate::rows::{audit::{self, Entry}, film::Texts};", false),
        ("rows/genre.rs", "use crate::rows::film;", true),
        ("rows/genre.rs", "use super::film;", true),
        ("rows/film/list.rs", "use super::card; use super::super::film::page;", false),
        ("rows/film/list.rs", "fn f() { crate::rows::person::keep() }", true),
        ("rows/film/list.rs", "use super::super::person;", true),
        ("workflow/fail.rs", "use crate::rows::person;", false),
    ] {
        let found = broken(&src, file, code, &rules);
        assert_eq!(!found.is_empty(), is_broken, "{file}: {code}: {found:?}");
    }
}

/// `queue` knows jobs alone, and files of `rows` do not call each other but for what every edit writes too.
#[test]
fn the_layers_of_db() {
    let every_edit = &["", "rows/audit", "rows/slug", "rows/search"];
    check_inside(
        "db",
        &[
            Inside { folder: "queue", may_use: &[""], types_of: &[] },
            Inside { folder: "rows/*", may_use: every_edit, types_of: &["rows"] },
            Inside { folder: "account", may_use: &["", "rows"], types_of: &[] },
            Inside { folder: "catalogue", may_use: &["", "rows"], types_of: &[] },
            Inside { folder: "workflow", may_use: &["", "rows", "queue"], types_of: &[] },
        ],
    );
    // Statements name tables, which no path shows.
    for (path, code) in sources() {
        let names = |table: &str| {
            ["FROM", "JOIN", "INTO", "UPDATE", "USING"]
                .iter()
                .any(|word| code.contains(&format!("{word} {table}")))
        };
        if path.starts_with("db/src/queue/") {
            for table in ["films", "film_files", "builds", "renditions"] {
                assert!(!names(table), "{path} knows jobs alone, and names {table}");
            }
        }
        if path.starts_with("db/src/rows/") {
            assert!(!names("job"), "{path} names the queue's tables");
        }
    }
}

/// The keyword in any place where Rust has it, and attributes that let it in. Spaces and line ends may stand between.
fn uses_unsafe(code: &str) -> bool {
    let code: String =
        code.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join(" ");
    let words: Vec<&str> = code
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '{' || c == '('))
        .filter(|word| !word.is_empty())
        .collect();
    let follows = |word: &str| {
        ["{", "fn", "impl", "trait", "extern", "(", "mod", "async"].iter().any(|next| word.starts_with(next))
    };
    let keyword = words.windows(2).any(|pair| pair[0] == "unsafe" && follows(pair[1]));
    let attached = words.iter().any(|word| word.starts_with("unsafe{") || word.starts_with("unsafe("));
    let allowed = ["allow(unsafe_code", "expect(unsafe_code", "warn(unsafe_code"];
    let attribute = code.split_whitespace().collect::<String>();
    keyword || attached || allowed.iter().any(|allowed| attribute.contains(allowed))
}

/// Says which system call the sandbox refused: a handler of signals can be set in no other way.
const HANDLER: &str = "transcoder/media/src/sandbox/refusal.rs";

#[test]
fn unsafe_code_talks_to_ffmpeg_alone() {
    for code in [
        "unsafe { f() }",
        "unsafe{f()}",
        "let x = unsafe\n{ f() };",
        "pub unsafe fn f() {}",
        "unsafe impl Send for X {}",
        "unsafe extern \"C\" fn f() {}",
        "pub unsafe trait T {}",
        "unsafe extern \"C\" { fn f(); }",
        "#[unsafe(no_mangle)] fn f() {}",
        "#![allow(unsafe_code)]",
        "#[expect( unsafe_code, reason = \"no\")]",
    ] {
        assert!(uses_unsafe(code), "not seen: {code}");
    }
    for code in ["// unsafe { no }", "let is_unsafe = 1;", "\"an unsafe place\"", "deny(unsafe_code)"] {
        assert!(!uses_unsafe(code), "{code}");
    }
    let mut there = 0;
    for (path, source) in sources() {
        if path.starts_with("transcoder/media/src/ffmpeg/") {
            there += usize::from(uses_unsafe(&source));
        } else if path == HANDLER {
            assert!(uses_unsafe(&source), "{path} has no unsafe code any more");
        } else {
            assert!(!uses_unsafe(&source), "{path} has unsafe code, which is for talking to FFmpeg alone");
        }
    }
    assert!(there > 5, "the search finds nothing even where it is: {there}");
}
