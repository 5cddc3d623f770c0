//! The storyboard: thumbnails for a player's seek bar.

use domain::storyboard::Thumbnails;
use serde::Serialize;
use utoipa::ToSchema;

/// Thumbnails of the film at even intervals, on sprite sheets in JPEG. Players that read WebVTT thumbnails (Shaka, Video.js, JW) need
/// only `url`; the other fields are for players that cut the sheets themselves.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "url": "/v/AQF…/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f/builds/0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e60/storyboard/index.vtt",
    "interval_ms": 5000, "tile_width": 160, "tile_height": 90, "columns": 4, "rows": 3
}))]
pub(crate) struct Storyboard {
    /// URL of the WebVTT index. For each time it has the URL of a sheet, relative to the index, and a thumbnail's position on it
    /// (`#xywh=`). It contains the playback token, so keep it secret.
    pub(crate) url: String,
    /// Time between two thumbnails in milliseconds, rounded. The index has the exact times.
    pub(crate) interval_ms: u64,
    /// Width of a thumbnail in pixels.
    pub(crate) tile_width: u32,
    /// Height of a thumbnail in pixels.
    pub(crate) tile_height: u32,
    /// Number of columns of thumbnails on a sheet. Every sheet is `columns · tile_width` pixels wide.
    pub(crate) columns: u32,
    /// Number of rows of thumbnails on a sheet. Every sheet is `rows · tile_height` pixels high.
    pub(crate) rows: u32,
}

impl Storyboard {
    /// Returns the storyboard whose index is at `url`.
    pub(super) fn new(url: String, thumbnails: Thumbnails) -> Self {
        Self {
            url,
            interval_ms: thumbnails.interval_ms,
            tile_width: thumbnails.tile_width,
            tile_height: thumbnails.tile_height,
            columns: thumbnails.columns,
            rows: thumbnails.rows,
        }
    }
}
