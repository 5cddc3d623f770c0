//! Unknown names of settings. Most are typing mistakes, and a mistake in a security setting must not go unnoticed.
//!
//! In `nang.toml` every unknown key is an error. An unknown variable is an error only if its name is similar to that of a setting. For
//! others Nang logs a warning, because Kubernetes and Docker set variables that begin with `NANG_` for a service called *nang*
//! (`NANG_PORT_8080_TCP`).

use anyhow::bail;

/// Variables of the command line, of scripts and of tests, which are not settings.
const NOT_SETTINGS: [&str; 18] = [
    "NANG_BENCH_FOLDER",
    "NANG_BENCH_LOGIN_ATTEMPTS",
    "NANG_BENCH_MASTER",
    "NANG_BENCH_STALLED",
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
    "NANG_SHAKA",
    "NANG_SHOTS",
    "NANG_SYNC",
    "NANG_SYNC_SECONDS",
];

/// Fails for a key of `nang.toml` that is not a setting.
pub(super) fn check_keys(keys: impl Iterator<Item = String>, known: &[String]) -> anyhow::Result<()> {
    for key in keys {
        if !known.contains(&key) {
            match nearest(&key, known.iter().map(String::as_str)) {
                Some(near) => bail!("nang.toml has {key:?}, which is not a setting; did you mean {near:?}?"),
                None => {
                    bail!("nang.toml has {key:?}, which is not a setting; `nang config` lists the settings")
                }
            }
        }
    }
    Ok(())
}

/// Fails for a variable whose name is similar to that of a setting. Returns the other unknown variables, for a warning.
pub(super) fn check_variables<'a>(
    names: impl Iterator<Item = &'a str>,
    known: &[String],
) -> anyhow::Result<Vec<String>> {
    let known: Vec<_> = known.iter().map(|name| format!("NANG_{}", name.to_uppercase())).collect();
    let all = || known.iter().map(String::as_str).chain(NOT_SETTINGS);
    let mut unknown = Vec::new();
    for name in names.filter(|name| !all().any(|known| known == *name)) {
        if let Some(near) = nearest(name, all()) {
            bail!("the variable {name} is not a setting of Nang; did you mean {near}?");
        }
        unknown.push(name.to_owned());
    }
    unknown.sort_unstable();
    Ok(unknown)
}

/// Returns the most similar known name, if one to three typing mistakes, depending on its length, explain the difference.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = |name: &str| name.trim_start_matches("NANG_").len();
    let (distance, near) = known.map(|known| (distance(name, known), known)).min()?;
    (distance <= (length(near) / 4).clamp(1, 3)).then_some(near)
}

/// Returns the number of letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
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
    fn the_distance_is_the_number_of_typing_mistakes() {
        for (one, other, mistakes) in [
            ("lease", "lease", 0),
            ("laese", "lease", 1),
            ("lese", "lease", 1),
            ("port", "log", 3),
            ("", "ab", 2),
        ] {
            assert_eq!(distance(one, other), mistakes, "{one} {other}");
            assert_eq!(distance(other, one), mistakes, "{other} {one}");
        }
    }

    #[test]
    fn only_a_name_with_a_typing_mistake_has_a_nearest_name() {
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
    fn variables_of_other_programs_are_not_an_error() {
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
