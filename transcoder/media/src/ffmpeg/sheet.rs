//! A chunk's sprite sheet of the storyboard: the smallest rung's frames at regular intervals, scaled to thumbnails in a grid.
//!
//! The thumbnails depend only on output frame numbers, so the sheet is the same wherever decoding began.

use domain::{
    plan::Chunk,
    storyboard::{Sheet, Storyboard},
};
use ffmpeg_next::frame;

use super::{color::Color, jpeg, scale::Step};
use crate::error::MediaError;

/// Luma and chroma of black, in full range.
const BLACK: [u8; 3] = [0, 128, 128];

/// Paints a sprite sheet from the frames of a chunk.
pub(super) struct SheetPainter {
    storyboard: Storyboard,
    sheet: Sheet,
    color: Color,
    step: Step,
    canvas: frame::Video,
    /// Number of thumbnails on the sheet so far.
    painted: u32,
    /// Number of the next output frame.
    next_frame: u64,
}

impl SheetPainter {
    /// Returns a painter for the chunk's sheet, if it has one; `color` describes the frames that will be shown.
    pub(super) fn new(
        storyboard: Storyboard,
        chunk: Chunk,
        color: Color,
    ) -> Result<Option<Self>, MediaError> {
        let Some(sheet) = storyboard.sheet(chunk) else { return Ok(None) };
        let Storyboard { tile_width, tile_height, columns, rows, .. } = storyboard;
        let is_valid = [tile_width, tile_height].iter().all(|side| *side > 0 && side.is_multiple_of(2))
            && sheet.thumbnails <= columns.saturating_mul(rows)
            && (2..=jpeg::COARSEST).contains(&storyboard.quantizer);
        if !is_valid {
            return Err(MediaError::Plan(format!("the plan has an invalid storyboard: {storyboard:?}")));
        }
        let mut canvas = jpeg::canvas(columns.saturating_mul(tile_width), rows.saturating_mul(tile_height))?;
        for (plane, black) in BLACK.into_iter().enumerate() {
            canvas.data_mut(plane).fill(black);
        }
        Ok(Some(Self {
            storyboard,
            sheet,
            color: color.of_jpeg(),
            step: Step::new(tile_width, tile_height),
            canvas,
            painted: 0,
            next_frame: chunk.first_frame,
        }))
    }

    /// Adds the thumbnails that fall into the next `times` output frames, which all show `frame`.
    pub(super) fn show(&mut self, frame: &frame::Video, times: u64) -> Result<(), MediaError> {
        self.next_frame += times;
        while !self.is_complete() && self.wanted_frame() < self.next_frame {
            let small = self.step.scale(frame, self.color)?;
            paint(&mut self.canvas, &small, self.storyboard.cell_position(self.painted));
            self.painted += 1;
        }
        Ok(())
    }

    /// Returns the sheet as JPEG; `None` if thumbnails are missing.
    pub(super) fn finish(mut self) -> Result<Option<Vec<u8>>, MediaError> {
        if !self.is_complete() {
            return Ok(None);
        }
        let mut quantizer = self.storyboard.quantizer;
        loop {
            let bytes = jpeg::encode(&mut self.canvas, quantizer)?;
            if bytes.len() <= self.storyboard.sheet_bytes as usize || quantizer == jpeg::COARSEST {
                return Ok(Some(bytes));
            }
            // The size falls roughly in proportion to the quantiser scale, so increasing it by a fifth finds a fit in few tries.
            quantizer = (quantizer + quantizer.div_ceil(5)).min(jpeg::COARSEST);
        }
    }

    fn is_complete(&self) -> bool {
        self.painted == self.sheet.thumbnails
    }

    fn wanted_frame(&self) -> u64 {
        self.storyboard.frame_of(self.sheet.first_thumbnail + u64::from(self.painted))
    }
}

/// Copies a frame onto the canvas, with its top left corner at (`x`, `y`), which must be even.
fn paint(canvas: &mut frame::Video, frame: &frame::Video, (x, y): (u32, u32)) {
    for plane in 0..BLACK.len() {
        // Chroma has half as many samples in both directions.
        let half = usize::from(plane > 0);
        let scaled = |length: u32| length as usize >> half;
        let (left, top) = (scaled(x), scaled(y));
        let (width, height) = (scaled(frame.width()), scaled(frame.height()));
        let (from, to) = (frame.stride(plane), canvas.stride(plane));
        let rows = frame.data(plane).chunks(from).take(height);
        for (row, target) in rows.zip(canvas.data_mut(plane).chunks_mut(to).skip(top)) {
            target[left..left + width].copy_from_slice(&row[..width]);
        }
    }
}
