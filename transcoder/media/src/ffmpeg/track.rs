//! Converts the container's description of a track to the domain's types.

use std::ffi::c_int;

use domain::{
    facts::{AudioFacts, ColorFacts, Crop, DolbyVision, FieldOrder, VideoFacts},
    presentation::Role,
    ratio::Ratio,
    speaker::Speaker,
};
use ffmpeg_next::{DictionaryRef, Packet, Stream, codec, ffi, frame, packet::Ref as _};

use super::{
    c_text::c_text,
    extent::ms_of,
    input::Input,
    sampled_frames::{bit_depth, named},
};
use crate::error::MediaError;

/// Maximum length of a tag: enough for a language or a title.
const MAX_TAG_CHARACTERS: usize = 200;
/// Maximum number of channels whose speakers are read: libavutil names about forty speakers.
const MAX_NAMED_CHANNELS: u32 = 64;

/// Returns the facts of a video track according to its first frame and its container. The caller determines the frame rate, the field
/// order and the actual duration from more frames.
pub(super) fn video(
    input: &mut Input,
    stream_index: u32,
    first: &frame::Video,
) -> Result<VideoFacts, MediaError> {
    let parameters = parameters(input, stream_index)?;
    let context = input.format();
    // SAFETY: FFmpeg reads three valid structures and changes none of them.
    let aspect = unsafe {
        let stream = *(*context.as_ptr()).streams.add(stream_index as usize);
        ffi::av_guess_sample_aspect_ratio(context.as_mut_ptr(), stream, first.as_ptr().cast_mut())
    };
    let programmes = programmes(input, stream_index);
    let stream = stream(input, stream_index)?;
    let time_base = ratio(stream.time_base().into()).unwrap_or(Ratio { num: 0, den: 1 });
    let orientation = display_matrix(&stream).map_or_else(Orientation::default, Orientation::of);
    // SAFETY: a decoded frame and codec parameters; plain fields.
    let (frame, codec) = unsafe { (&*first.as_ptr(), &*parameters.as_ptr()) };
    let format: ffi::AVPixelFormat = first.format().into();
    // SAFETY: a sample format's name is static, or null.
    let pixel_format = unsafe { c_text(ffi::av_get_pix_fmt_name(format)) };
    let dolby_vision = dolby_vision(&stream);
    Ok(VideoFacts {
        stream_index,
        codec: codec_name(&parameters),
        width: first.width(),
        height: first.height(),
        sample_aspect: ratio(aspect).filter(|aspect| aspect.num > 0).unwrap_or(Ratio { num: 1, den: 1 }),
        frame_aspect: Some(ratio(frame.sample_aspect_ratio).unwrap_or(Ratio { num: 0, den: 1 })),
        crop: Crop::default(),
        rotation_degrees: orientation.rotation_degrees,
        mirrored: orientation.mirrored,
        frame_rate: Ratio { num: 0, den: 1 },
        variable_frame_rate: false,
        field_order: FieldOrder::Progressive,
        pixel_format,
        bit_depth: bit_depth(format),
        color: color(frame, codec),
        time_base,
        first_pts: first.timestamp().unwrap_or(0),
        duration_ms: declared_duration_ms(input, stream_index)?,
        bitrate_bps: u64::try_from(codec.bit_rate).ok().filter(|rate| *rate > 0),
        still: false,
        light: None,
        dolby_vision,
        programmes,
    })
}

/// Returns the stream's colour description; each property comes from the frame or else from the container.
fn color(frame: &ffi::AVFrame, codec: &ffi::AVCodecParameters) -> ColorFacts {
    // SAFETY: the four functions look a value up in a table.
    unsafe {
        ColorFacts {
            primaries: named(ffi::av_color_primaries_name(frame.color_primaries))
                .or_else(|| named(ffi::av_color_primaries_name(codec.color_primaries))),
            transfer: named(ffi::av_color_transfer_name(frame.color_trc))
                .or_else(|| named(ffi::av_color_transfer_name(codec.color_trc))),
            matrix: named(ffi::av_color_space_name(frame.colorspace))
                .or_else(|| named(ffi::av_color_space_name(codec.color_space))),
            range: named(ffi::av_color_range_name(frame.color_range))
                .or_else(|| named(ffi::av_color_range_name(codec.color_range))),
        }
    }
}

