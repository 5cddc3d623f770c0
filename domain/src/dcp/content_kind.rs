//! What a composition is for.

/// The kind of a composition (ST 429-7 and ST 429-16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContentKind {
    /// A film.
    Feature,
    /// A trailer.
    Trailer,
    /// A test of the equipment.
    Test,
    /// A short trailer.
    Teaser,
    /// The rating of a film.
    Rating,
    /// An advertisement.
    Advertisement,
    /// A short film.
    Short,
    /// What is shown between two compositions.
    Transitional,
    /// A public service announcement.
    Psa,
    /// Rules of the cinema.
    Policy,
    /// An episode of a series.
    Episode,
    /// Another kind, as the document names it; cut to 64 characters.
    Other(String),
}

impl ContentKind {
    /// Reads a kind, without regard to case.
    pub fn parse(text: &str) -> Self {
        match text.trim().to_ascii_lowercase().as_str() {
            "feature" => Self::Feature,
            "trailer" => Self::Trailer,
            "test" => Self::Test,
            "teaser" => Self::Teaser,
            "rating" => Self::Rating,
            "advertisement" => Self::Advertisement,
            "short" => Self::Short,
            "transitional" => Self::Transitional,
            "psa" => Self::Psa,
            "policy" => Self::Policy,
            "episode" => Self::Episode,
            _ => Self::Other(super::xml::quoted(text.trim())),
        }
    }

    /// Its name in documents.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Feature => "feature",
            Self::Trailer => "trailer",
            Self::Test => "test",
            Self::Teaser => "teaser",
            Self::Rating => "rating",
            Self::Advertisement => "advertisement",
            Self::Short => "short",
            Self::Transitional => "transitional",
            Self::Psa => "psa",
            Self::Policy => "policy",
            Self::Episode => "episode",
            Self::Other(name) => name,
        }
    }
}
