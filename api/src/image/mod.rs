//! Images: accepts uploads, derives the sizes that pages need, serves these, and removes the objects of deleted images.
//!
//! All served images are derived: decoded, rotated to upright, without metadata (which may contain a photographer's location), no
//! wider than the upload, encoded as JPEG. The upload itself is kept but never served, so that the images can be derived again.

mod card;
mod derive;
mod remove;
mod serve;
mod store;
mod upload_type;

pub(crate) use card::{Focus, Image};
pub use derive::{DerivedImage, InvalidImage};
pub use remove::{remove_image_objects, remove_images};
pub(crate) use serve::{__path_get_image, get_image};
pub use store::{ImageError, Upload, add};
pub use upload_type::UploadType;
