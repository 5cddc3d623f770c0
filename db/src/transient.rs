//! Which errors waiting can cure.

use crate::DbError;

impl DbError {
    /// Whether the same call may succeed a moment later: the server restarts, a connection broke, another transaction was
    /// in the way. After a broken connection it is not known whether the transaction was committed.
    pub fn is_transient(&self) -> bool {
        match self {
            // The last two: a reply was cut off in its middle.
            Self::Unavailable(_)
            | Self::Busy(_)
            | Self::TimedOut(_)
            | Self::Sqlx(sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed) => true,
            // Class 08: the connection.
            Self::Sqlx(sqlx::Error::Database(refusal)) => {
                refusal.code().is_some_and(|code| code.starts_with("08"))
            }
            _ => false,
        }
    }
}
