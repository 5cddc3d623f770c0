//! A picture as other answers name it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a picture is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ImageKind {
    /// Upright, with the title.
    Poster,
    /// Wide, behind the page.
    Backdrop,
    /// A moment of the film.
    Still,
    /// A person.
    Portrait,
}

same_words!(db::image::ImageKind => ImageKind { Poster, Backdrop, Still, Portrait });

/// A picture, to be had at `/api/images/{id}/{width}` in each of its widths.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Image {
    /// Its id.
    pub(crate) id: Uuid,
    /// What it is for.
    pub(crate) kind: ImageKind,
    /// Width of the upload in pixels; with `height` it says the shape of all.
    pub(crate) width: u32,
    /// Height of the upload in pixels.
    pub(crate) height: u32,
    /// Widths in pixels that it can be had in, rising.
    #[schema(min_items = 1)]
    pub(crate) widths: Vec<u32>,
    /// A colour like it, to be shown until it is there.
    #[schema(examples("#7a2e1f"))]
    pub(crate) placeholder_colour: String,
}

impl From<db::image::Image> for Image {
    fn from(image: db::image::Image) -> Self {
        Self {
            id: image.id.0,
            kind: image.kind.into(),
            width: image.width,
            height: image.height,
            widths: image.widths,
            placeholder_colour: image.placeholder_colour,
        }
    }
}
