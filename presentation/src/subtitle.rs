//! Adds a subtitle to a film, or replaces one.

use std::collections::BTreeMap;

use bytes::Bytes;
use db::{
    Db,
    audit::Author,
    workflow::{NewSubtitle, NewSubtitleFile, begin_subtitle, finish_subtitle},
};
use domain::{
    hex,
    id::{BuildId, FileId, FilmId, PresentationId, TrackId},
    key::{BuildObject, BuildRoot, Key, RenditionName},
    presentation::{Named, NamedBuild, Track, TrackKind, TrackSettings},
    publish::{SubtitleSource, assemble_subtitle},
    subtitle::Cue,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use storage::Storage;
use uuid::Uuid;

use crate::{edit::edit, error::PresentationError};

/// A subtitle to add or to replace.
#[derive(Clone, Copy, Debug)]
pub struct NewSubtitleTrack<'a> {
    /// The film. It must show a presentation.
    pub film: FilmId,
    /// Duration of the film.
    pub film_ms: u64,
    /// The author of the change.
    pub author: &'a Author,
    /// The track; a new id adds a track.
    pub track: TrackId,
    /// The uploaded file and its name; `None` if an editor corrects cues.
    pub file: Option<(&'a str, &'a Bytes)>,
    /// What the editor wants of the track.
    pub settings: &'a TrackSettings,
    /// Cues in film time.
    pub cues: &'a [Cue],
    /// The action, for the audit log: `track.add`, `track.replace` or `track.correct`.
    pub action: &'static str,
}

/// Makes a build of the cues and shows a presentation with it. Returns the presentation; `None` if the film shows none, in which case
/// the build is deleted within hours.
pub async fn put_subtitle(
    db: &Db,
    storage: &Storage,
    new: NewSubtitleTrack<'_>,
) -> Result<Option<PresentationId>, PresentationError> {
    let build = BuildId(Uuid::now_v7());
    let file = match new.file {
        Some((name, bytes)) => {
            let id = FileId(Uuid::now_v7());
            storage.put_bytes(&Key::master(id), bytes.clone()).await?;
            Some((id, name, bytes.len() as u64, hex::encode(&Sha256::digest(bytes))))
        }
        None => None,
    };
    let begun = NewSubtitle {
        film: new.film,
        build,
        track: new.track,
        file: file.as_ref().map(|(id, name, size_bytes, sha256)| NewSubtitleFile {
            id: *id,
            name,
            size_bytes: *size_bytes,
            sha256,
        }),
        settings: new.settings,
        action: new.action,
    };
    begin_subtitle(db, new.author, &begun).await?;

    let label = new.settings.menu_label();
    let source = SubtitleSource {
        cues: new.cues,
        film_ms: new.film_ms,
        sha256: file.map(|(.., sha256)| sha256).unwrap_or_default(),
        language: new.settings.language.clone(),
        label: label.clone(),
        plan: json!({ "version": 1, "settings": new.settings, "corrected": new.file.is_none() }),
        tools: BTreeMap::from([("nang".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]),
    };
    let (record, texts) = assemble_subtitle(source);
    let root = BuildRoot::Film(new.film, build);
    for (path, text) in texts {
        let key = root.at(&path).map_err(|_| PresentationError::Path(path))?;
        storage.put_bytes(&key, Bytes::from(text)).await?;
    }
    let text = Bytes::from(serde_json::to_vec_pretty(&record)?);
    storage.put_bytes(&root.key(&BuildObject::Record), text).await?;
    finish_subtitle(db, new.film, build, &record).await?;

    let track = Track {
        id: new.track,
        build,
        renditions: vec![RenditionName::subtitles()],
        language: new.settings.language.clone(),
        label,
        default: new.settings.default,
        forced: new.settings.forced,
        role: new.settings.role,
        master_rendition: None,
    };
    let known = Named::from([(build, NamedBuild { root, record })]);
    edit(db, storage, new.author, new.film, new.action, &known, |content| {
        Ok(content.with_track(TrackKind::Subtitle, track.clone()))
    })
    .await
}
