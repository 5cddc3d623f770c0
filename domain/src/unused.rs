//! What a master contains and Nang does not use.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    facts::{AudioFacts, MediaFacts, OtherFacts, OtherKind, SubtitleCoding, SubtitleFacts, VideoFacts},
    planner,
};

/// A stream of a master that is not in the film that Nang makes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnusedStream {
    /// Index of the stream in the container.
    pub stream_index: u32,
    /// What it contains.
    pub kind: StreamKind,
    /// libavcodec's name; `none` if it has none.
    pub codec: String,
    /// The container's language tag.
    pub language: Option<String>,
    /// The stream's title, or the file name of an attachment.
    pub title: Option<String>,
    /// Why Nang does not use it.
    pub why: Why,
}

/// What a stream contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// A film has one video track: the largest, the first of equals.
    OtherVideo,
    /// Every frame is the same image, and the file has video that moves.
    StillVideo,
    /// It belongs to another programme of the transport stream than the film's video.
    OtherProgramme,
    /// The file has too many mono tracks without names to be one mix.
    UnnamedMono,
    /// The track is empty.
    Empty,
    /// Nang cannot decode the codec, and the file has another track of this kind.
    Undecodable,
    /// The subtitles are images. Players choose the size and font of text only.
    BitmapSubtitles,
    /// Nang cannot read this format of subtitles.
    SubtitleFormat,
    /// The master has more subtitle tracks than Nang takes over.
    TooManySubtitles,
    /// Films have posters, which editors upload.
    CoverImage,
    /// Viewers' players have their own fonts.
    Attachment,
    /// It is neither video, audio nor subtitles.
    NotMedia,
}

impl Why {
    /// The reason, and what an editor can do, as a sentence without its full stop.
    pub fn text(self) -> &'static str {
        match self {
            Self::OtherVideo => "a film has one video track, and Nang uses the largest",
            Self::StillVideo => "every frame is the same image, and the file has video that moves",
            Self::OtherProgramme => "it belongs to another programme than the film's video",
            Self::UnnamedMono => {
                "the file has too many mono tracks without names; name their channels, or deliver one track"
            }
            Self::Empty => "the track is empty",
            Self::Undecodable => "Nang cannot decode this codec, and uses the other tracks of this kind",
            Self::BitmapSubtitles => {
                "these subtitles are images; add them as a text file (SRT, WebVTT or ASS)"
            }
            Self::SubtitleFormat => {
                "Nang cannot read this format of subtitles; add them as a text file (SRT, WebVTT or ASS)"
            }
            Self::TooManySubtitles => {
                "Nang takes over a limited number of subtitle tracks; add others as text files"
            }
            Self::CoverImage => "Nang does not use cover images; upload a poster on the film's page",
            Self::Attachment => "Nang does not use attached files; players show subtitles in their own fonts",
            Self::NotMedia => "it is neither video, audio nor subtitles",
        }
    }
}

impl fmt::Display for UnusedStream {
    /// `stream 4, subtitles hdmv_pgs_subtitle, fre, “Français”: these subtitles are images; …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            StreamKind::Video => "video",
            StreamKind::Audio => "audio",
            StreamKind::Subtitle => "subtitles",
            StreamKind::CoverImage => "cover image",
            StreamKind::Data => "data",
            StreamKind::Attachment => "attached file",
            StreamKind::Unknown => "unknown content",
        };
        write!(f, "stream {}, {kind}", self.stream_index)?;
        if self.codec != "none" {
            write!(f, " {}", self.codec)?;
        }
        if let Some(language) = &self.language {
            write!(f, ", {language}")?;
        }
        if let Some(title) = &self.title {
            write!(f, ", “{title}”")?;
        }
        write!(f, ": {}", self.why.text())
    }
}

/// Returns the streams that Nang does not use of a master with these facts, in file order.
pub fn unused(facts: &MediaFacts) -> Vec<UnusedStream> {
    let main = planner::main_video_track(facts).ok();
    let used_video = main.map(|video| video.stream_index);
    let used_subtitles: Vec<u32> =
        planner::text_subtitles(&facts.subtitles).map(|track| track.stream_index).collect();
    let video = facts.video.iter().filter(|video| Some(video.stream_index) != used_video);
    let video = video.map(|video| of_video(video, main.is_some_and(|main| !main.still)));
    let left_out = planner::left_out_audio(facts);
    let audio = facts.audio.iter().filter_map(|audio| {
        let why = if audio.duration_ms == 0 {
            Why::Empty
        } else if !planner::belongs(audio, main) {
            Why::OtherProgramme
        } else if left_out.contains(&audio.stream_index) {
            Why::UnnamedMono
        } else {
            return None;
        };
        Some(of_audio(audio, why))
    });
    let subtitles =
        facts.subtitles.iter().filter(|track| !used_subtitles.contains(&track.stream_index)).map(of_subtitle);
    let other = facts.other.iter().map(of_other);
    let mut all: Vec<_> = video.chain(audio).chain(subtitles).chain(other).collect();
    all.sort_by_key(|stream| stream.stream_index);
    all
}

fn of_video(video: &VideoFacts, film_moves: bool) -> UnusedStream {
    UnusedStream {
        stream_index: video.stream_index,
        kind: StreamKind::Video,
        codec: video.codec.clone(),
        language: None,
        title: None,
        why: if video.still && film_moves { Why::StillVideo } else { Why::OtherVideo },
    }
}

fn of_audio(audio: &AudioFacts, why: Why) -> UnusedStream {
    UnusedStream {
        stream_index: audio.stream_index,
        kind: StreamKind::Audio,
        codec: audio.codec.clone(),
        language: audio.language.clone(),
        title: audio.title.clone(),
        why,
    }
}

fn of_subtitle(subtitle: &SubtitleFacts) -> UnusedStream {
    let why = match subtitle.coding {
        SubtitleCoding::Bitmap => Why::BitmapSubtitles,
        _ if subtitle.format().is_some() => Why::TooManySubtitles,
        _ => Why::SubtitleFormat,
    };
    UnusedStream {
        stream_index: subtitle.stream_index,
        kind: StreamKind::Subtitle,
        codec: subtitle.codec.clone(),
        language: subtitle.language.clone(),
        title: subtitle.title.clone(),
        why,
    }
}

fn of_other(other: &OtherFacts) -> UnusedStream {
    let (kind, why) = match other.kind {
        OtherKind::CoverImage => (StreamKind::CoverImage, Why::CoverImage),
        OtherKind::UndecodableVideo => (StreamKind::Video, Why::Undecodable),
        OtherKind::UndecodableAudio => (StreamKind::Audio, Why::Undecodable),
        OtherKind::Data => (StreamKind::Data, Why::NotMedia),
        OtherKind::Attachment => (StreamKind::Attachment, Why::Attachment),
        OtherKind::Unknown => (StreamKind::Unknown, Why::NotMedia),
    };
    UnusedStream {
        stream_index: other.stream_index,
        kind,
        codec: other.codec.clone(),
        language: other.language.clone(),
        title: other.title.clone(),
        why,
    }
}
