//! Finding a profile by what a person typed.

use std::path::Path;

use anyhow::{Context, bail};
use domain::profile::Profile;

/// A shipped profile by name, or one from a file whose name ends in `.toml`.
pub(crate) fn load(name: &str) -> anyhow::Result<Profile> {
    if Path::new(name).extension().is_some_and(|extension| extension == "toml") {
        let text =
            std::fs::read_to_string(name).with_context(|| format!("cannot read the profile {name}"))?;
        return Profile::from_toml(&text).with_context(|| format!("the profile {name} is not right"));
    }
    match Profile::shipped(name) {
        Some(profile) => Ok(profile.clone()),
        None => bail!(
            "there is no profile {name:?}; shipped are {}, or give a file ending in .toml",
            Profile::shipped_names().collect::<Vec<_>>().join(", ")
        ),
    }
}
