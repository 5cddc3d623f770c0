//! The architecture as tests: which crate may use which, which module of a crate may use which, and which code may stand where.
//!
//! All rules about directions are in the two tables at the top of [`directions`].
#![allow(clippy::unwrap_used)]

mod directions;
mod places;
mod unsafe_code;
mod uses;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The top-level folder of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Returns the members of the workspace from `cargo metadata`.
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

/// Returns all Rust files below a folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Returns the source files of all members, as (path from the root, text).
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for package in packages() {
        found.extend(rust_files(&Path::new(&text(&package["manifest_path"])).with_file_name("src")));
    }
    assert!(found.len() > 50, "only {} source files found", found.len());
    let relative = |path: &Path| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    found.iter().map(|path| (relative(path), std::fs::read_to_string(path).unwrap())).collect()
}

/// Returns the part of a file before its unit tests, which stand at its end.
fn without_tests(source: &str) -> &str {
    source.split("#[cfg(test)]").next().unwrap()
}

/// Returns code without its `//` comments, in one line.
fn without_comments(code: &str) -> String {
    code.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join(" ")
}
