//! The container's description of a subtitle track.

use domain::{
    facts::{SubtitleCoding, SubtitleFacts},
    presentation::Role,
};
use ffmpeg_next::{Stream, codec, ffi};

use super::track;

/// In the sample description of timed text: all samples are shown even if the viewer has turned subtitles off (Apple `QuickTime` File
/// Format, subtitle sample data).
const ALL_SAMPLES_ARE_FORCED: u32 = 0x4000_0000;

/// Returns the facts of a subtitle track.
pub(super) fn facts(stream: &Stream<'_>, stream_index: u32) -> SubtitleFacts {
    let parameters = stream.parameters();
    let (tags, disposition) = (stream.metadata(), track::disposition(stream));
    let has = |flag| disposition & flag != 0;
    let role = if has(ffi::AV_DISPOSITION_HEARING_IMPAIRED) {
        Role::HardOfHearing
    } else if has(ffi::AV_DISPOSITION_COMMENT) {
        Role::Commentary
    } else {
        Role::Main
    };
    SubtitleFacts {
        stream_index,
        codec: track::codec_name(&parameters),
        language: track::tag(&tags, "language"),
        title: track::title(&tags),
        coding: coding(&parameters),
        default: has(ffi::AV_DISPOSITION_DEFAULT),
        forced: has(ffi::AV_DISPOSITION_FORCED) || is_forced_timed_text(&parameters),
        role,
    }
}

fn coding(parameters: &codec::Parameters) -> SubtitleCoding {
    // SAFETY: valid codec parameters; the descriptor is static, or null.
    let properties = unsafe {
        let descriptor = ffi::avcodec_descriptor_get((*parameters.as_ptr()).codec_id);
        descriptor.as_ref().map_or(0, |descriptor| descriptor.props)
    };
    if properties & ffi::AV_CODEC_PROP_TEXT_SUB != 0 {
        SubtitleCoding::Text
    } else if properties & ffi::AV_CODEC_PROP_BITMAP_SUB != 0 {
        SubtitleCoding::Bitmap
    } else {
        SubtitleCoding::Unknown
    }
}

fn is_forced_timed_text(parameters: &codec::Parameters) -> bool {
    let flags = extradata(parameters).first_chunk().map_or(0, |flags| u32::from_be_bytes(*flags));
    parameters.id() == codec::Id::MOV_TEXT && flags & ALL_SAMPLES_ARE_FORCED != 0
}

/// Returns what the container stores for the whole track.
pub(super) fn extradata(parameters: &codec::Parameters) -> &[u8] {
    // SAFETY: valid codec parameters; they own `extradata_size` bytes at `extradata`, or it is null.
    unsafe {
        let parameters = &*parameters.as_ptr();
        match usize::try_from(parameters.extradata_size) {
            Ok(size) if !parameters.extradata.is_null() => {
                std::slice::from_raw_parts(parameters.extradata, size)
            }
            _ => &[],
        }
    }
}
