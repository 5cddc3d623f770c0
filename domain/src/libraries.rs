//! Versions of the libraries that decode, scale, encode and package. Together with the plan they determine a build's bytes.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// Versions by library (`libavcodec`, `libx264`, …).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Libraries(pub BTreeMap<String, String>);

impl Libraries {
    /// The libraries whose versions differ from those in `other`, with the versions in `self`:
    /// `libavcodec 59.37.100, libx264 164 r3095`. Empty if all are equal.
    #[must_use]
    pub fn unlike(&self, other: &Self) -> Self {
        let differs = |name: &String| self.0.get(name) != other.0.get(name);
        let names = self.0.keys().chain(other.0.keys()).filter(|name| differs(name));
        let version = |name: &String| self.0.get(name).cloned().unwrap_or_else(|| "unknown".to_owned());
        Self(names.map(|name| (name.clone(), version(name))).collect())
    }

    /// Whether the list is short and all texts are short and printable. A list from a hostile child may not be.
    pub fn are_plausible(&self) -> bool {
        let short = |text: &String| {
            (1..=80).contains(&text.len()) && text.bytes().all(|b| (b' '..=b'~').contains(&b))
        };
        self.0.len() <= 16 && self.0.iter().all(|(name, version)| short(name) && short(version))
    }
}

impl fmt::Display for Libraries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, version)) in self.0.iter().enumerate() {
            write!(f, "{}{name} {version}", if place == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Libraries;

    fn libraries(versions: &[(&str, &str)]) -> Libraries {
        Libraries(
            versions.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect(),
        )
    }

    #[test]
    fn only_different_versions_are_listed() {
        let here =
            libraries(&[("libavcodec", "59.37.100"), ("libx264", "164 r3095"), ("libswscale", "6.7.100")]);
        let there = libraries(&[("libavcodec", "61.19.101"), ("libx264", "164 r3095")]);
        assert_eq!(here.unlike(&there).to_string(), "libavcodec 59.37.100, libswscale 6.7.100");
        assert_eq!(there.unlike(&here).to_string(), "libavcodec 61.19.101, libswscale unknown");
        assert_eq!(here.unlike(&here), Libraries::default());
    }

    #[test]
    fn texts_that_could_damage_a_log_are_not_plausible() {
        assert!(libraries(&[("libx264", "164 r3095 baee400")]).are_plausible());
        for (name, version) in
            [("", "1"), ("a", ""), ("a", "1\n2"), ("a", "\u{1b}[2J"), ("a", &*"1".repeat(81))]
        {
            assert!(!libraries(&[(name, version)]).are_plausible(), "{name:?} {version:?}");
        }
        let many: Vec<String> = (0..17).map(|number| number.to_string()).collect();
        assert!(
            !libraries(&many.iter().map(|name| (name.as_str(), "1")).collect::<Vec<_>>()).are_plausible()
        );
    }
}
