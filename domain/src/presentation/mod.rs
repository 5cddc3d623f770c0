//! A presentation: what viewers play. It names renditions of one or more builds, so changing a subtitle or the name of a track
//! makes a new presentation and encodes nothing else.

mod audio_group;
mod compose;
mod first;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use compose::{ComposeError, Named, NamedBuild, compose};
pub use first::first_presentation;

use crate::{
    chapter::Chapter,
    hls::QuotedString,
    id::{BuildId, TrackId},
    key::RenditionName,
    language::Language,
    output::StoredObject,
    ratio::Ratio,
    storyboard::Thumbnails,
};

/// The contents of a presentation. Immutable; stored with the presentation's row and in its manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presentation {
    /// Format of this value: [`Presentation::VERSION`].
    pub version: u32,
    /// The build whose video renditions, storyboard and duration it has.
    pub video: BuildId,
    /// Audio tracks in menu order.
    pub audio: Vec<Track>,
    /// Subtitle tracks in menu order.
    pub subtitles: Vec<Track>,
    /// Thumbnails of that build; `None` if it has none.
    pub thumbnails: Option<Thumbnails>,
    /// Chapters of that build.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chapters: Vec<Chapter>,
}

/// One audio or subtitle track as viewers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// Its id in all presentations of the film.
    pub id: TrackId,
    /// The build that contains its renditions.
    pub build: BuildId,
    /// Its renditions in that build. Audio: at least one; subtitles: exactly one.
    pub renditions: Vec<RenditionName>,
    /// BCP 47 language, if known.
    pub language: Option<String>,
    /// Text in the viewer's menu, unique among the tracks of its kind.
    pub label: String,
    /// Whether players use it until the viewer chooses a track. At most one track of each kind.
    pub default: bool,
    /// Subtitles only: translates signs and foreign speech, and is shown even if the viewer has turned subtitles off.
    pub forced: bool,
    /// What the track is for.
    pub role: Role,
    /// Subtitles only: the rendition of the master that it began as. It stays when an editor corrects or replaces the text, so that
    /// encoding the film again does not bring the master's text back beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_rendition: Option<RenditionName>,
}

/// Whether a track is heard or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    /// An audio track.
    Audio,
    /// A subtitle track.
    Subtitle,
}

/// What an editor wants of a track that is added: how it appears in menus, and how its file is timed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackSettings {
    /// BCP 47 language.
    pub language: Option<String>,
    /// Text in the viewer's menu; the language's own name if `None`.
    pub label: Option<String>,
    /// Whether players use it until the viewer chooses a track.
    pub default: bool,
    /// Subtitles only: shown even if the viewer has turned subtitles off.
    pub forced: bool,
    /// What the track is for.
    pub role: Role,
    /// What is added to all times of its file, in milliseconds; after the rate.
    pub shift_ms: i64,
    /// Subtitles only: factor of all times of its file; 1 if `None`.
    pub rate: Option<Ratio>,
    /// Subtitles only: encoding of its file, chosen by an editor.
    pub encoding: Option<String>,
}

impl TrackSettings {
    /// The text for the viewer's menu.
    pub fn menu_label(&self) -> String {
        let language =
            || self.language.as_deref().and_then(Language::normalize).map(|language| language.label());
        self.label.clone().or_else(language).unwrap_or_else(|| "Track".to_owned())
    }
}

impl Track {
    /// Its name in the playlist without distinction of upper and lower case. Tracks of a kind need different ones.
    fn name_key(&self) -> String {
        name_key(&self.label)
    }
}

/// See [`Track::name_key`]. Labels that differ only in characters that a playlist cannot contain have the same key.
fn name_key(label: &str) -> String {
    QuotedString::new(label).to_string().to_lowercase()
}

/// What a track is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The film's dialogue, or its translation.
    #[default]
    Main,
    /// Subtitles for the deaf and hard of hearing, with speakers and sounds.
    HardOfHearing,
    /// Audio with a narrator who describes what is seen.
    AudioDescription,
    /// A commentary about the film.
    Commentary,
}

impl Role {
    /// Whether it is the film's dialogue or its translation.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub(crate) fn is_main(&self) -> bool {
        *self == Self::Main
    }
}

impl Presentation {
    /// The format that this code writes.
    pub const VERSION: u32 = 1;
    /// Maximum number of tracks of each kind.
    pub const MAX_TRACKS: usize = 64;

    /// All builds that it names.
    pub fn builds(&self) -> BTreeSet<BuildId> {
        self.tracks().map(|track| track.build).chain([self.video]).collect()
    }

    /// Adds a track, or replaces the renditions of the track with its id and keeps its name, flags and role.
    #[must_use]
    pub fn with_track(mut self, kind: TrackKind, new: Track) -> Self {
        let tracks = match kind {
            TrackKind::Audio => &mut self.audio,
            TrackKind::Subtitle => &mut self.subtitles,
        };
        if let Some(old) = tracks.iter_mut().find(|track| track.id == new.id) {
            (old.build, old.renditions) = (new.build, new.renditions);
            return self;
        }
        if new.default {
            for track in tracks.iter_mut() {
                track.default = false;
            }
        }
        tracks.push(new);
        first::settle(tracks);
        self
    }

    /// The languages of tracks, each once, in alphabetical order.
    pub fn languages(tracks: &[Track]) -> Vec<String> {
        let languages: BTreeSet<&String> =
            tracks.iter().filter_map(|track| track.language.as_ref()).collect();
        languages.into_iter().cloned().collect()
    }

    /// All tracks, audio first.
    pub fn tracks(&self) -> impl Iterator<Item = &Track> {
        self.audio.iter().chain(&self.subtitles)
    }
}

/// `manifest.json`: every object that a presentation reaches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PresentationManifest {
    /// Format of this file: [`PresentationManifest::VERSION`].
    pub version: u32,
    /// Duration of the film.
    pub duration_ms: u64,
    /// The presentation.
    pub presentation: Presentation,
    /// Every object of every build that it names, and its own playlist, by its path within the film's folder.
    pub objects: BTreeMap<String, StoredObject>,
}

impl PresentationManifest {
    /// The format that this code writes.
    pub const VERSION: u32 = 2;
}
