//! The media types of uploaded images.

/// A media type that is accepted for uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadType {
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `image/webp`
    Webp,
}

impl UploadType {
    /// Returns the type with this name, which must not have parameters; `None` if it is not accepted.
    pub fn from_media_type(name: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png, Self::Webp]
            .into_iter()
            .find(|one| one.media_type().eq_ignore_ascii_case(name))
    }

    /// Returns the name.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}
