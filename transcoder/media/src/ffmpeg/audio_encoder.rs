//! FFmpeg's own AAC encoder: takes frames of 1024 samples and returns packets.

use std::ptr;

use domain::plan::AudioEncode;
use ffmpeg_next::{
    Error, Packet, codec, ffi,
    format::{Sample, sample},
};

use super::{
    audio::FRAME_SAMPLES,
    fail::{c_int, check, out_of_memory},
    frames,
    options::Options,
    video_encoder::receive_packet,
};
use crate::error::MediaError;

/// A running encoder.
pub(super) struct AudioEncoder {
    context: codec::Context,
    /// Samples pushed so far.
    position: i64,
}

impl AudioEncoder {
    /// Opens an encoder for a rendition of the plan.
    pub(super) fn new(
        rendition: &AudioEncode,
        channels: u32,
        sample_rate_hz: u32,
    ) -> Result<Self, MediaError> {
        const OPENING: &str = "opening the AAC encoder";
        let codec = codec::encoder::find_by_name("aac")
            .ok_or(Error::EncoderNotFound)
            .map_err(MediaError::while_doing(OPENING))?;
        let mut context = codec::Context::new_with_codec(codec);
        let bitrate = i64::try_from(rendition.bitrate_bps)
            .map_err(|_| MediaError::Plan(format!("the bitrate of {} is too large", rendition.name)))?;
        // SAFETY: the context was just allocated for this codec and is not open; all are fields that callers set.
        unsafe {
            let c = context.as_mut_ptr();
            if c.is_null() {
                return Err(out_of_memory(OPENING));
            }
            (*c).sample_fmt = ffi::AVSampleFormat::AV_SAMPLE_FMT_FLTP;
            (*c).sample_rate = c_int(sample_rate_hz);
            (*c).time_base = ffi::AVRational { num: 1, den: c_int(sample_rate_hz) };
            ffi::av_channel_layout_default(&raw mut (*c).ch_layout, c_int(channels));
            (*c).bit_rate = bitrate;
            // 0: derived from the bitrate.
            (*c).cutoff = c_int(rendition.cutoff_hz.unwrap_or(0));
            (*c).profile = ffi::FF_PROFILE_AAC_LOW;
            (*c).thread_count = 1;
            // Bit-exact leaves the encoder's version out of the packets.
            (*c).flags |= (ffi::AV_CODEC_FLAG_GLOBAL_HEADER | ffi::AV_CODEC_FLAG_BITEXACT).cast_signed();
        }
        Options::default().consume(|options| {
            // SAFETY: an allocated, unopened context of this codec; the dictionary pointer is valid.
            check(unsafe { ffi::avcodec_open2(context.as_mut_ptr(), ptr::null(), options) }, OPENING)
        })?;
        Ok(Self { context, position: 0 })
    }

    /// Encodes one frame: 1024 samples for each channel.
    pub(super) fn push(&mut self, channels: &[Vec<f32>]) -> Result<(), MediaError> {
        const ALLOCATING: &str = "allocating an audio frame";
        let length = channels.first().map_or(0, Vec::len);
        let mut frame = frames::audio().map_err(MediaError::while_doing(ALLOCATING))?;
        // SAFETY: a new, empty frame, described fully before its buffers are allocated; the layout is copied.
        let status = unsafe {
            let f = frame.as_mut_ptr();
            (*f).nb_samples = c_int(length);
            (*f).format = ffi::AVSampleFormat::AV_SAMPLE_FMT_FLTP as i32;
            (*f).sample_rate = (*self.context.as_ptr()).sample_rate;
            match ffi::av_channel_layout_copy(
                &raw mut (*f).ch_layout,
                &raw const (*self.context.as_ptr()).ch_layout,
            ) {
                status if status < 0 => status,
                _ => ffi::av_frame_get_buffer(f, 0),
            }
        };
        check(status, ALLOCATING)?;
        debug_assert_eq!(frame.format(), Sample::F32(sample::Type::Planar));
        for (index, samples) in channels.iter().enumerate() {
            frame.plane_mut::<f32>(index).copy_from_slice(samples);
        }
        frame.set_pts(Some(self.position));
        self.position += i64::try_from(FRAME_SAMPLES).unwrap_or(i64::MAX);
        // SAFETY: an open encoder and a valid frame of its format.
        let status = unsafe { ffi::avcodec_send_frame(self.context.as_mut_ptr(), frame.as_ptr()) };
        check(status, "encoding audio").map(|_| ())
    }

    /// Signals the end of the track to the encoder.
    pub(super) fn finish(&mut self) -> Result<(), MediaError> {
        // SAFETY: an open encoder; null means the end.
        let status = unsafe { ffi::avcodec_send_frame(self.context.as_mut_ptr(), ptr::null()) };
        check(status, "finishing the audio").map(|_| ())
    }

    /// Returns the next packet, timed in samples; the first time is negative. `None` if the encoder needs more samples, or at the end.
    pub(super) fn pull(&mut self) -> Result<Option<Packet>, MediaError> {
        receive_packet(&mut self.context)
    }

    /// Returns the open context, from which the muxer copies the stream's parameters.
    pub(super) fn context(&self) -> &codec::Context {
        &self.context
    }
}
