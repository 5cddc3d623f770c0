//! Checks whether the account may still upload: a request may last for hours, and access is checked when it starts.

use std::pin::Pin;
use std::sync::Arc;

use crate::error::IngestError;

/// Why the check failed.
type CheckError = Box<dyn std::error::Error + Send + Sync>;
type CheckFuture = Pin<Box<dyn Future<Output = Result<bool, CheckError>> + Send>>;

/// Checks whether the account may still upload. If a request's extensions contain one, it is checked before the upload becomes a
/// master. Without one, the account is not checked again.
#[derive(Clone)]
pub struct Permission(Arc<dyn Fn() -> CheckFuture + Send + Sync>);

impl Permission {
    /// Creates a permission that calls `check`. `check` returns whether the account may still upload.
    pub fn new<F>(check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<bool, CheckError>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(check())))
    }

    pub(crate) async fn check(&self) -> Result<(), IngestError> {
        match (self.0)().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(IngestError::NoLongerAllowed),
            Err(error) => Err(IngestError::Permission(error)),
        }
    }
}
