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
        ("api", vec!["ingest", "db", "storage", "domain"]),
        ("bench_data", vec!["db", "domain"]),
        ("tools", vec!["bench_data", "api", "db", "storage", "domain"]),
        ("nang", vec!["api", "origin", "media", "worker", "ingest", "db", "storage", "domain"]),
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
        ("tokio-postgres", "db"),
        ("ffmpeg-next", "media"),
        ("aws-sdk-s3", "storage"),
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
        } else {
            assert!(!uses_unsafe(&source), "{path} has unsafe code, which is for talking to FFmpeg alone");
        }
    }
    assert!(there > 5, "the search finds nothing even where it is: {there}");
}
