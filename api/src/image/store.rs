//! Stores an image: first its objects, then its row.

use axum::body::Bytes;
use db::{
    Db,
    audit::Author,
    image::{Image, ImageKind, NewImage, Owner},
};
use domain::{id::ImageId, key::Key};
use storage::{Storage, StorageError};

use super::{
    derive::{DerivedImage, DerivedSize, InvalidImage},
    upload_type::UploadType,
};

/// An uploaded image.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Id for the new image.
    pub id: ImageId,
    /// The film or person to which it belongs.
    pub owner: Owner,
    /// Purpose of the image.
    pub kind: ImageKind,
    /// Media type that the client sent.
    pub media_type: UploadType,
    /// The whole file.
    pub bytes: Bytes,
}

/// Why an image was not added.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The upload is not a valid image, or not suitable for its purpose.
    #[error("the image {0}")]
    Invalid(#[from] InvalidImage),
    /// The film or person has changed or was deleted.
    #[error("the film or person has changed or was deleted")]
    Stale,
    /// The database rejected the change or failed.
    #[error(transparent)]
    Db(#[from] db::DbError),
    /// The objects could not be stored.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Adds an image to a film or person whose version is still `expected_version`. Returns the image and the new version.
pub async fn add(
    db: &Db,
    storage: &Storage,
    author: &Author,
    upload: Upload,
    expected_version: i64,
) -> Result<(Image, i64), ImageError> {
    let (id, owner) = (upload.id, upload.owner);
    // An early check that avoids needless work; adding the row checks the version again.
    if db::image::owner_version(db, owner).await? != Some(expected_version) {
        return Err(ImageError::Stale);
    }
    let derived = DerivedImage::derive(upload.kind, upload.media_type, upload.bytes.clone()).await?;
    db::image::reserve(db, id).await?;
    let added = async {
        let new = store(storage, upload, derived).await?;
        let version = db::image::add(db, author, owner, &new, expected_version).await?;
        Ok((new.image, version.ok_or(ImageError::Stale)?))
    };
    let added = added.await;
    if added.is_err() {
        // If this fails too, the objects are removed after an hour.
        let _ = db::image::cancel_reservation(db, id).await;
    }
    added
}

async fn store(storage: &Storage, upload: Upload, derived: DerivedImage) -> Result<NewImage, StorageError> {
    let id = upload.id;
    let mut size_bytes = storage.put_bytes(&Key::image_upload(id), upload.bytes).await?.size_bytes;
    let mut widths = Vec::new();
    for DerivedSize { width, jpeg, webp } in derived.sizes {
        size_bytes += storage.put_bytes(&Key::image(id, width), jpeg).await?.size_bytes;
        if let Some(webp) = webp {
            size_bytes += storage.put_bytes(&Key::image_webp(id, width), webp).await?.size_bytes;
        }
        widths.push(width);
    }
    let image = Image {
        id,
        kind: upload.kind,
        width: derived.width,
        height: derived.height,
        widths,
        focus: None,
        placeholder_colour: derived.placeholder_colour,
    };
    Ok(NewImage { image, media_type: upload.media_type.media_type(), size_bytes })
}
