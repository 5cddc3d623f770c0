//! The format of plans.

use serde::{Deserialize, Serialize};

/// The format of plans that this code reads and writes: 4. The first format had no version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanVersion;

impl PlanVersion {
    const NUMBER: u32 = 4;
}

impl Serialize for PlanVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(Self::NUMBER)
    }
}

impl<'de> Deserialize<'de> for PlanVersion {
    /// Rejects every other format. Serde reads a missing field as `None`, because this reads an `Option`.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<u32>::deserialize(deserializer)?.unwrap_or(1) {
            Self::NUMBER => Ok(Self),
            other => Err(serde::de::Error::custom(format!(
                "the plan has format {other}, and this version of Nang reads format {}",
                Self::NUMBER
            ))),
        }
    }
}
