//! Pictures for a player's seek bar.

use db::{Db, build};
use domain::id::BuildId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::error::ApiError;

/// Small pictures of the film at even intervals, many to a sheet, each sheet a JPEG. Players that read WebVTT thumbnails (Shaka,
/// Video.js, JW) need only `url`; the rest is for those that lay the pictures out themselves.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "url": "/v/AQF…/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e60/storyboard/index.vtt",
    "interval_ms": 5000, "tile_width": 160, "tile_height": 90, "columns": 4, "rows": 3
}))]
pub(crate) struct Storyboard {
    /// Address of the WebVTT index: for each time a sheet, relative to the index, and the part of it (`#xywh=`). It holds the token, as
    /// the film's address does.
    pub(crate) url: String,
    /// Time from one picture to the next in milliseconds, rounded; the index has the exact times.
    pub(crate) interval_ms: u64,
    /// Width of a picture in pixels.
    pub(crate) tile_width: u32,
    /// Height of a picture in pixels.
    pub(crate) tile_height: u32,
    /// Pictures beside each other on a sheet; every sheet is `columns · tile_width` wide.
    pub(crate) columns: u32,
    /// Pictures below each other on a sheet; every sheet is `rows · tile_height` high.
    pub(crate) rows: u32,
}

impl Storyboard {
    /// That of a build, whose index is at `url`; `None` if it was made without.
    pub(super) async fn find(db: &Db, build: BuildId, url: String) -> Result<Option<Self>, ApiError> {
        let Some(plan) = build::plan(db, build).await? else { return Ok(None) };
        Ok(plan.storyboard.map(|storyboard| Self {
            url,
            interval_ms: storyboard.interval_ms(&plan),
            tile_width: storyboard.tile_width,
            tile_height: storyboard.tile_height,
            columns: storyboard.columns,
            rows: storyboard.rows,
        }))
    }
}
