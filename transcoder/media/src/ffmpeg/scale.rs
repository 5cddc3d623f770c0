//! Scales each frame of the master to one frame per picture of the plan; each is scaled from the one before it.
//!
//! The frames are upright, 8-bit 4:2:0 and of limited range, with the matrix of the master (see [`super::color`]).
//! Scaling is bit-exact: the same frame gives the same samples on every processor.

use std::ffi::{CStr, c_int};

use domain::plan::{VideoPlan, VideoSource};
use ffmpeg_next::{ffi, format::Pixel, frame};

use super::{
    color::{self, Color},
    fail::{check, out_of_memory},
    filter::Filter,
    fit::Fit,
    frame_pool::{FramePool, share},
};
use crate::error::MediaError;

const FLAGS: c_int = (ffi::SWS_BICUBIC | ffi::SWS_ACCURATE_RND | ffi::SWS_BITEXACT) as c_int;

/// Scales frames to all pictures of a plan.
pub(super) struct Cascade {
    color: Color,
    rotation_filter: Option<Filter>,
    /// Scales the master's frame to the first picture, not yet upright.
    first: Fit,
    /// libavfilter's description of how frames are mirrored and turned upright; `None` if they are upright.
    rotation: Option<String>,
    /// Scale to each further picture from the one before it.
    below: Vec<Step>,
}

/// One scaler and the pool of its output frames.
pub(super) struct Step {
    format: Pixel,
    width: u32,
    height: u32,
    pool: FramePool,
    scaler: Option<(Source, Scaler)>,
}

/// The properties of frames on which a scaler depends. If a frame differs, a new scaler is created.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Source {
    format: c_int,
    width: c_int,
    height: c_int,
    full_range: bool,
    matrix: ffi::AVColorSpace,
}

impl Cascade {
    /// Returns a cascade that makes the plan's pictures; its output frames have the colours `color`.
    pub(super) fn new(plan: &VideoPlan, color: Color) -> Self {
        let first = Fit::new(plan);
        let below =
            plan.pictures.iter().skip(1).map(|picture| Step::new(picture.width, picture.height)).collect();
        Self { color, rotation_filter: None, first, rotation: rotation(&plan.source), below }
    }

    /// Returns the scaled frame of each picture, in the plan's order.
    pub(super) fn scale(&mut self, frame: &frame::Video) -> Result<Vec<frame::Video>, MediaError> {
        let mut scaled = self.first.scale(frame, self.color)?;
        if let Some(rotation) = &self.rotation {
            scaled = rotate(&mut self.rotation_filter, rotation, &scaled)?;
        }
        let mut frames = vec![scaled];
        for step in &mut self.below {
            let above = frames.last().expect("starts with one frame");
            let next = step.scale(above, self.color)?;
            frames.push(next);
        }
        Ok(frames)
    }
}

/// Returns the filters that turn frames of a source upright.
fn rotation(source: &VideoSource) -> Option<String> {
    let turn = match source.rotation_degrees {
        90 => Some("transpose=clock"),
        180 => Some("hflip,vflip"),
        270 => Some("transpose=cclock"),
        _ => None,
    };
    let filters: Vec<&str> = source.mirrored.then_some("hflip").into_iter().chain(turn).collect();
    (!filters.is_empty()).then(|| filters.join(","))
}

fn rotate(
    filter: &mut Option<Filter>,
    description: &str,
    frame: &frame::Video,
) -> Result<frame::Video, MediaError> {
    let filter = match filter {
        Some(filter) => filter,
        none => none.insert(Filter::new(description, frame)?),
    };
    filter.push(frame)?;
    filter.pull()?.ok_or_else(|| MediaError::while_doing("rotating a frame")(ffmpeg_next::Error::Bug))
}

impl Step {
    /// Returns the width and height of its output.
    pub(super) fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Returns a step that scales to this size, in 4:2:0 with 8 bits.
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self::of_format(Pixel::YUV420P, width, height)
    }

    /// Returns a step that scales to this format and size.
    pub(super) fn of_format(format: Pixel, width: u32, height: u32) -> Self {
        Self { format, width, height, pool: FramePool::new(format, width, height), scaler: None }
    }

    /// Scales a frame to the step's size and converts it to `color`, which is also assumed for properties that the frame does not
    /// declare.
    pub(super) fn scale(&mut self, frame: &frame::Video, color: Color) -> Result<frame::Video, MediaError> {
        let source = Source::of(frame, color);
        if source.is_already(self.format, self.width, self.height, color) {
            let mut shared = share(frame).map_err(MediaError::while_doing("referencing a frame"))?;
            color.mark(&mut shared);
            return Ok(shared);
        }
        if self.scaler.as_ref().is_none_or(|(made_for, _)| *made_for != source) {
            self.scaler = Some((source, Scaler::new(source, self.format, self.width, self.height, color)?));
        }
        let (_, scaler) = self.scaler.as_mut().expect("created just above");
        let mut scaled = self.pool.take().map_err(MediaError::while_doing("allocating a frame"))?;
        scaler.run(frame, &mut scaled)?;
        color.mark(&mut scaled);
        Ok(scaled)
    }
}

