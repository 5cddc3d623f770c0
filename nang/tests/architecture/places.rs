//! Which code may stand where: each external system belongs to one crate, and some texts to one folder.

use super::{directions::dependencies, sources, without_tests};

#[test]
fn each_external_system_belongs_to_one_crate() {
    let dependencies = dependencies();
    for (library, owners) in [
        ("sqlx", "db bench_data tools"),
        ("ffmpeg-next", "media"),
        ("aws-sdk-s3", "storage"),
        ("landlock", "media"),
        ("seccompiler", "media"),
        ("axum", "api ingest nang"),
    ] {
        for (name, uses) in &dependencies {
            assert!(
                !uses.contains(library) || owners.split(' ').any(|owner| owner == name),
                "{name} depends on {library}, which only these crates may do: {owners}"
            );
        }
    }
    for library in ["tokio", "futures-util", "tracing", "hyper"] {
        let uses = &dependencies["domain"];
        assert!(!uses.contains(library), "domain does no I/O, so it must not depend on {library}");
    }
}

#[test]
fn some_code_may_stand_only_in_some_folders() {
    let sources = sources();
    for (text, folders, reason) in [
        ("env::var(", "nang/src/", "only nang reads the environment"),
        ("env::var_os(", "nang/src/", "only nang reads the environment"),
        ("query!(", "db/src/ tools/bench_data/src/", "only db contains SQL of the server"),
        ("sqlx::query", "db/src/ tools/bench_data/src/", "only db contains SQL of the server"),
        ("\"films/", "domain/src/", "only domain::key formats storage paths"),
        ("\"masters/", "domain/src/", "only domain::key formats storage paths"),
        ("\"images/{", "domain/src/", "only domain::key formats storage paths"),
        ("immutable\"", "domain/src/", "only domain::key formats cache headers"),
    ] {
        for (path, source) in &sources {
            assert!(
                !without_tests(source).contains(text) || folders.split(' ').any(|one| path.starts_with(one)),
                "{path} contains {text:?}, which may stand only in {folders}: {reason}"
            );
        }
    }
}

/// SQL names tables, which no path in the code shows.
#[test]
fn the_queue_and_the_rows_do_not_name_the_tables_of_each_other() {
    for (path, code) in sources() {
        let names = |table: &str| {
            ["FROM", "JOIN", "INTO", "UPDATE", "USING"]
                .iter()
                .any(|word| code.contains(&format!("{word} {table}")))
        };
        if path.starts_with("db/src/queue/") {
            for table in ["films", "film_files", "builds", "renditions"] {
                assert!(!names(table), "{path} names the table {table}; db/src/queue may use only jobs");
            }
        }
        if path.starts_with("db/src/rows/") {
            assert!(
                !names("job"),
                "{path} names a table of the queue; use db/src/queue from db/src/workflow"
            );
        }
    }
}
