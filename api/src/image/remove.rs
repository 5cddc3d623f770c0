//! Removing the objects of pictures that were deleted or never finished. The database remembers which; see `db::image`.

use std::time::Duration;

use db::Db;
use domain::{id::ImageId, key::image_prefix};
use storage::Storage;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::store::ImageError;

const EVERY: Duration = Duration::from_mins(5);
/// Pictures taken on at once: few enough that their time does not run out.
const BATCH: u32 = 50;

/// Removes what is due, now and every few minutes, until `shutdown`. Several servers may do so.
pub async fn remove_images(db: Db, storage: Storage, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(EVERY);
    while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
        match remove_image_objects(&db, &storage).await {
            Ok(0) => {}
            Ok(images) => info!(images, "Removed pictures' objects"),
            Err(error) => warn!(%error, "Pictures' objects could not be removed; again soon"),
        }
    }
}

/// Removes what is due. Says how many pictures that were.
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
    for (key, _) in storage.list(&image_prefix(id)).await? {
        storage.delete(&key).await?;
    }
    Ok(db::image::removed(db, id).await?)
}