/// Returns the facts of an audio track, except for its start time.
pub(super) fn audio(input: &mut Input, stream_index: u32) -> Result<AudioFacts, MediaError> {
    let parameters = parameters(input, stream_index)?;
    let duration_ms = declared_duration_ms(input, stream_index)?;
    let programmes = programmes(input, stream_index);
    let stream = stream(input, stream_index)?;
    let mut name = [0; 64];
    // SAFETY: valid codec parameters; the name is cut to the buffer and ends with NUL.
    let (channels, described, sample_rate) = unsafe {
        let layout = &raw const (*parameters.as_ptr()).ch_layout;
        let described = ffi::av_channel_layout_describe(layout, name.as_mut_ptr(), name.len());
        ((*layout).nb_channels, described, (*parameters.as_ptr()).sample_rate)
    };
    // SAFETY: as above.
    let layout = (described > 0).then(|| unsafe { c_text(name.as_ptr()) });
    let disposition = disposition(&stream);
    let tags = stream.metadata();
    Ok(AudioFacts {
        stream_index,
        codec: codec_name(&parameters),
        channels: u32::try_from(channels).unwrap_or(0),
        // "6 channels" is not a layout.
        channel_layout: layout.filter(|layout| !layout.ends_with("channels")),
        sample_rate_hz: u32::try_from(sample_rate).unwrap_or(0),
        language: tag(&tags, "language"),
        title: title(&tags),
        start_ms: 0,
        duration_ms,
        default: disposition & ffi::AV_DISPOSITION_DEFAULT != 0,
        speakers: speakers(&parameters),
        role: audio_role(disposition),
        programmes,
    })
}

/// Returns the speaker of each channel; empty unless the file names all of them.
fn speakers(parameters: &codec::Parameters) -> Vec<Speaker> {
    // SAFETY: valid codec parameters; FFmpeg checks the index and cuts the name to the buffer, with a NUL.
    let name_of = |index: u32| unsafe {
        let layout = &raw const (*parameters.as_ptr()).ch_layout;
        let mut name = [0; 16];
        let channel = ffi::av_channel_layout_channel_from_index(layout, index);
        (ffi::av_channel_name(name.as_mut_ptr(), name.len(), channel) > 0).then(|| c_text(name.as_ptr()))
    };
    // SAFETY: valid codec parameters; plain fields.
    let (order, channels) = unsafe {
        let layout = &raw const (*parameters.as_ptr()).ch_layout;
        ((*layout).order, u32::try_from((*layout).nb_channels).unwrap_or(0))
    };
    if order == ffi::AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC {
        return Vec::new();
    }
    let named = (0..channels.min(MAX_NAMED_CHANNELS)).map(|index| Speaker::from_name(&name_of(index)?));
    named.collect::<Option<_>>().unwrap_or_default()
}

/// Returns what the flags of a stream say that its audio is for. An audio description is "visual impaired"; "hearing impaired" audio has
/// clearer dialogue, which is still the film's own audio.
fn audio_role(disposition: c_int) -> Role {
    if disposition & (ffi::AV_DISPOSITION_VISUAL_IMPAIRED | ffi::AV_DISPOSITION_DESCRIPTIONS) != 0 {
        Role::AudioDescription
    } else if disposition & ffi::AV_DISPOSITION_COMMENT != 0 {
        Role::Commentary
    } else {
        Role::Main
    }
}

/// Returns the numbers of the programmes that contain a stream.
pub(super) fn programmes(input: &mut Input, stream_index: u32) -> Vec<u32> {
    let context = input.format();
    // SAFETY: the context is open; FFmpeg keeps `nb_programs` programmes, each with its list of stream indexes.
    unsafe {
        let context = context.as_ptr();
        let programmes = (0..(*context).nb_programs as usize).map(|at| &**(*context).programs.add(at));
        let containing = programmes.filter(|programme| {
            let count = programme.nb_stream_indexes as usize;
            (0..count).any(|at| *programme.stream_index.add(at) == stream_index)
        });
        containing.filter_map(|programme| u32::try_from(programme.program_num).ok()).collect()
    }
}

/// Returns Dolby Vision's configuration record of a stream.
fn dolby_vision(stream: &Stream<'_>) -> Option<DolbyVision> {
    // `AVDOVIDecoderConfigurationRecord` in libavutil/dovi_meta.h, which the bindings lack: eight numbers of one byte.
    const RECORD_BYTES: usize = 8;
    const PROFILE: usize = 2;
    const COMPATIBILITY: usize = 7;
    let mut size = 0;
    // SAFETY: the stream is open; FFmpeg returns null or `size` bytes that belong to the stream.
    let record = unsafe {
        let kind = ffi::AVPacketSideDataType::AV_PKT_DATA_DOVI_CONF;
        let data = ffi::av_stream_get_side_data(stream.as_ptr(), kind, &raw mut size);
        if data.is_null() || size < RECORD_BYTES {
            return None;
        }
        std::slice::from_raw_parts(data, RECORD_BYTES)
    };
    Some(DolbyVision { profile: record[PROFILE].into(), compatibility: record[COMPATIBILITY].into() })
}

