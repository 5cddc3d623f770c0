//! The audiences of the catalogue. The SQL functions `film_is_listed` and `film_is_shown` define what each audience sees.

/// The kind of caller, which decides which films the caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// Not logged in: sees public films, and scheduled films from their `publish_at` on.
    Anonymous,
    /// Logged in: also sees films for members.
    Member,
    /// An editor or admin: also sees drafts and deleted films where a function says so.
    Editor,
}

impl Audience {
    /// Whether this audience sees films for members.
    pub(crate) fn is_member(self) -> bool {
        self >= Self::Member
    }
}
