//! Streams that are not video, audio or subtitle tracks that Nang can decode.

use domain::facts::{OtherFacts, OtherKind};
use ffmpeg_next::{Stream, ffi, media};

use super::{allowed, track};

/// Returns what such a stream contains; `None` for other streams.
pub(super) fn kind(stream: &Stream<'_>) -> Option<OtherKind> {
    let parameters = stream.parameters();
    let cover_image = ffi::AV_DISPOSITION_ATTACHED_PIC | ffi::AV_DISPOSITION_TIMED_THUMBNAILS;
    let is_decodable = allowed::is_decodable(parameters.id());
    match parameters.medium() {
        media::Type::Video if track::disposition(stream) & cover_image != 0 => Some(OtherKind::CoverImage),
        media::Type::Video if !is_decodable => Some(OtherKind::UndecodableVideo),
        media::Type::Audio if !is_decodable => Some(OtherKind::UndecodableAudio),
        media::Type::Video | media::Type::Audio | media::Type::Subtitle => None,
        media::Type::Attachment => Some(OtherKind::Attachment),
        media::Type::Data => Some(OtherKind::Data),
        media::Type::Unknown => Some(OtherKind::Unknown),
    }
}

/// Returns the facts of such a stream.
pub(super) fn facts(stream: &Stream<'_>, stream_index: u32, kind: OtherKind) -> OtherFacts {
    let tags = stream.metadata();
    OtherFacts {
        stream_index,
        kind,
        codec: track::codec_name(&stream.parameters()),
        language: track::tag(&tags, "language"),
        title: track::title(&tags).or_else(|| track::tag(&tags, "filename")),
    }
}
