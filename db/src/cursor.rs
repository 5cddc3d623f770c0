//! A place in a list that is ordered newest first.

use std::{fmt, str::FromStr};

use time::OffsetDateTime;
use uuid::Uuid;

/// The last row a client has seen; the next page begins after it. Its text is opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When that row was created, in whole microseconds as Postgres keeps it.
    pub created_at: OffsetDateTime,
    /// Its id, which orders rows of one moment.
    pub id: Uuid,
}

/// A text that no list ever gave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct InvalidCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.created_at.unix_timestamp_nanos() / 1000, self.id.simple())
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (micros, id) = text.split_once('.').ok_or(InvalidCursor)?;
        let micros: i64 = micros.parse().map_err(|_| InvalidCursor)?;
        let created_at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000)
            .ok()
            // Postgres' timestamps begin in 4714 BC, and no row is that old.
            .filter(|created_at| created_at.year() >= 0)
            .ok_or(InvalidCursor)?;
        Ok(Self { created_at, id: Uuid::try_parse(id).map_err(|_| InvalidCursor)? })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::Cursor;

    #[test]
    fn a_cursor_survives_being_text() {
        for created_at in
            [datetime!(2026-03-04 05:06:07.123456 UTC), datetime!(1969-12-31 23:59:59.999999 UTC)]
        {
            let cursor =
                Cursor { created_at, id: Uuid::from_u128(0x0193_a6b0_7c1e_7d6a_8f00_0a1b_2c3d_4e5f) };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            ".",
            "1.",
            ".x",
            "1.x",
            "99999999999999999999.0193a6b07c1e7d6a8f000a1b2c3d4e5f",
            "x.0193a6b07c1e7d6a8f000a1b2c3d4e5f",
            "-300000000000000000.0193a6b07c1e7d6a8f000a1b2c3d4e5f",
        ] {
            assert!(text.parse::<Cursor>().is_err(), "{text:?}");
        }
    }
}
