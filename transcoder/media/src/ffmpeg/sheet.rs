//! A chunk's sheet of the storyboard: the smallest rung's pictures at even intervals, made smaller and put into a grid.
//!
//! Which frames it shows follows from output frame numbers alone, so the sheet is the same wherever decoding began.

use domain::{
    plan::{Chunk, Plan},
    storyboard::{Sheet, Storyboard},
};
use ffmpeg_next::frame;

use super::{color::Color, jpeg, scale::Step};
use crate::error::MediaError;

/// Luma and chroma of black in full range.
const BLACK: [u8; 3] = [0, 128, 128];

/// Puts a sheet together from the pictures of a chunk.
pub(super) struct SheetPainter {
    storyboard: Storyboard,
    sheet: Sheet,
    color: Color,
    step: Step,
    canvas: frame::Video,
    /// Pictures that are on the sheet.
    painted: u32,
    /// Number of the output frame that is shown next.
    next_frame: u64,
}

impl SheetPainter {
    /// A painter for the chunk's sheet, if it has one; `color` is that of the pictures to come.
    pub(super) fn new(plan: &Plan, chunk: Chunk, color: Color) -> Result<Option<Self>, MediaError> {
        let Some(storyboard) = plan.storyboard else { return Ok(None) };
        let Some(sheet) = storyboard.sheet(chunk) else { return Ok(None) };
        let Storyboard { tile_width, tile_height, columns, rows, .. } = storyboard;
        let is_sound = [tile_width, tile_height].iter().all(|side| *side > 0 && side.is_multiple_of(2))
            && sheet.thumbnails <= columns.saturating_mul(rows)
            && (2..=jpeg::COARSEST).contains(&storyboard.quantizer);
        if !is_sound {
            return Err(MediaError::Plan(format!("a storyboard that cannot be made: {storyboard:?}")));
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

    /// Takes the picture that the next `times` output frames show.
    pub(super) fn show(&mut self, picture: &frame::Video, times: u64) -> Result<(), MediaError> {
        self.next_frame += times;
        while !self.is_whole() && self.wanted_frame() < self.next_frame {
            let small = self.step.scale(picture, self.color)?;
            paint(&mut self.canvas, &small, self.storyboard.cell_position(self.painted));
            self.painted += 1;
        }
        Ok(())
    }

    /// The sheet as a JPEG; `None` if pictures are missing.
    pub(super) fn finish(mut self) -> Result<Option<Vec<u8>>, MediaError> {
        if !self.is_whole() {
            return Ok(None);
        }
        let mut quantizer = self.storyboard.quantizer;
        loop {
            let bytes = jpeg::encode(&mut self.canvas, quantizer)?;
            if bytes.len() <= self.storyboard.sheet_bytes as usize || quantizer == jpeg::COARSEST {
                return Ok(Some(bytes));
            }
            // Bytes go down about as the scale goes up, so steps of a fifth find a fit in few tries.
            quantizer = (quantizer + quantizer.div_ceil(5)).min(jpeg::COARSEST);
        }
    }

    fn is_whole(&self) -> bool {
        self.painted == self.sheet.thumbnails
    }

    fn wanted_frame(&self) -> u64 {
        self.storyboard.frame_of(self.sheet.first_thumbnail + u64::from(self.painted))
    }
}

/// Copies a picture onto the canvas with its corner at `place`, whose numbers are even.
fn paint(canvas: &mut frame::Video, picture: &frame::Video, (x, y): (u32, u32)) {
    for plane in 0..BLACK.len() {
        // Chroma has half as many samples both ways.
        let half = usize::from(plane > 0);
        let scaled = |length: u32| length as usize >> half;
        let (left, top) = (scaled(x), scaled(y));
        let (width, height) = (scaled(picture.width()), scaled(picture.height()));
        let (from, to) = (picture.stride(plane), canvas.stride(plane));
        let rows = picture.data(plane).chunks(from).take(height);
        for (row, target) in rows.zip(canvas.data_mut(plane).chunks_mut(to).skip(top)) {
            target[left..left + width].copy_from_slice(&row[..width]);
        }
    }
}
