//! Whether who sends an upload may still do so: a request that lasts for hours is let in at its beginning.

use std::pin::Pin;
use std::sync::Arc;

use crate::error::IngestError;

/// Why it cannot be told.
type AskError = Box<dyn std::error::Error + Send + Sync>;
type Asking = Pin<Box<dyn Future<Output = Result<bool, AskError>> + Send>>;

/// Asks whether the sender may still upload. Put into a request's extensions, it is asked before the upload counts as
/// whole; without one, whoever was let in may go on.
#[derive(Clone)]
pub struct Permission(Arc<dyn Fn() -> Asking + Send + Sync>);

impl Permission {
    /// A permission that is asked for by `ask`.
    pub fn new<F>(ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<bool, AskError>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(ask())))
    }

    pub(crate) async fn check(&self) -> Result<(), IngestError> {
        match (self.0)().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(IngestError::NoLongerAllowed),
            Err(error) => Err(IngestError::Permission(error)),
        }
    }
}
