//! Identifiers. Each kind of object has its own type, so that a build's id cannot be passed where a film's id is expected.
//!
//! All are UUIDs, written as 36 lower-case characters. The caller creates new ones (version 7).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id: 36 lower-case characters of a UUID")]
pub struct InvalidId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            /// Accepts only the hyphenated lower-case form, so that an id has exactly one spelling in URLs and storage keys.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match Uuid::try_parse(text) {
                    Ok(id) if id.hyphenated().to_string() == text => Ok(Self(id)),
                    _ => Err(InvalidId),
                }
            }
        }
    };
}

id!(
    /// A film in the catalogue.
    FilmId
);
id!(
    /// An uploaded master; also the id of its tus upload.
    FileId
);
id!(
    /// What encoding made from one source: a master, a dub or a subtitle file.
    BuildId
);
id!(
    /// What viewers play: a multivariant playlist that names renditions of one or more builds.
    PresentationId
);
id!(
    /// The token of a remote worker.
    WorkerTokenId
);
id!(
    /// An audio or subtitle track of a film. It stays the same when the track is replaced by another build.
    TrackId
);
id!(
    /// An image of a film or person.
    ImageId
);
id!(
    /// A job in the queue.
    JobId
);
id!(
    /// An account.
    UserId
);
id!(
    /// A session of an account: its access tokens and its family of refresh tokens.
    AccountSessionId
);
id!(
    /// An invitation to create an account.
    InvitationId
);
id!(
    /// A link with which a person without an account sees and plays a film that is not public.
    PreviewLinkId
);
id!(
    /// A playback session: from the viewer pressing play to the expiry of the playback token.
    PlaybackSessionId
);

#[cfg(test)]
mod tests {
    use super::FilmId;

    #[test]
    fn only_one_spelling_of_an_id_is_accepted() {
        let canonical = "0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f";
        assert_eq!(canonical.parse::<FilmId>().unwrap().to_string(), canonical);
        for other in [
            "0193A6B0-7C1E-7D6A-8F00-0A1B2C3D4E5F",
            "0193a6b07c1e7d6a8f000a1b2c3d4e5f",
            "{0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f}",
            "urn:uuid:0193a6b0-7c1e-7d6a-8f00-0a1b2c3d4e5f",
            "",
            "..",
        ] {
            assert!(other.parse::<FilmId>().is_err(), "{other}");
        }
    }
}
