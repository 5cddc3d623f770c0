//! Who is looking at the catalogue. What each sees of it is said once, in the SQL functions `film_is_listed` and
//! `film_is_shown`.

/// A viewer, as far as the catalogue cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// Not logged in: public films, and scheduled ones whose time has come.
    Anybody,
    /// Logged in: films for members as well.
    Member,
    /// An editor or admin: drafts and deleted films too, where a function says so.
    Editor,
}

impl Audience {
    /// Whether films for members are for this one.
    pub(crate) fn is_member(self) -> bool {
        self >= Self::Member
    }
}
