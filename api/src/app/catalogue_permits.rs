//! Limits on concurrent imports and exports of the catalogue.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Maximum number of concurrent exports. Each holds a database connection until the client has read all of it.
const MAX_EXPORTS: usize = 2;

/// Permits for imports and exports of the catalogue.
pub(crate) struct CataloguePermits {
    /// One permit, because a parsed file takes many times its size in memory.
    pub(crate) imports: Arc<Semaphore>,
    /// [`MAX_EXPORTS`] permits.
    pub(crate) exports: Arc<Semaphore>,
}

impl Default for CataloguePermits {
    fn default() -> Self {
        Self { imports: Arc::new(Semaphore::new(1)), exports: Arc::new(Semaphore::new(MAX_EXPORTS)) }
    }
}
