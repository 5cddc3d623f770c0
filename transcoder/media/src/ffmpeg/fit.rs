//! Scales frames of a master to the first picture of the plan, whatever shape they have.
//!
//! A master can change its size or its sample aspect ratio midway. Frames of the planned shape fill the picture; others keep their own
//! shape, as large as fits, in the middle of a black picture.

use domain::{
    facts::Crop,
    plan::{Shape, VideoPlan},
    ratio::Ratio,
};
use ffmpeg_next::{ffi, format::Pixel, frame};

use super::{
    color::Color,
    fail::check,
    frame_pool::{FramePool, share},
    frames,
    scale::Step,
    tone_map::{self as tone, ToneMap},
};
use crate::error::MediaError;

/// Bars that are narrower than this share of the picture come from rounding.
const MIN_BAR_SHARE: f64 = 0.01;

/// Scales to the first picture, not yet upright.
pub(super) struct Fit {
    shape: Shape,
    crop: Crop,
    width: u32,
    height: u32,
    tone: Option<ToneMap>,
    whole: Step,
    /// For frames of another shape: scales to a part of the picture.
    part: Option<Step>,
    pool: FramePool,
}

impl Fit {
    /// Returns the first step of a plan.
    pub(super) fn new(plan: &VideoPlan) -> Self {
        let first = plan.pictures.first().copied().expect("a plan has pictures");
        let (width, height) = plan.source.before_rotation(first);
        let tone = plan.source.tone.map(ToneMap::new);
        Self {
            shape: plan.source.shape,
            crop: plan.source.crop,
            width,
            height,
            whole: step(tone.as_ref(), width, height),
            tone,
            part: None,
            pool: FramePool::new(Pixel::YUV420P, width, height),
        }
    }

    /// Returns a frame of the picture's size.
    pub(super) fn scale(&mut self, frame: &frame::Video, color: Color) -> Result<frame::Video, MediaError> {
        let aspect = frame_aspect(frame);
        let shape =
            Shape { width: frame.width(), height: frame.height(), frame_aspect: Some(aspect), ..self.shape };
        let has_planned_size = (shape.width, shape.height) == (self.shape.width, self.shape.height);
        if has_planned_size && self.shape.frame_aspect.is_none_or(|planned| planned == aspect) {
            let shown = cropped(frame, self.crop)?;
            return scaled(&mut self.whole, self.tone.as_mut(), &shown, color);
        }
        let (width, height) = inner_size(&shape, self.width, self.height);
        if (width, height) == (self.width, self.height) {
            return scaled(&mut self.whole, self.tone.as_mut(), frame, color);
        }
        if self.part.as_ref().is_none_or(|part| part.size() != (width, height)) {
            self.part = Some(step(self.tone.as_ref(), width, height));
        }
        let part = self.part.as_mut().expect("created just above");
        let part = scaled(part, self.tone.as_mut(), frame, color)?;
        let mut picture = self.pool.take().map_err(MediaError::while_doing("allocating a frame"))?;
        frames::blacken(&mut picture);
        copy_into_middle(&part, &mut picture);
        color.mark(&mut picture);
        Ok(picture)
    }
}

/// Returns a step that makes what the conversion reads, or frames for encoders without one.
fn step(tone: Option<&ToneMap>, width: u32, height: u32) -> Step {
    match tone {
        Some(tone) if tone.reads_scaled() => Step::of_format(tone::SCALED_FORMAT, width, height),
        _ => Step::new(width, height),
    }
}

/// Scales a frame and converts its colours.
fn scaled(
    step: &mut Step,
    tone: Option<&mut ToneMap>,
    frame: &frame::Video,
    color: Color,
) -> Result<frame::Video, MediaError> {
    match tone {
        Some(tone) if tone.reads_scaled() => tone.convert(&step.scale(frame, tone.color())?),
        Some(tone) if frame.format() == Pixel::XYZ12LE => step.scale(&tone.convert(frame)?, color),
        // Also the black before the video of a cinema master, and frames of it that are not X′Y′Z′.
        _ => step.scale(frame, color),
    }
}

