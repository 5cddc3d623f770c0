//! The state that an import needs to resume after it was killed: a small file for each film on each server.

use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use domain::{hex, id::FilmId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::master::Master;

/// The state of an unfinished import.
#[derive(Serialize, Deserialize)]
pub(super) struct State {
    #[serde(skip)]
    path: PathBuf,
    /// Path of the master, only for people who open the file.
    master: PathBuf,
    /// Id of the film, once it is created.
    pub(super) film: Option<String>,
    /// Address of the upload, once it is created.
    pub(super) upload: Option<String>,
    /// Keys of the subtitle files that were added to the film.
    #[serde(default)]
    subtitles: BTreeSet<String>,
    /// The subtitle file whose request was sent last. It may have been added although no response came.
    #[serde(default)]
    sent: Option<SentSubtitle>,
}

/// A subtitle file that was sent.
#[derive(Serialize, Deserialize)]
struct SentSubtitle {
    key: String,
    /// Ids of the film's subtitle tracks before that.
    tracks_before: Vec<String>,
}

impl State {
    /// Loads the state of importing this version of `master` to `server` as `film`. A new import has an empty state.
    pub(super) fn load(
        state_home: Option<&Path>,
        server: &str,
        master: &Master,
        film: &Value,
    ) -> anyhow::Result<Self> {
        let film = film.to_string();
        let key = [
            server.as_bytes(),
            master.path.as_os_str().as_encoded_bytes(),
            &master.size_bytes.to_be_bytes(),
            &master.changed.as_nanos().to_be_bytes(),
            film.as_bytes(),
        ];
        Self::at(state_home, &key, master.path.clone())
    }

    /// Loads the state of adding subtitles to a film that exists.
    pub(super) fn load_for_film(
        state_home: Option<&Path>,
        server: &str,
        film: FilmId,
    ) -> anyhow::Result<Self> {
        Self::at(state_home, &[server.as_bytes(), film.to_string().as_bytes()], PathBuf::new())
    }

    fn at(state_home: Option<&Path>, parts: &[&[u8]], master: PathBuf) -> anyhow::Result<Self> {
        let home = match state_home {
            Some(home) => home.to_owned(),
            None => std::env::home_dir()
                .context("this account has no home folder; set XDG_STATE_HOME to a folder for the state of imports")?
                .join(".local/state"),
        };
        let mut key = Sha256::new();
        for part in parts {
            key.update((part.len() as u64).to_be_bytes());
            key.update(part);
        }
        let path = home.join("nang").join(format!("import-{}.json", hex::encode(&key.finalize()[..16])));
        let saved = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Self>(&text).ok());
        Ok(match saved {
            Some(state) => Self { path, ..state },
            None => Self { path, master, film: None, upload: None, subtitles: BTreeSet::new(), sent: None },
        })
    }

    /// Saves the id of the created film.
    pub(super) fn begin(&mut self, film: String) -> anyhow::Result<String> {
        self.film = Some(film.clone());
        self.save()?;
        Ok(film)
    }

    /// Saves the address of the upload, or `None` after the upload was deleted on the server.
    pub(super) fn set_upload(&mut self, upload: Option<String>) -> anyhow::Result<()> {
        self.upload = upload;
        self.save()
    }

    /// Whether the subtitle file with this key was added.
    pub(super) fn has_subtitle(&self, key: &str) -> bool {
        self.subtitles.contains(key)
    }

    /// Returns the ids of the film's subtitle tracks before the file with this key was sent; `None` if it was not sent.
    pub(super) fn tracks_before(&self, key: &str) -> Option<&[String]> {
        self.sent.as_ref().filter(|sent| sent.key == key).map(|sent| sent.tracks_before.as_slice())
    }

    /// Saves that a subtitle file is about to be sent.
    pub(super) fn begin_subtitle(&mut self, key: &str, tracks_before: Vec<String>) -> anyhow::Result<()> {
        self.sent = Some(SentSubtitle { key: key.to_owned(), tracks_before });
        self.save()
    }

    /// Saves that the subtitle file that was sent was refused.
    pub(super) fn cancel_subtitle(&mut self) -> anyhow::Result<()> {
        self.sent = None;
        self.save()
    }

    /// Saves that a subtitle file was added.
    pub(super) fn end_subtitle(&mut self, key: &str) -> anyhow::Result<()> {
        self.subtitles.insert(key.to_owned());
        self.sent = None;
        self.save()
    }

    /// Deletes the state of an import that has ended.
    pub(super) fn delete(&self) -> anyhow::Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot delete {}", self.path.display()))
            }
            _ => Ok(()),
        }
    }

    fn save(&self) -> anyhow::Result<()> {
        let write = || {
            let folder = self.path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&serde_json::to_vec(self)?)?;
            file.persist(&self.path)?;
            std::io::Result::Ok(())
        };
        write().with_context(|| format!("cannot write {}", self.path.display()))
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
        load("http://a", "/film", 1, 1).delete().unwrap();
        assert_eq!(load("http://a", "/film", 1, 1).film, None);
        load("http://a", "/film", 1, 1).delete().unwrap();
    }

    #[test]
    fn a_subtitle_that_was_sent_is_remembered_until_it_is_added() {
        let home = tempfile::tempdir().unwrap();
        let film = "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f".parse().unwrap();
        let load = || State::load_for_film(Some(home.path()), "http://a", film).unwrap();
        assert_eq!(load().tracks_before("lo 1"), None);
        load().begin_subtitle("lo 1", vec!["t".to_owned()]).unwrap();
        assert_eq!(load().tracks_before("lo 1"), Some(&["t".to_owned()][..]));
        assert_eq!(load().tracks_before("lo 2"), None);
        assert!(!load().has_subtitle("lo 1"));
        load().end_subtitle("lo 1").unwrap();
        assert!(load().has_subtitle("lo 1") && load().tracks_before("lo 1").is_none());
    }
}
