//! Converts between enums of the database and enums of the API that have the same variants.
//!
//! They are separate types, so that a new state in the database does not compile until it has a name and a meaning in the API.

macro_rules! convert_enum {
    ($from:ty => $to:ty { $($variant:ident),+ }) => {
        impl From<$from> for $to {
            fn from(value: $from) -> Self {
                match value { $(<$from>::$variant => Self::$variant,)+ }
            }
        }
    };
}
