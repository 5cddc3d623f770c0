//! What Nang makes of the streams of masters: what it does not use, and what it guessed or mended.

use domain::{facts::MediaFacts, note::Note, planner, unused};
use serde::Serialize;
use utoipa::ToSchema;

use crate::failure_reason::FailureReason;

/// What a stream contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StreamKind {
    /// Video.
    Video,
    /// Audio.
    Audio,
    /// Subtitles.
    Subtitle,
    /// A cover image, or the thumbnails of chapters.
    CoverImage,
    /// Data, such as timecodes and chapters.
    Data,
    /// A file, usually a font.
    Attachment,
    /// The container does not say.
    Unknown,
}

/// Why a stream is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UnusedReason {
    /// A film has one video track, and Nang uses the largest.
    OtherVideo,
    /// Every frame is the same image, and the file has video that moves.
    StillVideo,
    /// It belongs to another programme than the film's video.
    OtherProgramme,
    /// The file has too many mono tracks without names to be one mix.
    UnnamedMono,
    /// The track is empty.
    Empty,
    /// Nang cannot decode the codec, and the file has another track of this kind.
    Undecodable,
    /// The subtitles are images. They can be added as a text file.
    BitmapSubtitles,
    /// Nang cannot read this format of subtitles. They can be added as a text file.
    SubtitleFormat,
    /// The master has more subtitle tracks than Nang takes over. They can be added as text files.
    TooManySubtitles,
    /// Nang does not use cover images. Films have posters.
    CoverImage,
    /// Nang does not use attached files. Players show subtitles in their own fonts.
    Attachment,
    /// It is neither video, audio nor subtitles.
    NotMedia,
}

/// A stream of a master that is not in the film that Nang makes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct UnusedStream {
    /// Index of the stream in the file.
    pub(crate) stream_index: u32,
    /// What it contains.
    pub(crate) kind: StreamKind,
    /// FFmpeg's name of its codec; `none` if it has none.
    pub(crate) codec: String,
    /// Language tag in the file; null if absent.
    #[schema(required)]
    pub(crate) language: Option<String>,
    /// Its title, or the name of an attached file; null if absent.
    #[schema(required)]
    pub(crate) title: Option<String>,
    /// Why it is not used.
    pub(crate) why: UnusedReason,
}

/// Something that Nang guessed or mended in a master.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FileNote {
    /// Index of the stream that it is about; null for the whole file.
    #[schema(required)]
    pub(crate) stream_index: Option<u32>,
    /// The sentence in English.
    pub(crate) text: String,
    /// The same as a code, which clients translate.
    pub(crate) reason: FailureReason,
}

impl From<Note> for FileNote {
    fn from(note: Note) -> Self {
        Self { stream_index: note.stream_index, text: note.reason.to_string(), reason: note.reason.into() }
    }
}

/// Returns the streams that Nang does not use of a master with these facts, and what it guessed and mended. Facts that another version of
/// Nang stored and that this one cannot read say nothing about them.
pub(super) fn of_facts(facts: Option<serde_json::Value>) -> (Vec<UnusedStream>, Vec<FileNote>) {
    let facts: Option<MediaFacts> = facts.and_then(|facts| serde_json::from_value(facts).ok());
    let Some(facts) = facts else { return (Vec::new(), Vec::new()) };
    let unused = unused::unused(&facts).into_iter().map(UnusedStream::from).collect();
    (unused, planner::notes(&facts).into_iter().map(FileNote::from).collect())
}

impl From<unused::UnusedStream> for UnusedStream {
    fn from(stream: unused::UnusedStream) -> Self {
        Self {
            stream_index: stream.stream_index,
            kind: stream.kind.into(),
            codec: stream.codec,
            language: stream.language,
            title: stream.title,
            why: stream.why.into(),
        }
    }
}

convert_enum!(unused::StreamKind => StreamKind { Video, Audio, Subtitle, CoverImage, Data, Attachment, Unknown });
convert_enum!(unused::Why => UnusedReason {
    OtherVideo, StillVideo, OtherProgramme, UnnamedMono, Empty, Undecodable, BitmapSubtitles, SubtitleFormat, TooManySubtitles, CoverImage, Attachment, NotMedia
});
