//! Converts frames of HDR, wide-gamut and cinema masters to SDR BT.709 with the plan's table (see `domain::tone`).
//!
//! HDR frames are scaled first, in 10 bits, so that the table is applied to as few samples as possible. X'Y'Z' has no luma, so its frames
//! are converted before they are scaled.

use domain::{
    plan::Tone,
    tone::{Lut, Matrix, Rows420, Rows420Mut, RowsPacked},
};
use ffmpeg_next::{format::Pixel, frame};

use super::{color::Color, frame_pool::FramePool};
use crate::error::MediaError;

/// The format of scaled frames that are converted.
pub(super) const SCALED_FORMAT: Pixel = Pixel::YUV420P10LE;

/// A conversion with its table.
pub(super) struct ToneMap {
    tone: Tone,
    lut: Lut,
    pool: Option<FramePool>,
    size: (u32, u32),
}

impl ToneMap {
    /// Makes the table of a conversion: some tenths of a second.
    pub(super) fn new(tone: Tone) -> Self {
        Self { tone, lut: Lut::new(tone.transform, tone.input), pool: None, size: (0, 0) }
    }

    /// Whether it converts frames that are scaled to [`SCALED_FORMAT`], rather than frames of the master.
    pub(super) fn reads_scaled(&self) -> bool {
        self.tone.input.matrix != Matrix::Rgb
    }

    /// The colours of the frames that it reads.
    pub(super) fn color(&self) -> Color {
        Color::of_tone(self.tone.input.matrix)
    }

    /// Returns the frame in SDR BT.709, 4:2:0 with 8 bits.
    pub(super) fn convert(&mut self, frame: &frame::Video) -> Result<frame::Video, MediaError> {
        // The table needs pairs of columns and rows; an odd last one of a cinema master is left out.
        let (width, height) = (frame.width() & !1, frame.height() & !1);
        if self.size != (width, height) {
            (self.size, self.pool) = ((width, height), None);
        }
        let pool = self.pool.get_or_insert_with(|| FramePool::new(Pixel::YUV420P, width, height));
        let mut converted = pool.take().map_err(MediaError::while_doing("allocating a frame"))?;
        let (width, height) = (width as usize, height as usize);
        let strides = [0, 1, 2].map(|plane| converted.stride(plane));
        let mut planes = [0, 1, 2].map(|plane| {
            let rows = if plane == 0 { height } else { height / 2 };
            // SAFETY: each plane of the frame has `rows` rows of its stride, apart from the other planes; this value is the only user
            // of the frame's samples.
            unsafe {
                std::slice::from_raw_parts_mut(converted.data_mut(plane).as_mut_ptr(), rows * strides[plane])
            }
        });
        let [luma, cb, cr] = &mut planes;
        let luma = luma.chunks_mut(2 * strides[0]);
        let chroma = cb.chunks_mut(strides[1]).zip(cr.chunks_mut(strides[2]));
        for (pair, (luma, (cb, cr))) in luma.zip(chroma).enumerate() {
            let (upper, lower) = luma.split_at_mut(strides[0]);
            let out = Rows420Mut {
                luma: [&mut upper[..width], &mut lower[..width]],
                chroma: [&mut cb[..width / 2], &mut cr[..width / 2]],
            };
            if self.reads_scaled() {
                let rows = Rows420 {
                    luma: [0, 1].map(|row| samples(frame, 0, 2 * pair + row, width)),
                    chroma: [1, 2].map(|plane| samples(frame, plane, pair, width / 2)),
                };
                self.lut.convert_420(rows, pair, out);
            } else {
                let rows = [0, 1].map(|row| samples(frame, 0, 2 * pair + row, 3 * width));
                self.lut.convert_packed(RowsPacked(rows), pair, out);
            }
        }
        Color::of_sdr().mark(&mut converted);
        Ok(converted)
    }
}

/// Returns the first samples of a row, of two bytes each in the order of this machine.
fn samples(frame: &frame::Video, plane: usize, row: usize, count: usize) -> &[u16] {
    let stride = frame.stride(plane);
    let bytes = &frame.data(plane)[row * stride..][..2 * count];
    // SAFETY: every two bytes are a valid number.
    let (before, samples, after) = unsafe { bytes.align_to::<u16>() };
    assert!(before.is_empty() && after.is_empty(), "FFmpeg aligns rows to at least two bytes");
    samples
}
