//! Where objects come from: from the disk cache if there is one, otherwise from storage.

use std::{io, ops::Range, sync::Arc};

use domain::key::Key;
use storage::{ObjectReader, Storage, StorageError};

use crate::disk_cache::{DiskCache, DiskCacheConfig};

/// Cheap to clone; clones share their disk cache.
#[derive(Clone)]
pub(crate) struct Objects {
    storage: Storage,
    disk: Option<Arc<DiskCache>>,
}

impl Objects {
    pub(crate) fn new(storage: Storage, disk: Option<&DiskCacheConfig>) -> io::Result<Self> {
        let open = |config| DiskCache::open(config, storage.clone()).map(Arc::new);
        Ok(Self { disk: disk.map(open).transpose()?, storage })
    }

    /// Returns an object, or the bytes `range` of it; `None` if it is absent.
    pub(crate) async fn get(
        &self,
        key: &Key,
        range: Option<Range<u64>>,
    ) -> Result<Option<ObjectReader>, Arc<StorageError>> {
        match &self.disk {
            Some(disk) => disk.get(key, range).await,
            None => self.storage.get(key, range).await.map_err(Arc::new),
        }
    }

    /// Fetches the segment after this one in the background, if there is a disk cache: most viewers ask for it within seconds.
    pub(crate) fn prefetch_after(&self, key: &Key) {
        if let (Some(disk), Some(next)) = (&self.disk, key.next_segment()) {
            disk.prefetch(next);
        }
    }

    /// Returns the size of the disk cache.
    pub(crate) fn disk_bytes(&self) -> u64 {
        self.disk.as_ref().map_or(0, |disk| disk.held_bytes())
    }
}
