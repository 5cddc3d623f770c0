//! An image as a part of other resources.

use garde::Validate;
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

/// The point of an image that stays in sight where a page cuts the image to another shape.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Focus {
    /// Part of the width, from 0 (left) to 1. Nang rounds to thousandths.
    #[schema(minimum = 0, maximum = 1, examples(0.5))]
    #[garde(range(min = 0.0, max = 1.0))]
    pub(crate) x: f64,
    /// Part of the height, from 0 (top) to 1.
    #[schema(minimum = 0, maximum = 1, examples(0.25))]
    #[garde(range(min = 0.0, max = 1.0))]
    pub(crate) y: f64,
}

impl From<db::image::Focus> for Focus {
    fn from(focus: db::image::Focus) -> Self {
        Self { x: f64::from(focus.x) / 1000.0, y: f64::from(focus.y) / 1000.0 }
    }
}

impl From<Focus> for db::image::Focus {
    fn from(focus: Focus) -> Self {
        Self { x: thousandths(focus.x), y: thousandths(focus.y) }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 1000")]
fn thousandths(part: f64) -> u16 {
    (part.clamp(0.0, 1.0) * 1000.0).round() as u16
}

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
    /// The point that stays in sight where the image is cut; null for the centre.
    #[schema(required)]
    pub(crate) focus: Option<Focus>,
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
            focus: image.focus.map(Focus::from),
        }
    }
}
