//! The storyboard: small pictures of the film at even intervals, for a player's seek bar.
//!
//! Picture *k* is output frame *k · interval*, so it is the same whoever encodes it. The pictures of one chunk are one sheet,
//! a JPEG with a grid of them, row by row; a chunk in which no picture falls has none. The index says in WebVTT which part of
//! which sheet belongs to which time, as players expect it: a media fragment `#xywh=` (W3C Media Fragments §4.2.2) in each cue.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::{
    key::BuildObject,
    plan::{Chunk, Plan},
};

/// How a build's storyboard is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storyboard {
    /// Output frames from one picture to the next. The planner takes a divisor of the chunk's, so that all sheets but the last
    /// have equally many.
    pub interval_frames: u32,
    /// Width of a picture in square samples, even.
    pub tile_width: u32,
    /// Height of a picture in square samples, even.
    pub tile_height: u32,
    /// Pictures beside each other on a sheet.
    pub columns: u32,
    /// Pictures below each other on a sheet. Every sheet has the same size; places without a picture are black.
    pub rows: u32,
    /// Quantiser scale of the JPEG encoder, 2 (finest) to 31, with which a sheet is tried first.
    pub quantizer: u32,
    /// A sheet that is larger than this is tried again more coarsely; at the coarsest it stays as it is.
    pub sheet_bytes: u32,
}

/// The pictures of one chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Number in the film, from 1: the chunk's.
    pub number: u32,
    /// Number of its first picture in the film, from 0.
    pub first_picture: u64,
    /// How many pictures it has, at least 1.
    pub pictures: u32,
}

impl Storyboard {
    /// The output frame that picture `picture` shows.
    pub fn frame_of(&self, picture: u64) -> u64 {
        picture * u64::from(self.interval_frames)
    }

    /// The left and top edges of a sheet's picture, counted from 0 on each sheet.
    pub fn place_of(&self, place: u32) -> (u32, u32) {
        let columns = self.columns.max(1);
        (place % columns * self.tile_width, place / columns * self.tile_height)
    }

    /// The sheet of a chunk; `None` if no picture falls into it.
    pub fn sheet(&self, chunk: Chunk) -> Option<Sheet> {
        let interval = u64::from(self.interval_frames.max(1));
        let first_picture = chunk.first_frame.div_ceil(interval);
        let end = (chunk.first_frame + chunk.frames).div_ceil(interval);
        let pictures = u32::try_from(end - first_picture).ok().filter(|pictures| *pictures > 0)?;
        Some(Sheet { number: chunk.index + 1, first_picture, pictures })
    }

    /// All sheets of the film, in order.
    pub fn sheets(&self, plan: &Plan) -> impl Iterator<Item = Sheet> {
        (0..plan.chunk_count()).filter_map(|index| self.sheet(plan.chunk(index)?))
    }

    /// Time from one picture to the next, in milliseconds, rounded.
    pub fn interval_ms(&self, plan: &Plan) -> u64 {
        plan.frame_ms(self.interval_frames.into())
    }

    /// The text of `storyboard/index.vtt`: a cue for each picture, each ending where the next begins, the last where the film
    /// does.
    pub fn index(&self, plan: &Plan) -> String {
        let mut text = "WEBVTT\n".to_owned();
        for sheet in self.sheets(plan) {
            let name = BuildObject::StoryboardSheet(sheet.number).file_name();
            for (place, picture) in (0..sheet.pictures).zip(sheet.first_picture..) {
                let begin_ms = plan.frame_ms(self.frame_of(picture));
                let end_ms = plan.frame_ms(self.frame_of(picture + 1).min(plan.frames));
                let (x, y) = self.place_of(place);
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

/// Milliseconds as a WebVTT timestamp (W3C WebVTT §4.1): at least two digits of hours, always written.
struct Timestamp(u64);

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (seconds, ms) = (self.0 / 1000, self.0 % 1000);
        write!(f, "{:02}:{:02}:{:02}.{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}
