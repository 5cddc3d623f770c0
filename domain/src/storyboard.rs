//! The storyboard: thumbnails of the film at even intervals, for a player's seek bar.
//!
//! Thumbnail *k* shows output frame *k · interval*, so every worker produces the same one. The thumbnails of one chunk form
//! one sheet, a JPEG with a grid of them, row by row; a chunk without thumbnails has no sheet. The index is a WebVTT file
//! that maps times to parts of sheets in the form that players expect: each cue contains a media fragment `#xywh=`
//! (W3C Media Fragments §4.2.2).

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::{
    key::BuildObject,
    plan::{Chunk, Timeline},
    subtitle::Timestamp,
};

/// The layout of a build's storyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storyboard {
    /// Output frames from one thumbnail to the next. The planner uses a divisor of the frames in a chunk, so that all sheets
    /// except the last have the same number of thumbnails.
    pub interval_frames: u32,
    /// Width of a thumbnail in square samples, even.
    pub tile_width: u32,
    /// Height of a thumbnail in square samples, even.
    pub tile_height: u32,
    /// Columns of thumbnails on a sheet.
    pub columns: u32,
    /// Rows of thumbnails on a sheet. All sheets have the same size; unused cells are black.
    pub rows: u32,
    /// Quantiser scale of the JPEG encoder for the first attempt at a sheet, 2 (best quality) to 31.
    pub quantizer: u32,
    /// Target size: a larger sheet is encoded again with a coarser scale, up to the coarsest.
    pub sheet_bytes: u32,
}

/// What a player needs to know to cut thumbnails from the sheets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnails {
    /// Time from one thumbnail to the next, in milliseconds, rounded. The index has the exact times.
    pub interval_ms: u64,
    /// Width of a thumbnail in square samples.
    pub tile_width: u32,
    /// Height of a thumbnail in square samples.
    pub tile_height: u32,
    /// Columns of thumbnails on a sheet.
    pub columns: u32,
    /// Rows of thumbnails on a sheet.
    pub rows: u32,
}

/// The thumbnails of one chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Number in the film, from 1; the same as its chunk's.
    pub number: u32,
    /// Index of its first thumbnail in the film, from 0.
    pub first_thumbnail: u64,
    /// Number of thumbnails, at least 1.
    pub thumbnails: u32,
}

impl Storyboard {
    /// The output frame that thumbnail `thumbnail` shows.
    pub fn frame_of(&self, thumbnail: u64) -> u64 {
        thumbnail * u64::from(self.interval_frames)
    }

    /// The left and top edges of the sheet's cell `cell`, from 0, row by row.
    pub fn cell_position(&self, cell: u32) -> (u32, u32) {
        let columns = self.columns.max(1);
        (cell % columns * self.tile_width, cell / columns * self.tile_height)
    }

    /// Returns the sheet of a chunk; `None` if the chunk has no thumbnail.
    pub fn sheet(&self, chunk: Chunk) -> Option<Sheet> {
        let interval = u64::from(self.interval_frames.max(1));
        let first_thumbnail = chunk.first_frame.div_ceil(interval);
        let end = (chunk.first_frame + chunk.frames).div_ceil(interval);
        let thumbnails = u32::try_from(end - first_thumbnail).ok().filter(|thumbnails| *thumbnails > 0)?;
        Some(Sheet { number: chunk.index + 1, first_thumbnail, thumbnails })
    }

    /// All sheets of the film, in order.
    pub fn sheets(&self, timeline: &Timeline) -> impl Iterator<Item = Sheet> {
        (0..timeline.chunk_count()).filter_map(|index| self.sheet(timeline.chunk(index)?))
    }

    /// What a player needs to know to cut thumbnails from the sheets.
    pub fn thumbnails(&self, timeline: &Timeline) -> Thumbnails {
        Thumbnails {
            interval_ms: timeline.frame_ms(self.interval_frames.into()),
            tile_width: self.tile_width,
            tile_height: self.tile_height,
            columns: self.columns,
            rows: self.rows,
        }
    }

    /// Renders `storyboard/index.vtt`: one cue for each thumbnail. A cue ends where the next one starts; the last ends with the
    /// film.
    pub fn index(&self, timeline: &Timeline) -> String {
        let mut text = "WEBVTT\n".to_owned();
        for sheet in self.sheets(timeline) {
            let name = BuildObject::StoryboardSheet(sheet.number).file_name();
            for (cell, thumbnail) in (0..sheet.thumbnails).zip(sheet.first_thumbnail..) {
                let begin_ms = timeline.frame_ms(self.frame_of(thumbnail));
                let end_ms = timeline.frame_ms(self.frame_of(thumbnail + 1).min(timeline.frames));
                let (x, y) = self.cell_position(cell);
                // Writing to a String cannot fail.
                let _ = writeln!(
                    text,
                    "\n{} --> {}\n{name}#xywh={x},{y},{},{}",
                    Timestamp(begin_ms),
                    Timestamp(end_ms),
                    self.tile_width,
                    self.tile_height,
                );
            }
        }
        text
    }
}
