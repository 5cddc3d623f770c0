//! Names of settings that Nang does not know: most are typing mistakes, and one in a security setting must not pass silently.
//!
//! In `nang.toml` every unknown key is an error. A variable is one only if its name is nearly that of a setting: `NANG_` is also how
//! Kubernetes and Docker name the variables of a service called *nang* (`NANG_PORT_8080_TCP`), so any other is warned about.

use anyhow::bail;

/// Variables of the command line, of scripts and of tests. `nang` itself reads none of them as a setting.
const NOT_SETTINGS: [&str; 12] = [
    "NANG_BENCH_FOLDER",
    "NANG_BENCH_MASTER",
    "NANG_BENCH_UPLOAD_BYTES",
    "NANG_BENCH_UPLOAD_ROUNDS",
    "NANG_BIN",
    "NANG_CACHE",
    "NANG_CHROMIUM",
    "NANG_CONFIG",
    "NANG_FAULT_RUNS",
    "NANG_FAULT_SEED",
    "NANG_OPENAPI_SECONDS",
    "NANG_SERVER",
];

/// Refuses a key of `nang.toml` that is no setting.
pub(super) fn check_keys(keys: impl Iterator<Item = String>, known: &[String]) -> anyhow::Result<()> {
    for key in keys {
        if !known.contains(&key) {
            match nearest(&key, known.iter().map(String::as_str)) {
                Some(near) => bail!("nang.toml has {key:?}, which is no setting; did you mean {near:?}?"),
                None => bail!("nang.toml has {key:?}, which is no setting; `nang config` lists them all"),
            }
        }
    }
    Ok(())
}

/// Refuses a variable whose name is nearly that of a setting, and gives those that are to be warned about.
pub(super) fn check_variables<'a>(
    names: impl Iterator<Item = &'a str>,
    known: &[String],
) -> anyhow::Result<Vec<String>> {
    let known: Vec<_> = known.iter().map(|name| format!("NANG_{}", name.to_uppercase())).collect();
    let all = || known.iter().map(String::as_str).chain(NOT_SETTINGS);
    let mut unknown = Vec::new();
    for name in names.filter(|name| !all().any(|known| known == *name)) {
        if let Some(near) = nearest(name, all()) {
            bail!("the variable {name} is set, which is no setting of Nang; did you mean {near}?");
        }
        unknown.push(name.to_owned());
    }
    unknown.sort_unstable();
    Ok(unknown)
}

/// The known name that differs least, if a slip or two explain it.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = |name: &str| name.trim_start_matches("NANG_").len();
    let (distance, near) = known.map(|known| (distance(name, known), known)).min()?;
    (distance <= (length(near) / 4).clamp(1, 3)).then_some(near)
}

/// Letters to put in, leave out, change or swap with their neighbour (optimal string alignment).
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut this = vec![row + 1];
        for (column, counterpart) in other.iter().enumerate() {
            let changed = last[column] + usize::from(letter != counterpart);
            let mut least = changed.min(last[column + 1] + 1).min(this[column] + 1);
            if row > 0 && column > 0 && *letter == other[column - 1] && one[row - 1] == *counterpart {
                least = least.min(before_last[column - 1] + 1);
            }
            this.push(least);
        }
        before_last = std::mem::replace(&mut last, this);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::{check_variables, distance, nearest};

    #[test]
    fn distances_are_slips() {
        for (one, other, slips) in [
            ("lease", "lease", 0),
            ("laese", "lease", 1),
            ("lese", "lease", 1),
            ("port", "log", 3),
            ("", "ab", 2),
        ] {
            assert_eq!(distance(one, other), slips, "{one} {other}");
            assert_eq!(distance(other, one), slips, "{other} {one}");
        }
    }

    #[test]
    fn only_what_looks_like_a_slip_has_a_nearest_name() {
        let known = ["registration", "log", "listen", "trusted_proxies"];
        for (name, near) in [
            ("registraton", Some("registration")),
            ("truted_proxys", Some("trusted_proxies")),
            ("logs", Some("log")),
            ("port", None),
            ("listener_address", None),
        ] {
            assert_eq!(nearest(name, known.into_iter()), near, "{name}");
        }
    }

    #[test]
    fn variables_that_others_set_are_no_errors() {
        let known = ["registration".to_owned(), "listen".to_owned(), "data".to_owned()];
        let others = ["NANG_PORT", "NANG_SERVICE_HOST", "NANG_PORT_8080_TCP_ADDR", "NANG_BIN", "NANG_LISTEN"];
        let unknown = check_variables(others.into_iter(), &known).unwrap();
        assert_eq!(unknown, ["NANG_PORT", "NANG_PORT_8080_TCP_ADDR", "NANG_SERVICE_HOST"]);
        let error = check_variables(["NANG_REGISTRATOIN"].into_iter(), &known).unwrap_err().to_string();
        assert!(
            error.contains("NANG_REGISTRATOIN") && error.ends_with("did you mean NANG_REGISTRATION?"),
            "{error}"
        );
    }
}