/// Returns the flags of a stream, `AV_DISPOSITION_…`.
pub(super) fn disposition(stream: &Stream<'_>) -> c_int {
    // SAFETY: an open stream; a plain field.
    unsafe { (*stream.as_ptr()).disposition }
}

/// Returns the title of a track.
pub(super) fn title(tags: &DictionaryRef<'_>) -> Option<String> {
    tag(tags, "title").or_else(|| tag(tags, "handler_name").filter(|name| !is_handler(name)))
}

/// Whether this is a handler name, which programs write automatically and which does not help viewers.
fn is_handler(name: &str) -> bool {
    name.ends_with("Handler")
        || name.ends_with("Media Handler")
        || name.contains("Handle")
        || name.contains('@')
}

/// Returns a tag without control characters, cut to the maximum length; `None` if it is empty.
pub(super) fn tag(tags: &DictionaryRef<'_>, key: &str) -> Option<String> {
    let text: String = tags.get(key)?.chars().filter(|c| !c.is_control()).take(MAX_TAG_CHARACTERS).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Returns libavcodec's name of the codec.
pub(super) fn codec_name(parameters: &codec::Parameters) -> String {
    // SAFETY: returns a static C string for every id.
    unsafe { c_text(ffi::avcodec_get_name((*parameters.as_ptr()).codec_id)) }
}

/// Whether the samples are encrypted (ISO/IEC 23001-7 and Apple's older scheme).
pub(super) fn is_encrypted(parameters: &codec::Parameters) -> bool {
    // SAFETY: valid codec parameters; a plain field.
    let tag = unsafe { (*parameters.as_ptr()).codec_tag };
    [*b"encv", *b"enca", *b"drmi", *b"drms"].contains(&tag.to_le_bytes())
}

/// Returns the number of inaudible samples at the start of a packet, which is the first field of `AV_PKT_DATA_SKIP_SAMPLES`.
pub(super) fn skipped_samples(packet: &Packet) -> i64 {
    let mut size = 0;
    // SAFETY: the packet is valid; FFmpeg returns null or `size` bytes that belong to it.
    let bytes = unsafe {
        let kind = ffi::AVPacketSideDataType::AV_PKT_DATA_SKIP_SAMPLES;
        let data = ffi::av_packet_get_side_data(packet.as_ptr(), kind, &raw mut size);
        if data.is_null() || size < 4 {
            return 0;
        }
        std::slice::from_raw_parts(data, 4)
    };
    bytes.try_into().map_or(0, |bytes| i64::from(u32::from_le_bytes(bytes)))
}

/// Returns the number of inaudible samples at the start of an audio track: its encoder's delay.
pub(super) fn initial_padding(input: &mut Input, stream_index: u32) -> Result<i64, MediaError> {
    let parameters = parameters(input, stream_index)?;
    // SAFETY: valid codec parameters; a plain field.
    Ok(i64::from(unsafe { (*parameters.as_ptr()).initial_padding }))
}

/// Returns the samples per second of an audio track.
pub(super) fn sample_rate(input: &mut Input, stream_index: u32) -> Result<c_int, MediaError> {
    let parameters = parameters(input, stream_index)?;
    // SAFETY: valid codec parameters; a plain field.
    Ok(unsafe { (*parameters.as_ptr()).sample_rate })
}

/// Returns the field order that the container or the stream's header declares; `None` if neither does.
pub(super) fn declared_field_order(
    input: &mut Input,
    stream_index: u32,
) -> Result<Option<FieldOrder>, MediaError> {
    use ffi::AVFieldOrder::{
        AV_FIELD_BB, AV_FIELD_BT, AV_FIELD_PROGRESSIVE, AV_FIELD_TB, AV_FIELD_TT, AV_FIELD_UNKNOWN,
    };
    let parameters = parameters(input, stream_index)?;
    // SAFETY: valid codec parameters; a plain field. The second letter is the field that is shown first.
    Ok(match unsafe { (*parameters.as_ptr()).field_order } {
        AV_FIELD_TT | AV_FIELD_BT => Some(FieldOrder::TopFirst),
        AV_FIELD_BB | AV_FIELD_TB => Some(FieldOrder::BottomFirst),
        AV_FIELD_PROGRESSIVE => Some(FieldOrder::Progressive),
        AV_FIELD_UNKNOWN => None,
    })
}

/// Returns the frame rates that the container declares or FFmpeg guesses, the most likely first.
pub(super) fn declared_rates(input: &mut Input, stream_index: u32) -> Result<Vec<Ratio>, MediaError> {
    let stream = stream(input, stream_index)?;
    let rates = [stream.avg_frame_rate(), stream.rate()].map(|rate| ratio(rate.into()));
    Ok(rates.into_iter().flatten().filter(|rate| rate.num > 0 && rate.to_f64() <= 1000.0).collect())
}

/// Returns the track's duration according to its header, or else the container's.
fn declared_duration_ms(input: &mut Input, stream_index: u32) -> Result<u64, MediaError> {
    // SAFETY: the context is open; a plain field, in microseconds.
    let whole = unsafe { (*input.format().as_ptr()).duration };
    let stream = stream(input, stream_index)?;
    let base = ratio(stream.time_base().into());
    let track = base.filter(|_| stream.duration() > 0).map(|base| ms_of(stream.duration(), base));
    Ok(track.unwrap_or(whole / 1000).max(0).cast_unsigned())
}

/// How decoded frames are turned to be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Orientation {
    /// Clockwise, after mirroring, in whole degrees from 0 to 359.
    rotation_degrees: u32,
    /// Whether frames are mirrored horizontally first.
    mirrored: bool,
}

