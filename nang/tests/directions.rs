//! The architecture inside crates: which folder may use which, and that no files use each other in a circle.
//!
//! What a file uses is read from its `crate::` and `super::` paths. A name that a folder's `mod.rs` only passes on counts as that
//! `mod.rs`, whose own `use child::…` lines lead on, so nothing is hidden behind it. Tests inside files are left out.
#![allow(clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Each folder of `api/src` with the folders and files at its top that it may use. `router` knows all; what is not here is a feature's
/// only file, which nothing but the router and what is named here uses.
const API: &[(&str, &str)] = &[
    ("app", "credential http mail random"),
    ("credential", "random"),
    ("http", ""),
    ("mail", ""),
    ("image", "app blocking http"),
    ("auth", "app credential http mail page password"),
    ("film", "app auth http image page prose titles"),
    ("stream", "app auth film film_lookup http titles"),
    ("admin", "app auth blocking cast category credential film genre http image mail page prose titles"),
    ("openapi", "admin app http stream"),
    ("page", "http"),
    ("titles", ""),
    ("prose", "titles"),
    ("film_lookup", "film http"),
];

/// Files of a crate by their module path (`http/error`, `film` for `film/mod.rs`), with their code.
fn modules(source: &Path) -> BTreeMap<String, String> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().with_extension("");
                let name = name.to_str().unwrap().trim_end_matches("/mod").to_owned();
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap().lines();
                let code = code.map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join(" ");
                found.insert(name, code);
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(source, source, &mut found);
    found
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d` and `a::c::e`. Ends where the path does.
fn expand(path: &str) -> Vec<String> {
    fn read(rest: &mut &str, prefix: &str, found: &mut Vec<String>) {
        *rest = rest.trim_start();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
        let whole = format!("{prefix}{}", &rest[..end]);
        *rest = &rest[end..];
        if !whole.ends_with("::") || !rest.starts_with('{') {
            found.push(whole.trim_end_matches(':').to_owned());
            return;
        }
        *rest = &rest[1..];
        loop {
            *rest = rest.trim_start();
            if rest.is_empty() {
                return;
            }
            if let Some(after) = rest.strip_prefix('}') {
                *rest = after;
                return;
            }
            if let Some(after) = rest.strip_prefix(',') {
                *rest = after;
                continue;
            }
            // `as name`, or what this does not read: on to the next.
            let before = rest.len();
            read(rest, &whole, found);
            if let Some(after) = rest.strip_prefix(" as ") {
                *rest = after.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
            }
            if rest.len() == before {
                return;
            }
        }
    }
    let mut found = Vec::new();
    read(&mut &path[..], "", &mut found);
    found
}

/// For each module the modules that it uses.
fn uses(modules: &BTreeMap<String, String>) -> BTreeMap<&str, BTreeSet<&str>> {
    let is_start =
        |code: &str, at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    let mut uses = BTreeMap::new();
    for (name, code) in modules {
        let own: Vec<&str> = name.split('/').filter(|part| *part != "lib" && *part != "main").collect();
        let mut found = BTreeSet::new();
        let children = modules.keys().filter_map(|other| other.strip_prefix(&format!("{name}/")));
        let children = children.filter(|child| !child.contains('/')).map(|child| format!("{child}::"));
        for start in ["crate::", "super::", "self::"].map(str::to_owned).into_iter().chain(children) {
            for (at, _) in code.match_indices(&start).filter(|(at, _)| is_start(code, *at)) {
                for path in expand(&code[at..]) {
                    let mut parts: Vec<&str> = path.split("::").collect();
                    let mut base = own.clone();
                    while let Some(first) = parts.first().copied() {
                        match first {
                            "crate" => base.clear(),
                            "super" => drop(base.pop()),
                            "self" => {}
                            _ => break,
                        }
                        parts.remove(0);
                    }
                    base.extend(parts);
                    let mut used = (1..=base.len()).rev().map(|length| base[..length].join("/"));
                    let used = used.find_map(|module| modules.get_key_value(&module));
                    if let Some((used, _)) = used.filter(|(used, _)| *used != name) {
                        found.insert(used.as_str());
                    }
                }
            }
        }
        uses.insert(name.as_str(), found);
    }
    uses
}

/// A circle of modules, if there is one.
fn circle<'a>(uses: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Option<Vec<&'a str>> {
    fn visit<'a>(
        module: &'a str,
        uses: &BTreeMap<&'a str, BTreeSet<&'a str>>,
        path: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<Vec<&'a str>> {
        if let Some(at) = path.iter().position(|one| *one == module) {
            return Some([&path[at..], &[module]].concat());
        }
        if done.contains(module) {
            return None;
        }
        path.push(module);
        let found = uses[module].iter().find_map(|used| visit(used, uses, path, done));
        path.pop();
        done.insert(module);
        found
    }
    let mut done = BTreeSet::new();
    uses.keys().find_map(|module| visit(module, uses, &mut Vec::new(), &mut done))
}

/// What of `rules` is broken, as `who uses whom`.
fn broken(uses: &BTreeMap<&str, BTreeSet<&str>>, rules: &[(&str, &str)]) -> Vec<String> {
    let top = |module: &str| module.split('/').next().unwrap().to_owned();
    let mut broken = Vec::new();
    for (module, used) in uses {
        let Some((_, allowed)) = rules.iter().find(|(folder, _)| *folder == top(module)) else { continue };
        for used in used {
            let may = top(used) == top(module) || allowed.split_whitespace().any(|one| one == top(used));
            if !may {
                broken.push(format!("{module} uses {used}"));
            }
        }
    }
    broken
}

fn source(member: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(member).join("src")
}

#[test]
fn the_search_for_uses_finds_them() {
    let modules = BTreeMap::from(
        [
            ("lib", "mod http; pub use film::Film;"),
            ("film", "mod card; mod list; pub(crate) use card::{Film, NO_FILM as NONE};"),
            (
                "film/card",
                "use std::fmt; use crate::{ app::App, http::{error::{ApiError, Kind as K}, etag} };",
            ),
            ("film/list", "use super::card::Film; fn f() { crate::http::etag::tag() }"),
            ("http", "pub(crate) mod error; mod etag;"),
            ("http/error", "use super::etag::Etag;"),
            ("http/etag", "use my::crate_like::film::X;"),
            ("app", "use self::missing::X;"),
        ]
        .map(|(name, code)| (name.to_owned(), code.to_owned())),
    );
    let uses = uses(&modules);
    let expected = [
        ("app", vec![]),
        ("film", vec!["film/card"]),
        ("film/card", vec!["app", "http/error", "http/etag"]),
        ("film/list", vec!["film/card", "http/etag"]),
        ("http", vec![]),
        ("http/error", vec!["http/etag"]),
        ("http/etag", vec![]),
        ("lib", vec![]),
    ];
    for (module, used) in expected {
        assert_eq!(uses[module].iter().copied().collect::<Vec<_>>(), used, "{module}");
    }
    assert_eq!(circle(&uses), None);
    let rules = [("film", "http"), ("http", "film")];
    assert_eq!(broken(&uses, &rules), ["film/card uses app"]);

    let round = [("a", BTreeSet::from(["b"])), ("b", BTreeSet::from(["c"])), ("c", BTreeSet::from(["b"]))];
    assert_eq!(circle(&BTreeMap::from(round)), Some(vec!["b", "c", "b"]));
}

#[test]
fn folders_of_the_api_use_only_those_they_may() {
    let modules = modules(&source("api"));
    let uses = uses(&modules);
    assert!(uses["router"].len() > 20, "the search finds nothing: {:?}", uses["router"]);
    assert_eq!(broken(&uses, API), [""; 0]);
    for (folder, allowed) in API {
        for name in allowed.split_whitespace().chain([*folder]) {
            assert!(modules.contains_key(name), "{folder}: there is no {name}");
        }
    }
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let modules = modules(&source("api"));
    let circle = circle(&uses(&modules)).map(|modules| modules.join(" -> "));
    assert_eq!(circle, None);
}
