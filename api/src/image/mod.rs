//! Pictures: taking them in, making of them what pages need, serving that, and removing what nobody needs.
//!
//! What is served is always made here: decoded, turned upright, without metadata (a photograph says where its maker lives),
//! no wider than its upload, as JPEG. The upload itself is kept, served to nobody, so that it can all be made anew.

mod card;
mod derive;
mod remove;
mod serve;
mod store;
mod upload_type;

pub(crate) use card::Image;
pub use derive::{NotAPicture, Picture};
pub use remove::{remove_image_objects, remove_images};
pub(crate) use serve::{__path_get_image, get_image};
pub use store::{ImageError, Upload, add};
pub use upload_type::UploadType;
