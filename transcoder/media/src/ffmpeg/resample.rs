//! Converts decoded audio to planar floats with a given rate, with libswresample.
//!
//! Channels keep their order; the plan's weights mix them afterwards. Only where a stream changes its number of channels midway, its
//! channels are mixed to the planned number here.

use std::{ffi::c_int, ptr};

use ffmpeg_next::{ffi, frame};

use super::fail::{c_int as narrow, check, out_of_memory};
use crate::error::MediaError;

const CONVERTING: &str = "converting audio";
/// Larger than any sum of weights, so libswresample never lowers them all.
const MAX_WEIGHTS: f64 = 1000.0;

/// A converter for audio of one format.
pub(super) struct Resampler {
    context: *mut ffi::SwrContext,
    format: c_int,
    rate_in_hz: c_int,
    channels_in: c_int,
    layout_mask: u64,
    rate_out_hz: i64,
    channels_out: usize,
}

impl Resampler {
    /// Returns a converter for frames in the format of `like`.
    pub(super) fn new(
        like: &frame::Audio,
        rate_out_hz: i64,
        channels_out: usize,
    ) -> Result<Self, MediaError> {
        const SETTING_UP: &str = "setting up the audio converter";
        let (format, rate_in_hz, channels_in, layout_mask) = shape(like);
        let mut context = ptr::null_mut();
        // SAFETY: the layouts are created here on the stack without allocations and copied by the call; `like` is a valid
        // frame of the format named.
        let status = unsafe {
            let mut layout_out = std::mem::zeroed();
            ffi::av_channel_layout_default(&raw mut layout_out, narrow(channels_out));
            let mut layout_in = std::mem::zeroed();
            // Equal layouts keep every channel as it is, whatever speaker it is for. An unnamed layout is treated as the default layout
            // with the same number of channels.
            if layout_mask == 0
                || u32::try_from(channels_in) == u32::try_from(channels_out)
                || ffi::av_channel_layout_from_mask(&raw mut layout_in, layout_mask) < 0
            {
                ffi::av_channel_layout_default(&raw mut layout_in, channels_in);
            }
            ffi::swr_alloc_set_opts2(
                &raw mut context,
                &raw mut layout_out,
                ffi::AVSampleFormat::AV_SAMPLE_FMT_FLTP,
                narrow(rate_out_hz),
                &raw mut layout_in,
                std::mem::transmute::<c_int, ffi::AVSampleFormat>(format),
                rate_in_hz,
                0,
                ptr::null_mut(),
            )
        };
        check(status, SETTING_UP)?;
        if context.is_null() {
            return Err(out_of_memory(SETTING_UP));
        }
        let resampler =
            Self { context, format, rate_in_hz, channels_in, layout_mask, rate_out_hz, channels_out };
        // SAFETY: a valid context that is not started; the name is a C string.
        let status = unsafe {
            match ffi::av_opt_set_double(context.cast(), c"rematrix_maxval".as_ptr(), MAX_WEIGHTS, 0) {
                status if status < 0 => status,
                _ => ffi::swr_init(context),
            }
        };
        check(status, SETTING_UP)?;
        Ok(resampler)
    }

    /// Whether `frame` has the format of this converter.
    pub(super) fn fits(&self, frame: &frame::Audio) -> bool {
        shape(frame) == (self.format, self.rate_in_hz, self.channels_in, self.layout_mask)
    }

    /// Returns the number of samples that are buffered in the converter, at the output rate.
    pub(super) fn buffered(&self) -> i64 {
        // SAFETY: a started context.
        unsafe { ffi::swr_get_delay(self.context, self.rate_out_hz) }
    }

    /// Stretches the next `over` samples by `samples`; shortens them if `samples` is negative.
    pub(super) fn compensate(&mut self, samples: i64, over: i64) -> Result<(), MediaError> {
        // SAFETY: a started context.
        let status = unsafe { ffi::swr_set_compensation(self.context, narrow(samples), narrow(over)) };
        check(status, "correcting the drift of the audio").map(|_| ())
    }

    /// Converts a frame. Returns the samples of each channel.
    pub(super) fn convert(&mut self, frame: &frame::Audio) -> Result<Vec<Vec<f32>>, MediaError> {
        // SAFETY: a valid frame; plain fields.
        let (planes, count) = unsafe { ((*frame.as_ptr()).extended_data, (*frame.as_ptr()).nb_samples) };
        self.run(planes, count)
    }

    /// Returns the buffered samples at the end.
    pub(super) fn drain(&mut self) -> Result<Vec<Vec<f32>>, MediaError> {
        self.run(ptr::null_mut(), 0)
    }

    fn run(&mut self, planes: *mut *mut u8, count: c_int) -> Result<Vec<Vec<f32>>, MediaError> {
        // SAFETY: a started context.
        let capacity = check(unsafe { ffi::swr_get_out_samples(self.context, count) }, CONVERTING)?;
        let length = usize::try_from(capacity).unwrap_or(0);
        let mut channels = vec![vec![0_f32; length]; self.channels_out];
        let mut pointers: Vec<*mut u8> =
            channels.iter_mut().map(|channel| channel.as_mut_ptr().cast()).collect();
        // SAFETY: `planes` is null or has `count` samples in each of the planes of the format the context was made for
        // (checked by `fits`); each of `pointers` has space for `capacity` floats.
        let status =
            unsafe { ffi::swr_convert(self.context, pointers.as_mut_ptr(), capacity, planes.cast(), count) };
        let converted = usize::try_from(check(status, CONVERTING)?).unwrap_or(0);
        for channel in &mut channels {
            channel.truncate(converted);
        }
        Ok(channels)
    }
}

impl Drop for Resampler {
    fn drop(&mut self) {
        // SAFETY: owned by this value, and not used afterwards.
        unsafe { ffi::swr_free(&raw mut self.context) }
    }
}

/// Returns the sample format, rate, number of channels and the layout's mask (0 if it has none).
fn shape(frame: &frame::Audio) -> (c_int, c_int, c_int, u64) {
    // SAFETY: a valid frame; the union holds a mask exactly if the order is native.
    unsafe {
        let f = frame.as_ptr();
        let native = (*f).ch_layout.order == ffi::AVChannelOrder::AV_CHANNEL_ORDER_NATIVE;
        let mask = if native { (*f).ch_layout.u.mask } else { 0 };
        ((*f).format, (*f).sample_rate, (*f).ch_layout.nb_channels, mask)
    }
}