/// Returns the sample aspect ratio that a frame states; 0 if it states none.
fn frame_aspect(frame: &frame::Video) -> Ratio {
    // SAFETY: a valid frame; a plain field.
    let aspect = unsafe { (*frame.as_ptr()).sample_aspect_ratio };
    Ratio::new(aspect.num.into(), aspect.den.into()).unwrap_or(Ratio { num: 0, den: 1 })
}

/// Returns the largest size with the shape of a frame within the picture, even and at least 2.
fn inner_size(shape: &Shape, width: u32, height: u32) -> (u32, u32) {
    let aspect = shape.frame_aspect.filter(|aspect| aspect.num > 0).map_or(1.0, Ratio::to_f64);
    let shown = f64::from(shape.width) * aspect / f64::from(shape.height.max(1));
    let whole = f64::from(width) / f64::from(height.max(1));
    if (shown / whole - 1.0).abs() < MIN_BAR_SHARE {
        (width, height)
    } else if shown > whole {
        (width, even(f64::from(width) / shown).min(height))
    } else {
        (even(f64::from(height) * shown).min(width), height)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the side of a picture")]
fn even(side: f64) -> u32 {
    ((side / 2.0).round() as u32 * 2).max(2)
}

/// Returns a reference to the part of a frame that is shown.
fn cropped(frame: &frame::Video, crop: Crop) -> Result<frame::Video, MediaError> {
    let mut part = share(frame).map_err(MediaError::while_doing("referencing a frame"))?;
    if crop.is_empty() {
        return Ok(part);
    }
    // SAFETY: this value owns its reference; FFmpeg checks that the crop fits the frame.
    let status = unsafe {
        let part = part.as_mut_ptr();
        (*part).crop_left = crop.left as usize;
        (*part).crop_right = crop.right as usize;
        (*part).crop_top = crop.top as usize;
        (*part).crop_bottom = crop.bottom as usize;
        ffi::av_frame_apply_cropping(part, ffi::AV_FRAME_CROP_UNALIGNED as i32)
    };
    check(status, "cropping a frame")?;
    Ok(part)
}

/// Copies a frame into the middle of a larger one; both are 4:2:0.
fn copy_into_middle(part: &frame::Video, picture: &mut frame::Video) {
    for plane in 0..3 {
        let scale = if plane == 0 { 1 } else { 2 };
        // Offsets are even in luma, so that chroma samples fit.
        let offset = |outer: u32, inner: u32| ((outer - inner) / 4 * 2 / scale) as usize;
        let left = offset(picture.width(), part.width());
        let top = offset(picture.height(), part.height());
        let (width, height) = (part.width().div_ceil(scale) as usize, part.height().div_ceil(scale) as usize);
        let (from, to) = (part.stride(plane), picture.stride(plane));
        let source = part.data(plane);
        let target = picture.data_mut(plane);
        for row in 0..height {
            let start = (top + row) * to + left;
            target[start..start + width].copy_from_slice(&source[row * from..row * from + width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{plan::Shape, ratio::Ratio};

    use super::inner_size;

    #[test]
    fn other_shapes_fit_into_the_picture() {
        let shape = |width, height, num, den| Shape {
            width,
            height,
            frame_aspect: Some(Ratio { num, den }),
            sample_aspect: Ratio { num: 1, den: 1 },
        };
        for (frame, picture, expected) in [
            (shape(640, 480, 1, 1), (1280, 720), (960, 720)),
            (shape(640, 480, 0, 1), (1280, 720), (960, 720)),
            (shape(1920, 1080, 1, 1), (1280, 720), (1280, 720)),
            (shape(720, 576, 64, 45), (768, 576), (768, 432)),
            (shape(720, 576, 16, 15), (1024, 576), (768, 576)),
            (shape(1920, 1088, 1, 1), (1920, 1080), (1920, 1080)),
            (shape(16, 8192, 1, 1), (1280, 720), (2, 720)),
        ] {
            assert_eq!(inner_size(&frame, picture.0, picture.1), expected, "{frame:?}");
        }
    }
}
