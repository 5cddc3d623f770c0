//! Removes the objects of images that were deleted or not completely stored. The database has the list; see `db::image`.

use std::time::Duration;

use db::Db;
use domain::{
    id::ImageId,
    key::{Key, image_prefix},
};
use storage::Storage;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::store::ImageError;

/// Time between two runs.
const INTERVAL: Duration = Duration::from_mins(5);
/// Number of images that are claimed at a time; few enough to remove them before the claim expires.
const BATCH: u32 = 50;

/// Removes due objects now and every five minutes until `shutdown`. Several servers may run this task.
pub async fn remove_images(db: Db, storage: Storage, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(INTERVAL);
    while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
        match remove_image_objects(&db, &storage).await {
            Ok(0) => {}
            Ok(images) => info!(images, "Removed the objects of deleted or incomplete images"),
            Err(error) => {
                warn!(%error, "Could not remove the objects of deleted images; trying again in five minutes");
            }
        }
    }
}

/// Removes all due objects. Returns the number of images to which they belonged.
pub async fn remove_image_objects(db: &Db, storage: &Storage) -> Result<usize, ImageError> {
    let mut removed = 0;
    loop {
        let due = db::image::take_removals(db, BATCH).await?;
        if due.is_empty() {
            return Ok(removed);
        }
        for id in due {
            remove(db, storage, id).await?;
            removed += 1;
        }
    }
}

async fn remove(db: &Db, storage: &Storage, id: ImageId) -> Result<(), ImageError> {
    let keys: Vec<Key> = storage.list(&image_prefix(id)).await?.into_iter().map(|(key, _)| key).collect();
    storage.delete_many(&keys).await?;
    Ok(db::image::confirm_removal(db, id).await?)
}
