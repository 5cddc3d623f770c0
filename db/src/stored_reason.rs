//! Reasons in `jsonb` columns, beside their English texts.

use domain::reason::Reason;
use serde_json::Value;

pub(crate) fn to_json(reason: &Reason) -> Value {
    serde_json::to_value(reason).expect("a reason is plain strings")
}

/// Returns the stored reason. One that another version of Nang stored may have an unknown code; then its text must do.
pub(crate) fn from_json(stored: Option<Value>) -> Option<Reason> {
    stored.and_then(|stored| serde_json::from_value(stored).ok())
}
