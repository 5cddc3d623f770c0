//! A change to an optional field: keep, clear or set it.

use serde::{Deserialize, Deserializer};

/// The change. In JSON, a missing field means `Keep` (the field needs `#[serde(default)]`) and `null` means `Clear`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Does not change the field.
    #[default]
    Keep,
    /// Empties the field.
    Clear,
    /// Sets the field to this value.
    Set(T),
}

impl<T> Patch<T> {
    /// Applies the change to `field`.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }

    /// The new value, if the change sets one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }

    /// Converts the new value, if there is one.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(change(value)),
        }
    }
}

/// Replaces the field: `None` clears it.
impl<T> From<Option<T>> for Patch<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::Patch;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Change {
        #[serde(default)]
        year: Patch<u16>,
    }

    #[test]
    fn a_missing_field_is_kept_and_null_clears_it() {
        for (json, change, after) in [
            ("{}", Patch::Keep, Some(1958)),
            (r#"{"year":null}"#, Patch::Clear, None),
            (r#"{"year":2007}"#, Patch::Set(2007), Some(2007)),
        ] {
            let read: Change = serde_json::from_str(json).unwrap();
            assert_eq!(read.year, change, "{json}");
            let mut year = Some(1958);
            read.year.apply(&mut year);
            assert_eq!(year, after, "{json}");
        }
    }
}
