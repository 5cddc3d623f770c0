//! The id of an asset, a composition, a reel or a key.

use uuid::Uuid;

/// A UUID. In documents it is written as `urn:uuid:…` (ST 429-7:2006 §6.1); upper case and a missing prefix are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssetId(pub Uuid);

impl AssetId {
    /// Reads an id; `None` if the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text.trim()).ok().map(Self)
    }
}

/// 36 lower-case characters.
impl std::fmt::Display for AssetId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::AssetId;

    #[test]
    fn ids_are_read_in_the_spellings_of_packages() {
        let id = "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f";
        for text in [
            "urn:uuid:0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f",
            " urn:uuid:0193A6B0-7C1E-7D6A-8F00-0A1B2C3D4E5F\n",
            "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f",
        ] {
            assert_eq!(AssetId::parse(text).unwrap().to_string(), id, "{text}");
        }
        for text in ["", "urn:uuid:", "urn:uuid:0193a6b0", "film.mxf"] {
            assert_eq!(AssetId::parse(text), None, "{text}");
        }
    }
}
