//! What an import must remember to go on after it was killed: a small file for each film on each server.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use domain::hex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::master::Master;

/// An import under way.
#[derive(Serialize, Deserialize)]
pub(super) struct State {
    #[serde(skip)]
    place: PathBuf,
    /// Which master this is about, for people who look.
    master: PathBuf,
    /// The film that was created for it.
    pub(super) film: Option<String>,
    /// Address of its upload.
    pub(super) upload: Option<String>,
}

impl State {
    /// What is remembered of sending `master`, as it is now, to `server` as this `film`; nothing, if it is new.
    pub(super) fn load(
        state_home: Option<&Path>,
        server: &str,
        master: &Master,
        film: &Value,
    ) -> anyhow::Result<Self> {
        let home = match state_home {
            Some(home) => home.to_owned(),
            None => std::env::home_dir()
                .context("there is no home folder; set XDG_STATE_HOME")?
                .join(".local/state"),
        };
        let mut key = Sha256::new();
        for part in [
            server.as_bytes(),
            master.path.as_os_str().as_encoded_bytes(),
            &master.size_bytes.to_be_bytes(),
            &master.changed.as_nanos().to_be_bytes(),
            film.to_string().as_bytes(),
        ] {
            key.update((part.len() as u64).to_be_bytes());
            key.update(part);
        }
        let place = home.join("nang").join(format!("import-{}.json", hex::encode(&key.finalize()[..16])));
        let remembered =
            std::fs::read(&place).ok().and_then(|text| serde_json::from_slice::<Self>(&text).ok());
        Ok(match remembered {
            Some(state) => Self { place, ..state },
            None => Self { place, master: master.path.clone(), film: None, upload: None },
        })
    }

    /// Remembers the film.
    pub(super) fn begin(&mut self, film: String) -> anyhow::Result<String> {
        self.film = Some(film.clone());
        self.save()?;
        Ok(film)
    }

    /// Remembers the upload, or that there is none any more.
    pub(super) fn set_upload(&mut self, upload: Option<String>) -> anyhow::Result<()> {
        self.upload = upload;
        self.save()
    }

    /// The import has come to its end.
    pub(super) fn forget(&self) -> anyhow::Result<()> {
        match std::fs::remove_file(&self.place) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", self.place.display()))
            }
            _ => Ok(()),
        }
    }

    fn save(&self) -> anyhow::Result<()> {
        let write = || {
            let folder = self.place.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&serde_json::to_vec(self)?)?;
            file.persist(&self.place)?;
            std::io::Result::Ok(())
        };
        write().with_context(|| format!("cannot write {}", self.place.display()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::{Master, State};

    #[test]
    fn a_state_belongs_to_one_film_of_one_version_of_one_file_on_one_server() {
        let home = tempfile::tempdir().unwrap();
        let load_as = |title: &str, server: &str, path: &str, size_bytes: u64, changed_ms: u64| {
            let master = Master { path: path.into(), size_bytes, changed: Duration::from_millis(changed_ms) };
            State::load(Some(home.path()), server, &master, &json!({ "titles": { "en": title } })).unwrap()
        };
        let load = |server: &str, path: &str, size_bytes: u64, changed_ms: u64| {
            load_as("Film", server, path, size_bytes, changed_ms)
        };
        load("http://a", "/film", 1, 1).begin("one".to_owned()).unwrap();
        assert_eq!(load("http://a", "/film", 1, 1).film.as_deref(), Some("one"));
        for other in [
            load("http://b", "/film", 1, 1),
            load("http://a", "/film2", 1, 1),
            load("http://a", "/film", 2, 1),
            load("http://a", "/film", 1, 2),
            load_as("Other film", "http://a", "/film", 1, 1),
        ] {
            assert_eq!(other.film, None);
        }
        load("http://a", "/film", 1, 1).forget().unwrap();
        assert_eq!(load("http://a", "/film", 1, 1).film, None);
        load("http://a", "/film", 1, 1).forget().unwrap();
    }
}
