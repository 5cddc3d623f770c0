//! Finds which modules of a crate use which.
//!
//! A module is known by its path in `src` (`http/error`; `film` for `film/mod.rs`). What it uses is read from its `crate::`, `super::`
//! and `self::` paths and from those that begin with one of its children. A name that a folder's `mod.rs` re-exports counts as a use
//! of that `mod.rs`, whose own paths to its children are uses too, so a re-export hides nothing. Names that the crate's root
//! re-exports do not count.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{rust_files, without_comments, without_tests};

/// Something that a module uses of another module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Use {
    /// The other module.
    pub(crate) module: String,
    /// The used name, as a path from the crate's root: `http::error::ApiError`.
    pub(crate) path: String,
}

impl Use {
    /// Whether a type, a trait or a constant is used, whose name begins with a capital letter.
    pub(crate) fn is_type(&self) -> bool {
        self.path.split("::").any(|name| name.starts_with(char::is_uppercase))
    }
}

/// Returns the modules of a crate with their code, without tests and comments.
pub(crate) fn modules(src: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for path in rust_files(src) {
        let name = path.strip_prefix(src).unwrap().with_extension("");
        let name = name.to_str().unwrap();
        if name.rsplit('/').next() != Some("tests") {
            let source = std::fs::read_to_string(&path).unwrap();
            let code = without_comments(without_tests(&source));
            found.insert(name.trim_end_matches("/mod").to_owned(), code);
        }
    }
    found
}

/// Returns what each module uses of the others.
pub(crate) fn uses(modules: &BTreeMap<String, String>) -> BTreeMap<String, BTreeSet<Use>> {
    modules.keys().map(|name| (name.clone(), uses_of(name, modules))).collect()
}

fn uses_of(name: &str, modules: &BTreeMap<String, String>) -> BTreeSet<Use> {
    let code = &modules[name];
    let is_start =
        |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$');
    let folder = format!("{name}/");
    let children = modules.keys().filter_map(|other| other.strip_prefix(&folder));
    let children = children.filter(|child| !child.contains('/')).map(|child| format!("{child}::"));
    let mut found = BTreeSet::new();
    for start in ["crate::", "super::", "self::"].map(str::to_owned).into_iter().chain(children) {
        for (at, _) in code.match_indices(&start).filter(|(at, _)| is_start(*at)) {
            for path in expand(&code[at..]) {
                let path = from_root(name, &path);
                let mut candidates = (1..=path.len()).rev().map(|length| path[..length].join("/"));
                if let Some(module) = candidates.find(|module| modules.contains_key(module))
                    && module != name
                {
                    found.insert(Use { module, path: path.join("::") });
                }
            }
        }
    }
    found
}

/// Turns a path in a module into one from the crate's root.
fn from_root<'a>(module: &'a str, path: &'a str) -> Vec<&'a str> {
    let mut base: Vec<&str> = module.split('/').filter(|name| *name != "lib" && *name != "main").collect();
    let mut names = path.split("::").peekable();
    while let Some(name) = names.next_if(|name| ["crate", "super", "self"].contains(name)) {
        match name {
            "crate" => base.clear(),
            "super" => drop(base.pop()),
            _ => {}
        }
    }
    base.extend(names);
    base
}

/// Returns `a::{b, c::{d, e}}` at the beginning of a text as `a::b`, `a::c::d` and `a::c::e`.
fn expand(text: &str) -> Vec<String> {
    /// Reads one tree after `prefix` and returns the rest of the text.
    fn read<'a>(text: &'a str, prefix: &str, found: &mut Vec<String>) -> &'a str {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let text = text.trim_start();
        let end = text.find(|c: char| !(is_name(c) || c == ':' || c == '*')).unwrap_or(text.len());
        let path = format!("{prefix}{}", &text[..end]);
        let mut rest = &text[end..];
        if !path.ends_with("::") || !rest.starts_with('{') {
            found.push(path.trim_end_matches(':').to_owned());
            return rest;
        }
        rest = &rest[1..];
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('}') {
                return after;
            }
            if let Some(after) = rest.strip_prefix(',') {
                rest = after;
                continue;
            }
            let before = rest.len();
            rest = read(rest, &path, found);
            if let Some(after) = rest.strip_prefix(" as ") {
                rest = after.trim_start_matches(is_name);
            }
            // This is not a `use` tree, or the text ends.
            if rest.len() == before {
                return rest;
            }
        }
    }
    let mut found = Vec::new();
    read(text, "", &mut found);
    found
}

