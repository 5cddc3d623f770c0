//! Storing a picture: its objects, then its row.

use axum::body::Bytes;
use db::{
    Db,
    audit::Author,
    image::{Image, ImageKind, NewImage, Owner},
};
use domain::{id::ImageId, key::Key};
use storage::{Storage, StorageError};

use super::{
    derive::{NotAPicture, Picture},
    upload_type::UploadType,
};

/// A picture as it was sent.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The id it gets.
    pub id: ImageId,
    /// Whose it is.
    pub owner: Owner,
    /// What it is for.
    pub kind: ImageKind,
    /// What it is said to be.
    pub media_type: UploadType,
    /// All of it.
    pub bytes: Bytes,
}

/// Why a picture was not added.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// It is none, or not one for its purpose.
    #[error("the picture {0}")]
    NotAPicture(#[from] NotAPicture),
    /// The film or person is another by now, or gone.
    #[error("the film or person has been changed meanwhile")]
    Stale,
    /// The catalogue refused or failed.
    #[error(transparent)]
    Db(#[from] db::DbError),
    /// The objects could not be stored.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Adds a picture to a film or person whose version is still `expected_version`. Says what was made of it, and the new version.
pub async fn add(
    db: &Db,
    storage: &Storage,
    author: &Author,
    upload: Upload,
    expected_version: i64,
) -> Result<(Image, i64), ImageError> {
    let (id, owner) = (upload.id, upload.owner);
    // Asked again in the end; until then it saves the work.
    if db::image::owner_version(db, owner).await? != Some(expected_version) {
        return Err(ImageError::Stale);
    }
    let picture = Picture::make(upload.kind, upload.media_type, upload.bytes.clone()).await?;
    db::image::reserve(db, id).await?;
    let added = async {
        let new = store(storage, upload, picture).await?;
        let version = db::image::add(db, author, owner, &new, expected_version).await?;
        Ok((new.image, version.ok_or(ImageError::Stale)?))
    };
    let added = added.await;
    if added.is_err() {
        // Should this fail as well, they go in an hour.
        let _ = db::image::give_up(db, id).await;
    }
    added
}

async fn store(storage: &Storage, upload: Upload, picture: Picture) -> Result<NewImage, StorageError> {
    let id = upload.id;
    let mut size_bytes = storage.put_bytes(&Key::image_upload(id), upload.bytes).await?.size_bytes;
    let mut widths = Vec::new();
    for (width, bytes) in picture.sizes {
        size_bytes += storage.put_bytes(&Key::image(id, width), bytes).await?.size_bytes;
        widths.push(width);
    }
    let image = Image {
        id,
        kind: upload.kind,
        width: picture.width,
        height: picture.height,
        widths,
        placeholder_colour: picture.placeholder_colour,
    };
    Ok(NewImage { image, media_type: upload.media_type.media_type(), size_bytes })
}
