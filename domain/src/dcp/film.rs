//! What is played of a package: the reels of one composition, with the files of their tracks.

use super::{AssetId, ContentKind, TrackKind};
use crate::{language::Language, ratio::Ratio, subtitle::ReelPlacement};

/// A film in a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Film {
    /// The composition.
    pub id: AssetId,
    /// Title of the composition.
    pub title: String,
    /// What the composition is for.
    pub kind: ContentKind,
    /// Edit units per second, of the video of all reels.
    pub edit_rate: Ratio,
    /// Duration of the video of all reels, in units of `edit_rate`.
    pub duration: u64,
    /// Channels of the audio as the composition names them, for [`SoundLabel::Names`](super::SoundLabel::Names).
    pub sound_configuration: Option<String>,
    /// The reels in the order in which they are played; at least one.
    pub reels: Vec<FilmReel>,
}

impl Film {
    /// Duration in milliseconds, rounded.
    pub fn duration_ms(&self) -> u64 {
        ms(self.duration, self.edit_rate)
    }

    /// All tracks of all reels. A file that is used several times occurs several times.
    pub fn tracks(&self) -> impl Iterator<Item = &FilmTrack> {
        self.reels.iter().flat_map(FilmReel::tracks)
    }
}

/// A reel of a film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilmReel {
    /// Its start in the film, in units of the film's edit rate.
    pub start: u64,
    /// Its duration, which is that of its video, in the same units.
    pub duration: u64,
    /// The video.
    pub video: FilmTrack,
    /// The audio. A reel may be silent.
    pub audio: Option<FilmTrack>,
    /// Subtitles and closed captions.
    pub text: Vec<FilmTrack>,
}

impl FilmReel {
    /// The tracks of the reel.
    pub fn tracks(&self) -> impl Iterator<Item = &FilmTrack> {
        std::iter::once(&self.video).chain(&self.audio).chain(&self.text)
    }

    /// Where the cues of `text`, a track of this reel, are in the film. `edit_rate` is the film's.
    pub fn placement(&self, text: &FilmTrack, edit_rate: Ratio) -> ReelPlacement {
        ReelPlacement {
            start_ms: ms(self.start, edit_rate),
            entry_ms: text.entry_ms(),
            duration_ms: ms(self.duration, edit_rate),
        }
    }
}

/// A track of a reel and its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilmTrack {
    /// What it contains.
    pub kind: TrackKind,
    /// The asset.
    pub id: AssetId,
    /// Path of the file from the folder of the package.
    pub path: String,
    /// Size of the file, in bytes.
    pub size_bytes: u64,
    /// SHA-1 hash of the file, if the packing list has it.
    pub sha1: Option<[u8; 20]>,
    /// Media type of the file as the packing list says it.
    pub media_type: String,
    /// Edit units per second of this track.
    pub edit_rate: Ratio,
    /// First unit of the file that is played, in units of this track.
    pub entry_point: u64,
    /// Number of units that are played, in units of this track. Of audio it can differ from the reel's.
    pub duration: u64,
    /// Language of the dialogue or of the text.
    pub language: Option<Language>,
    /// Frames per second of video.
    pub frame_rate: Option<Ratio>,
    /// Width of the video divided by its height.
    pub screen_aspect_ratio: Option<Ratio>,
}

impl FilmTrack {
    /// Whether the file is an XML document, as the subtitles of Interop are. Those of SMPTE are in MXF files (ST 429-5).
    pub fn is_xml(&self) -> bool {
        let media_type = self.media_type.trim_start().to_ascii_lowercase();
        media_type.starts_with("text/xml") || media_type.starts_with("application/xml")
    }

    /// First time of the file that is played, in milliseconds, rounded.
    pub fn entry_ms(&self) -> u64 {
        ms(self.entry_point, self.edit_rate)
    }

    /// How long it is played, in milliseconds, rounded.
    pub fn duration_ms(&self) -> u64 {
        ms(self.duration, self.edit_rate)
    }
}

/// Edit units in milliseconds, rounded. The rate must be positive.
pub(super) fn ms(units: u64, edit_rate: Ratio) -> u64 {
    let (num, den) = (u128::from(edit_rate.num.unsigned_abs()), u128::from(edit_rate.den.unsigned_abs()));
    let ms = (u128::from(units) * 1000 * den + num / 2).checked_div(num);
    ms.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(u64::MAX)
}
