//! Turns the enumerations of the database into those of the wire and back.
//!
//! They are two, so that a new state in the database has to be given a name and a meaning for clients before it compiles.

macro_rules! same_words {
    ($from:ty => $to:ty { $($variant:ident),+ }) => {
        impl From<$from> for $to {
            fn from(word: $from) -> Self {
                match word { $(<$from>::$variant => Self::$variant,)+ }
            }
        }
    };
}
