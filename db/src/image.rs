//! Pictures of films and people. The bytes are objects; a row is never changed, a new picture is a new row.

text_enum! {
    /// What a picture is for.
    ImageKind {
        /// Upright, with the title.
        Poster = "poster",
        /// Wide, behind the page.
        Backdrop = "backdrop",
        /// A moment of the film.
        Still = "still",
        /// A person.
        Portrait = "portrait",
    }
}
