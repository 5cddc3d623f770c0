//! How many may import or export the catalogue at once.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Exports at once: each holds a connection to the database for as long as its reader takes.
const MAX_EXPORTS: usize = 2;

/// Permits to do so.
pub(crate) struct CatalogueTurns {
    /// One at a time: what is made of a file is many times its size.
    pub(crate) imports: Arc<Semaphore>,
    /// A few at a time.
    pub(crate) exports: Arc<Semaphore>,
}

impl Default for CatalogueTurns {
    fn default() -> Self {
        Self { imports: Arc::new(Semaphore::new(1)), exports: Arc::new(Semaphore::new(MAX_EXPORTS)) }
    }
}
