//! Directions: which crate may use which, and which module of a crate may use which.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    packages, root, text,
    uses::{Use, circle, example, modules, uses},
};

/// Each crate with the crates of this workspace that it may depend on.
const CRATES: &[(&str, &str)] = &[
    ("domain", ""),
    ("db", "domain"),
    ("storage", "domain"),
    ("ingest", "db storage domain"),
    ("presentation", "db storage domain"),
    ("media", "domain"),
    ("worker", "presentation db storage domain"),
    ("origin", "storage domain"),
    ("server", ""),
    ("api", "ingest presentation db storage domain"),
    ("bench_data", "db domain"),
    ("tools", "bench_data api db storage domain"),
    ("nang", "api origin server media worker ingest presentation db storage domain"),
];

/// What the modules of a crate may use of their own crate.
struct Rule {
    /// The crate's folder.
    member: &'static str,
    /// The module to which the rule applies, with everything below it. `rows/*` is a rule for each module directly below `rows`. What
    /// a module and the modules below it use of each other is always allowed.
    module: &'static str,
    /// Modules that it may use, with everything below them.
    may_use: &'static str,
    /// Modules of which it may use types, traits and constants.
    types_of: &'static str,
}

const fn rule(member: &'static str, module: &'static str, may_use: &'static str) -> Rule {
    Rule { member, module, may_use, types_of: "" }
}

/// Modules without a rule may use every module. In `api` these are the router and features that consist of one file, which only the
/// router and the modules named here use.
const MODULES: &[Rule] = &[
    // The queue knows only jobs. Modules of `rows` do not call each other, except for what every edit writes.
    rule("db", "queue", "stored_reason"),
    Rule {
        member: "db",
        module: "rows/*",
        may_use: "rows/audit rows/slug rows/search stored_reason",
        types_of: "rows",
    },
    rule("db", "account", "rows"),
    rule("db", "catalogue", "rows"),
    rule("db", "workflow", "rows queue stored_reason"),
    rule("api", "app", "credential http mail random"),
    rule("api", "credential", "random"),
    rule("api", "http", ""),
    rule("api", "mail", ""),
    rule("api", "image", "app blocking http"),
    rule("api", "auth", "app credential http mail page password"),
    rule("api", "film", "app auth http image page text_by_language titles"),
    rule("api", "stream", "app auth chapter film film_lookup http titles"),
    rule(
        "api",
        "admin",
        "app auth blocking cast category chapter credential failure_reason film genre http image mail page text_by_language titles",
    ),
    rule("api", "openapi", "admin app http stream"),
    rule("api", "page", "http"),
    rule("api", "chapter", ""),
    rule("api", "failure_reason", ""),
    rule("api", "titles", ""),
    rule("api", "text_by_language", "titles"),
    rule("api", "film_lookup", "film http"),
];

/// Crates in which no modules use each other in a circle.
const WITHOUT_CIRCLES: &[&str] = &["api"];

/// Returns the members of the workspace with their direct dependencies, without build and test dependencies.
pub(crate) fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    packages()
        .iter()
        .map(|package| {
            let uses = package["dependencies"].as_array().unwrap().iter();
            let uses = uses.filter(|one| one["kind"].is_null()).map(|one| text(&one["name"])).collect();
            (text(&package["name"]), uses)
        })
        .collect()
}

