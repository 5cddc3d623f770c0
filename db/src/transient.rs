//! Which errors are transient.

use crate::DbError;

impl DbError {
    /// Whether the same call may succeed a moment later: the server restarts, a connection broke, or another transaction
    /// held a lock. After a broken connection it is not known whether the transaction was committed.
    pub fn is_transient(&self) -> bool {
        match self {
            // The last two: the connection broke in the middle of a reply.
            Self::Unavailable(_)
            | Self::Busy(_)
            | Self::TimedOut(_)
            | Self::Sqlx(sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed) => true,
            // Class 08: connection exception.
            Self::Sqlx(sqlx::Error::Database(refusal)) => {
                refusal.code().is_some_and(|code| code.starts_with("08"))
            }
            _ => false,
        }
    }
}
