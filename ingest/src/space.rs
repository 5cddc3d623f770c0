//! Checks that there is disk space for an upload, before and while its bytes arrive.

use db::upload;
use domain::id::FileId;

use crate::error::IngestError;
use crate::{Config, Ingest};

/// Refuses `needed_bytes` of an upload if too little space would be left once all earlier uploads are complete.
pub(crate) async fn check_space(ingest: &Ingest, file: FileId, needed_bytes: u64) -> Result<(), IngestError> {
    let config = &*ingest.config;
    let Some(free_bytes) = config.storage.free_bytes_for_masters().await? else { return Ok(()) };
    let reserve_bytes = config.min_free_bytes;
    if free_bytes == 0 || free_bytes < reserve_bytes {
        return Err(IngestError::StorageFull { free_bytes, reserve_bytes });
    }
    let promised_bytes = {
        let _permit = ingest.leases.database_permit().await;
        upload::outstanding_before(&config.db, file).await?
    };
    if free_bytes < needed_bytes.saturating_add(promised_bytes).saturating_add(reserve_bytes) {
        return Err(IngestError::NoSpace { needed_bytes, free_bytes, promised_bytes, reserve_bytes });
    }
    Ok(())
}

/// Refuses more bytes when the disk is nearly full, regardless of the cause.
pub(crate) async fn check_reserve(config: &Config) -> Result<(), IngestError> {
    let reserve_bytes = config.min_free_bytes;
    match config.storage.free_bytes_for_masters().await? {
        Some(free_bytes) if free_bytes < reserve_bytes => {
            Err(IngestError::StorageFull { free_bytes, reserve_bytes })
        }
        _ => Ok(()),
    }
}
