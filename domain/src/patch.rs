//! A change to a field that may be empty: left alone, emptied or filled.

use serde::{Deserialize, Deserializer};

/// What happens to the field. In JSON a field that is left out is kept, and `null` empties it; needs `#[serde(default)]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It becomes empty.
    Clear,
    /// It becomes this.
    Set(T),
}

impl<T> Patch<T> {
    /// Makes the change.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }

    /// What the field is to become, if it becomes anything.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }

    /// The same change to a field of another kind.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(change(value)),
        }
    }
}

/// The whole field anew.
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
    fn what_is_left_out_stays_and_null_clears() {
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