/// Returns a circle of modules that use each other, if there is one.
pub(crate) fn circle(uses: &BTreeMap<String, BTreeSet<Use>>) -> Option<Vec<String>> {
    fn visit<'a>(
        module: &'a str,
        uses: &'a BTreeMap<String, BTreeSet<Use>>,
        path: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<Vec<String>> {
        if let Some(at) = path.iter().position(|one| *one == module) {
            return Some(path[at..].iter().copied().chain([module]).map(str::to_owned).collect());
        }
        if done.contains(module) {
            return None;
        }
        path.push(module);
        let found = uses[module].iter().find_map(|used| visit(&used.module, uses, path, done));
        path.pop();
        done.insert(module);
        found
    }
    let mut done = BTreeSet::new();
    uses.keys().find_map(|module| visit(module, uses, &mut Vec::new(), &mut done))
}

/// Returns made-up modules from (name, code).
pub(crate) fn example(modules: &[(&str, &str)]) -> BTreeMap<String, String> {
    modules.iter().map(|(name, code)| ((*name).to_owned(), (*code).to_owned())).collect()
}

#[test]
fn paths_are_expanded() {
    for (text, expected) in [
        ("crate::a::b;", vec!["crate::a::b"]),
        (
            "crate::{Db, a::{self, b::C}, d};",
            vec!["crate::Db", "crate::a::self", "crate::a::b::C", "crate::d"],
        ),
        ("crate::{\n    a,\n    b::{\n        C,\n    },\n};", vec!["crate::a", "crate::b::C"]),
        ("super::super::a::b as c;", vec!["super::super::a::b"]),
        ("crate::{a::b as c, d::*, e};", vec!["crate::a::b", "crate::d::*", "crate::e"]),
        ("crate::a::b(1, super::c())", vec!["crate::a::b"]),
    ] {
        assert_eq!(expand(text), expected, "{text}");
    }
}

#[test]
fn uses_are_found() {
    let modules = example(&[
        ("lib", "mod http; pub use film::Film;"),
        ("film", "mod card; mod list; pub(crate) use card::{Film, NO_FILM as NONE};"),
        ("film/card", "use std::fmt; use crate::{ app::App, http::{error::{ApiError, Kind as K}, etag} };"),
        ("film/list", "use super::card::Film; fn f() { crate::http::etag::tag() }"),
        ("http", "pub(crate) mod error; mod etag; macro_rules! m { () => { $crate::film::f() } }"),
        ("http/error", "use super::etag::Etag; use super::super::app;"),
        ("http/etag", "use my::crate_like::film::X;"),
        ("app", "use self::missing::X; use crate::Root;"),
    ]);
    let uses = uses(&modules);
    for (module, expected) in [
        ("app", ""),
        ("film", "film::card::Film film::card::NO_FILM"),
        ("film/card", "app::App http::error::ApiError http::error::Kind http::etag"),
        ("film/list", "film::card::Film http::etag::tag"),
        ("http", ""),
        ("http/error", "app http::etag::Etag"),
        ("http/etag", ""),
        ("lib", ""),
    ] {
        let found: Vec<_> = uses[module].iter().map(|used| used.path.as_str()).collect();
        assert_eq!(found.join(" "), expected, "{module}");
    }
    assert_eq!(circle(&uses), None);
}

#[test]
fn a_circle_is_found() {
    let modules = example(&[("a", "use crate::b;"), ("b", "use crate::c::X;"), ("c", "use crate::b::f;")]);
    assert_eq!(circle(&uses(&modules)).unwrap(), ["b", "c", "b"]);
}