/// Whether `module` is `folder` or below it.
fn is_within(module: &str, folder: &str) -> bool {
    module.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Rule {
    /// Returns the module to which the rule applies and which contains `module`. Returns `None` if the rule does not apply to `module`.
    fn unit(&self, module: &str) -> Option<String> {
        let Some(folder) = self.module.strip_suffix("/*") else {
            return is_within(module, self.module).then(|| self.module.to_owned());
        };
        let below = module.strip_prefix(folder)?.strip_prefix('/')?;
        Some(format!("{folder}/{}", below.split('/').next().unwrap()))
    }

    fn allows(&self, unit: &str, used: &Use) -> bool {
        let is_in = |modules: &str| modules.split_whitespace().any(|one| is_within(&used.module, one));
        is_within(&used.module, unit) || is_in(self.may_use) || (used.is_type() && is_in(self.types_of))
    }
}

/// Returns a message for each use that a rule does not allow.
fn broken(uses: &BTreeMap<String, BTreeSet<Use>>, rules: &[&Rule]) -> Vec<String> {
    let mut found = Vec::new();
    for (module, used) in uses {
        for rule in rules {
            let Some(unit) = rule.unit(module) else { continue };
            for used in used.iter().filter(|used| !rule.allows(&unit, used)) {
                let allowed = match (rule.may_use, rule.types_of) {
                    ("", _) => "no other module".to_owned(),
                    (may_use, "") => may_use.to_owned(),
                    (may_use, types_of) => format!("{may_use}, and types of {types_of}"),
                };
                found.push(format!(
                    "{}/src/{module} uses {}, but {unit} may use only: {allowed}",
                    rule.member, used.path
                ));
            }
        }
    }
    found
}

#[test]
fn crates_depend_only_on_crates_that_the_table_allows() {
    let members = dependencies();
    let listed: BTreeSet<_> = CRATES.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        members.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        listed,
        "the table CRATES must list every member of the workspace"
    );
    for (name, allowed) in CRATES {
        for used in members[*name].iter().filter(|used| members.contains_key(*used)) {
            assert!(
                allowed.split(' ').any(|one| one == used),
                "{name} depends on {used}, but by the table CRATES it may depend only on: {allowed}"
            );
        }
    }
}

#[test]
fn modules_use_only_modules_that_the_table_allows() {
    let members: BTreeSet<_> = MODULES.iter().map(|rule| rule.member).collect();
    for member in members {
        let modules = modules(&root().join(member).join("src"));
        let uses = uses(&modules);
        let count: usize = uses.values().map(BTreeSet::len).sum();
        assert!(count > 100, "only {count} uses found in {member}, so the search is wrong");
        let rules: Vec<_> = MODULES.iter().filter(|rule| rule.member == member).collect();
        for rule in &rules {
            let names = rule.may_use.split_whitespace().chain(rule.types_of.split_whitespace());
            for name in names.chain([rule.module.trim_end_matches("/*")]) {
                assert!(
                    modules.contains_key(name),
                    "the table MODULES names {name}, which {member} does not have"
                );
            }
        }
        let broken = broken(&uses, &rules);
        assert!(broken.is_empty(), "not allowed by the table MODULES:\n{}", broken.join("\n"));
    }
}

#[test]
fn no_modules_use_each_other_in_a_circle() {
    for member in WITHOUT_CIRCLES {
        let circle = circle(&uses(&modules(&root().join(member).join("src"))));
        assert_eq!(
            circle.map(|modules| modules.join(" -> ")),
            None,
            "{member} has modules that use each other"
        );
    }
}

#[test]
fn a_use_that_a_rule_does_not_allow_is_found() {
    let rules = [
        rule("db", "queue", ""),
        Rule { member: "db", module: "rows/*", may_use: "rows/audit", types_of: "rows" },
    ];
    for (module, code, is_broken) in [
        ("queue/claim", "use crate::{Db, Result}; use super::{attempt, lease};", false),
        ("queue/claim", "use crate::rows::film;", true),
        ("queue/claim", "use crate::rows::film::Texts;", true),
        ("queue", "fn f() { crate::workflow::fail() }", true),
        ("rows/genre", "use crate::rows::{audit::{self, Entry}, film::Texts};", false),
        ("rows/genre", "use crate::rows::film;", true),
        ("rows/genre", "use super::film;", true),
        ("rows/film/list", "use super::card; use super::super::film::page;", false),
        ("rows/film/list", "fn f() { crate::rows::person::keep() }", true),
        ("rows/film/list", "use super::super::person;", true),
        ("workflow/fail", "use crate::rows::person;", false),
    ] {
        let mut modules = example(&[
            ("queue", ""),
            ("queue/attempt", ""),
            ("queue/lease", ""),
            ("rows", ""),
            ("rows/audit", ""),
            ("rows/film", ""),
            ("rows/film/card", ""),
            ("rows/person", ""),
            ("workflow", ""),
        ]);
        modules.insert(module.to_owned(), code.to_owned());
        let found = broken(&uses(&modules), &rules.iter().collect::<Vec<_>>());
        assert_eq!(!found.is_empty(), is_broken, "{module}: {code}: {found:?}");
    }
}