impl Source {
    fn of(frame: &frame::Video, color: Color) -> Self {
        let (matrix, full_range) = color::of_frame(frame, color);
        // SAFETY: a valid frame; these are plain fields.
        let (format, width, height) =
            unsafe { ((*frame.as_ptr()).format, (*frame.as_ptr()).width, (*frame.as_ptr()).height) };
        Self { format, width, height, full_range, matrix }
    }

    fn is_already(&self, format: Pixel, width: u32, height: u32, color: Color) -> bool {
        self.format == number_of(format)
            && u32::try_from(self.width) == Ok(width)
            && u32::try_from(self.height) == Ok(height)
            && self.full_range == color.full_range
            && self.matrix == color.matrix
    }
}

/// Returns libavutil's number of a format.
fn number_of(format: Pixel) -> c_int {
    ffi::AVPixelFormat::from(format) as c_int
}

/// A libswscale context.
struct Scaler(*mut ffi::SwsContext);

// SAFETY: a context has no thread-local state, and only its owner uses it.
unsafe impl Send for Scaler {}

impl Scaler {
    fn new(source: Source, format: Pixel, width: u32, height: u32, color: Color) -> Result<Self, MediaError> {
        const SETTING_UP: &str = "setting up the scaler";
        // SAFETY: takes no arguments; null is checked below.
        let context = unsafe { ffi::sws_alloc_context() };
        if context.is_null() {
            return Err(out_of_memory(SETTING_UP));
        }
        let scaler = Self(context);
        let options: [(&CStr, i64); 9] = [
            (c"srcw", source.width.into()),
            (c"srch", source.height.into()),
            (c"src_format", source.format.into()),
            (c"src_range", source.full_range.into()),
            (c"dstw", width.into()),
            (c"dsth", height.into()),
            (c"dst_format", i64::from(number_of(format))),
            (c"dst_range", color.full_range.into()),
            (c"sws_flags", FLAGS.into()),
        ];
        for (name, value) in options {
            // SAFETY: the context is a valid object with options, the name a C string.
            let status = unsafe { ffi::av_opt_set_int(context.cast(), name.as_ptr(), value, 0) };
            check(status, SETTING_UP)?;
        }
        // SAFETY: allocated above, all sizes and formats are set.
        check(
            unsafe { ffi::sws_init_context(context, std::ptr::null_mut(), std::ptr::null_mut()) },
            SETTING_UP,
        )?;
        // SAFETY: the tables are static arrays of four; the context is initialised. The return value says only
        // whether these formats have a matrix to set.
        unsafe {
            ffi::sws_setColorspaceDetails(
                context,
                ffi::sws_getCoefficients(color::swscale_matrix(source.matrix)),
                source.full_range.into(),
                ffi::sws_getCoefficients(color::swscale_matrix(color.matrix)),
                color.full_range.into(),
                0,
                1 << 16,
                1 << 16,
            );
        }
        Ok(scaler)
    }

    fn run(&mut self, frame: &frame::Video, scaled: &mut frame::Video) -> Result<(), MediaError> {
        // SAFETY: both frames have buffers of the sizes and formats the context was made for; `scaled` has no
        // other users.
        let status = unsafe {
            let (from, to) = (frame.as_ptr(), scaled.as_mut_ptr());
            ffi::sws_scale(
                self.0,
                (*from).data.as_ptr().cast(),
                (*from).linesize.as_ptr(),
                0,
                (*from).height,
                (*to).data.as_ptr(),
                (*to).linesize.as_ptr(),
            )
        };
        check(status, "scaling a frame").map(|_| ())
    }
}

impl Drop for Scaler {
    fn drop(&mut self) {
        // SAFETY: created by sws_alloc_context and not freed elsewhere.
        unsafe { ffi::sws_freeContext(self.0) }
    }
}
