//! What one check found.

use std::fmt;

use serde::Serialize;

/// How bad it is, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// In order.
    Ok,
    /// Nang works, but not as well or as safely as it could.
    Warning,
    /// Nang, or a part of it, does not work.
    Wrong,
}

/// What one check found, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// Name of the check.
    pub(super) check: &'static str,
    pub(super) level: Level,
    /// What was found.
    pub(super) found: String,
    /// What to do; absent if the check is in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mend: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, found: found.into(), mend: None }
    }

    pub(super) fn warning(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, level: Level::Warning, found: found.into(), mend: Some(mend.into()) }
    }

    pub(super) fn wrong(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, level: Level::Wrong, found: found.into(), mend: Some(mend.into()) }
    }
}

impl fmt::Display for Finding {
    /// `wrong    storage     The storage is full. To mend it: …`, always one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Wrong => "wrong",
        };
        write!(f, "{level:<8} {:<11} {}", self.check, self.found.replace('\n', " "))?;
        match &self.mend {
            Some(mend) => write!(f, ". To mend it: {mend}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Finding, Level};

    #[test]
    fn a_finding_is_one_line_and_wrong_is_the_worst() {
        let wrong = Finding::wrong("storage", "it is\nfull", "add a disk");
        assert_eq!(wrong.to_string(), "wrong    storage     it is full. To mend it: add a disk");
        assert_eq!(Finding::ok("mail", "sent").to_string(), "ok       mail        sent");
        assert!(Level::Wrong > Level::Warning && Level::Warning > Level::Ok);
    }
}