impl Orientation {
    /// Reads a display matrix (ISO/IEC 14496-12 §6.2.2): a matrix with a negative determinant mirrors.
    fn of(matrix: [i32; 9]) -> Self {
        let mirrored =
            i64::from(matrix[0]) * i64::from(matrix[4]) < i64::from(matrix[1]) * i64::from(matrix[3]);
        let mut upright = matrix;
        if mirrored {
            // What remains after a horizontal mirror, which negates the first column, is a rotation.
            (upright[0], upright[1]) = (matrix[0].wrapping_neg(), matrix[1].wrapping_neg());
        }
        // SAFETY: reads nine numbers. FFmpeg returns the counterclockwise rotation.
        let turn = unsafe { -ffi::av_display_rotation_get(upright.as_ptr()) };
        if !turn.is_finite() {
            return Self { rotation_degrees: 0, mirrored };
        }
        #[expect(clippy::cast_possible_truncation, reason = "an angle within ±180")]
        let degrees = (turn.round() as i64).rem_euclid(360);
        Self { rotation_degrees: u32::try_from(degrees).unwrap_or(0), mirrored }
    }
}

/// Returns the display matrix of a stream.
fn display_matrix(stream: &Stream<'_>) -> Option<[i32; 9]> {
    const MATRIX_BYTES: usize = 9 * size_of::<i32>();
    let mut size = 0;
    // SAFETY: the stream is open; FFmpeg returns null or `size` bytes that belong to it, which are copied, since they need not be
    // aligned.
    unsafe {
        let kind = ffi::AVPacketSideDataType::AV_PKT_DATA_DISPLAYMATRIX;
        let data = ffi::av_stream_get_side_data(stream.as_ptr(), kind, &raw mut size);
        if data.is_null() || size < MATRIX_BYTES {
            return None;
        }
        let mut matrix = [0_i32; 9];
        std::ptr::copy_nonoverlapping(data, matrix.as_mut_ptr().cast::<u8>(), MATRIX_BYTES);
        Some(matrix)
    }
}

pub(super) fn parameters(input: &mut Input, stream_index: u32) -> Result<codec::Parameters, MediaError> {
    stream(input, stream_index).map(|stream| stream.parameters())
}

fn stream(input: &mut Input, stream_index: u32) -> Result<Stream<'_>, MediaError> {
    let missing = || MediaError::Plan(format!("the master has no stream {stream_index}"));
    input.format().stream(stream_index as usize).ok_or_else(missing)
}

fn ratio(value: ffi::AVRational) -> Option<Ratio> {
    Ratio::new(value.num.into(), value.den.into())
}

#[cfg(test)]
mod tests {
    use super::Orientation;

    #[test]
    fn matrices_rotate_and_mirror() {
        const ONE: i32 = 1 << 16;
        let of = |a, b, c, d| Orientation::of([a, b, 0, c, d, 0, 0, 0, 1 << 30]);
        for (matrix, rotation_degrees, mirrored) in [
            ((ONE, 0, 0, ONE), 0, false),
            ((0, ONE, -ONE, 0), 90, false),
            ((-ONE, 0, 0, -ONE), 180, false),
            ((0, -ONE, ONE, 0), 270, false),
            ((-ONE, 0, 0, ONE), 0, true),
            ((ONE, 0, 0, -ONE), 180, true),
            ((0, -ONE, -ONE, 0), 90, true),
            ((0, ONE, ONE, 0), 270, true),
        ] {
            let (a, b, c, d) = matrix;
            assert_eq!(of(a, b, c, d), Orientation { rotation_degrees, mirrored }, "{matrix:?}");
        }
    }
}
