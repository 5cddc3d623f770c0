//! The H.264 encoder of one rung: takes frames and returns packets.
//!
//! All settings that determine the bytes come from the plan, including those that make chunks fit together (`stitchable`, closed GOPs
//! of a fixed length). An option that x264 does not know is an error.

use std::ptr;

use domain::plan::{Encode, H264, Picture, Timeline, VideoCodec};
use ffmpeg_next::{Error, Packet, codec, ffi, frame, picture::Type};

use super::{
    color::Color,
    fail::{c_int, check, check_memory},
    frame_pool::share,
    options::Options,
};
use crate::error::MediaError;

/// A running encoder.
pub(super) struct VideoEncoder {
    context: codec::Context,
    /// Duration of a frame in ticks of the rendition's media time.
    frame_ticks: i64,
}

impl VideoEncoder {
    /// Opens an encoder for an encode of the plan and its picture, with these colours.
    pub(super) fn new(
        timeline: &Timeline,
        encode: &Encode,
        picture: Picture,
        color: Color,
    ) -> Result<Self, MediaError> {
        let VideoCodec::H264(settings) = &encode.codec;
        Self::h264(timeline, encode, settings, picture, color)
    }

    fn h264(
        timeline: &Timeline,
        encode: &Encode,
        settings: &H264,
        picture: Picture,
        color: Color,
    ) -> Result<Self, MediaError> {
        const OPENING: &str = "opening the H.264 encoder";
        let codec = codec::encoder::find_by_name("libx264")
            .ok_or(Error::EncoderNotFound)
            .map_err(MediaError::while_doing(OPENING))?;
        let mut context = codec::Context::new_with_codec(codec);
        let bits = |value: u64, what: &str| {
            i64::try_from(value)
                .map_err(|_| MediaError::Plan(format!("the {what} of {} is too large", encode.name)))
        };
        let (max_rate, buffer) =
            (bits(encode.max_bitrate_bps, "bitrate")?, bits(encode.buffer_bits, "buffer")?);
        // SAFETY: the context was just allocated for this codec and is not open; all are fields that callers set.
        unsafe {
            let c = context.as_mut_ptr();
            if c.is_null() {
                return Err(super::fail::out_of_memory(OPENING));
            }
            (*c).width = c_int(picture.width);
            (*c).height = c_int(picture.height);
            (*c).pix_fmt = ffi::AVPixelFormat::AV_PIX_FMT_YUV420P;
            (*c).sample_aspect_ratio = ffi::AVRational { num: 1, den: 1 };
            (*c).time_base =
                ffi::AVRational { num: c_int(timeline.frame_ticks), den: c_int(timeline.timescale) };
            (*c).framerate =
                ffi::AVRational { num: c_int(timeline.timescale), den: c_int(timeline.frame_ticks) };
            (*c).color_primaries = color.primaries;
            (*c).color_trc = color.transfer;
            (*c).colorspace = color.matrix;
            (*c).color_range = ffi::AVColorRange::AVCOL_RANGE_MPEG;
            (*c).gop_size = c_int(timeline.gop_frames);
            (*c).keyint_min = c_int(timeline.gop_frames);
            (*c).rc_max_rate = max_rate;
            (*c).rc_buffer_size = c_int(buffer);
            (*c).thread_count = c_int(settings.threads);
            (*c).flags |= ffi::AV_CODEC_FLAG_GLOBAL_HEADER.cast_signed();
            (*c).flags |= ffi::AV_CODEC_FLAG_CLOSED_GOP.cast_signed();
        }
        // Not `x264-params`, which only warns about names and values that x264 does not know.
        let options = Options::of(&[
            ("preset", &settings.preset),
            ("profile", &settings.profile),
            ("level", &settings.level),
            ("crf", &settings.crf.to_string()),
            ("x264opts", &settings.x264_params),
        ]);
        let opened = options.consume(|options| {
            // SAFETY: an allocated, unopened context of this codec; the dictionary pointer is valid.
            check(unsafe { ffi::avcodec_open2(context.as_mut_ptr(), ptr::null(), options) }, OPENING)
        });
        match opened {
            Ok(_) => Ok(Self { context, frame_ticks: timeline.frame_ticks.into() }),
            Err(MediaError::Ffmpeg { source, .. }) => {
                // x264 reports "external error" both for wrong settings and if a thread cannot allocate its stack.
                check_memory(source, OPENING)?;
                Err(MediaError::Plan(format!(
                    "x264 refuses the settings of {}: preset {}, profile {}, level {}, {}",
                    encode.name, settings.preset, settings.profile, settings.level, settings.x264_params
                )))
            }
            Err(error) => Err(error),
        }
    }

    /// Encodes frame `number` of the chunk.
    pub(super) fn push(&mut self, frame: &frame::Video, number: i64) -> Result<(), MediaError> {
        let doing = MediaError::while_doing("encoding a frame");
        let mut frame = share(frame).map_err(&doing)?;
        frame.set_pts(Some(number));
        // Otherwise the encoder would use the master's picture types.
        frame.set_kind(Type::None);
        // SAFETY: an open encoder and a valid frame of its size and format.
        check(
            unsafe { ffi::avcodec_send_frame(self.context.as_mut_ptr(), frame.as_ptr()) },
            "encoding a frame",
        )
        .map(|_| ())
    }

    /// Signals the end of the chunk to the encoder.
    pub(super) fn finish(&mut self) -> Result<(), MediaError> {
        // SAFETY: an open encoder; null means the end.
        let status = unsafe { ffi::avcodec_send_frame(self.context.as_mut_ptr(), ptr::null()) };
        check(status, "finishing the video").map(|_| ())
    }

    /// Returns the next packet in decoding order, timed in media ticks from the chunk's start; `None` if the encoder needs more
    /// frames, or at the end.
    pub(super) fn pull(&mut self) -> Result<Option<Packet>, MediaError> {
        let Some(mut packet) = receive_packet(&mut self.context)? else { return Ok(None) };
        let scale = |time: Option<i64>| time.map(|time| time * self.frame_ticks);
        packet.set_pts(scale(packet.pts()));
        packet.set_dts(scale(packet.dts()));
        // Without a duration the muxer guesses one and loses the last frame of a fragment.
        packet.set_duration(self.frame_ticks);
        Ok(Some(packet))
    }

    /// Returns the open context, from which the muxer copies the stream's parameters.
    pub(super) fn context(&self) -> &codec::Context {
        &self.context
    }
}

/// Returns the next packet of an open encoder; `None` if none is available now.
pub(super) fn receive_packet(context: &mut codec::Context) -> Result<Option<Packet>, MediaError> {
    use ffmpeg_next::packet::Mut;
    let mut packet = Packet::empty();
    // SAFETY: an open encoder and an empty packet.
    match unsafe { ffi::avcodec_receive_packet(context.as_mut_ptr(), packet.as_mut_ptr()) } {
        status if status >= 0 => Ok(Some(packet)),
        status => match Error::from(status) {
            Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN } => Ok(None),
            error => Err(MediaError::while_doing("encoding")(error)),
        },
    }
}
