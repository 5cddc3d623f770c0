//! An image as a part of other resources.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Purpose of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ImageKind {
    /// An upright image with the title.
    Poster,
    /// A wide image for the background of a page.
    Backdrop,
    /// A frame of the film.
    Still,
    /// A portrait of a person.
    Portrait,
}

convert_enum!(db::image::ImageKind => ImageKind { Poster, Backdrop, Still, Portrait });

/// An image. `/api/images/{id}/{width}` serves it in each of its `widths`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Image {
    /// Id of the image.
    pub(crate) id: Uuid,
    /// Purpose of the image.
    pub(crate) kind: ImageKind,
    /// Width of the original in pixels. All widths have the aspect ratio of `width` and `height`.
    pub(crate) width: u32,
    /// Height of the original in pixels.
    pub(crate) height: u32,
    /// Available widths in pixels, ascending.
    #[schema(min_items = 1)]
    pub(crate) widths: Vec<u32>,
    /// Dominant colour as `#rrggbb`, to show until the image has loaded.
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
