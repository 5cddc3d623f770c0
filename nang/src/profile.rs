//! Finds the encoding profile that the command line names.

use std::path::Path;

use anyhow::{Context, bail};
use domain::profile::Profile;

/// Returns the built-in profile with this name, or reads a profile file, whose name ends in `.toml`.
pub(crate) fn load(name: &str) -> anyhow::Result<Profile> {
    if Path::new(name).extension().is_some_and(|extension| extension == "toml") {
        let text =
            std::fs::read_to_string(name).with_context(|| format!("cannot read the profile {name}"))?;
        return Profile::from_toml(&text).with_context(|| format!("the profile {name} is invalid"));
    }
    match Profile::shipped(name) {
        Some(profile) => Ok(profile.clone()),
        None => bail!(
            "there is no profile {name:?}; use a built-in one ({}) or a file whose name ends in .toml",
            Profile::shipped_names().collect::<Vec<_>>().join(", ")
        ),
    }
}
