//! Places in lists.

use std::{fmt, str::FromStr};

use time::OffsetDateTime;
use uuid::Uuid;

/// The last row a client has seen of a list that is ordered newest first; the next page begins after it. Its text is opaque to clients.
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
        Ok(Self { created_at: moment(micros)?, id: Uuid::try_parse(id).map_err(|_| InvalidCursor)? })
    }
}

/// The last row a client has seen of a list that has several orders, or another one than newest first. Names its order, since a place
/// in one means nothing in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortedCursor {
    /// Which order: a word of `a-z` and `_`.
    pub sort: String,
    /// What that row is ordered by.
    pub key: SortKey,
    /// Its id, which orders rows of one key.
    pub id: Uuid,
}

/// What a row is ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// A number, or a moment in microseconds.
    Number(i64),
    /// A text.
    Text(String),
}

impl SortedCursor {
    /// The cursor of a row ordered by a number.
    pub(crate) fn number(sort: &str, key: i64, id: Uuid) -> Self {
        Self { sort: sort.to_owned(), key: SortKey::Number(key), id }
    }

    /// The cursor of a row ordered by a text.
    pub(crate) fn text(sort: &str, key: String, id: Uuid) -> Self {
        Self { sort: sort.to_owned(), key: SortKey::Text(key), id }
    }

    /// The number that this order goes by.
    pub(crate) fn as_number(&self, sort: &str) -> Result<i64, InvalidCursor> {
        match &self.key {
            SortKey::Number(number) if self.sort == sort => Ok(*number),
            _ => Err(InvalidCursor),
        }
    }

    /// The text that this order goes by.
    pub(crate) fn as_text(&self, sort: &str) -> Result<&str, InvalidCursor> {
        match &self.key {
            SortKey::Text(text) if self.sort == sort => Ok(text),
            _ => Err(InvalidCursor),
        }
    }

    /// The moment that this order goes by.
    pub(crate) fn as_moment(&self, sort: &str) -> Result<OffsetDateTime, InvalidCursor> {
        moment(self.as_number(sort)?)
    }
}

impl fmt::Display for SortedCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sort, id) = (&self.sort, self.id.simple());
        match &self.key {
            SortKey::Number(number) => write!(f, "{sort}.n{number}.{id}"),
            SortKey::Text(text) => write!(f, "{sort}.t{}.{id}", domain::hex::encode(text.as_bytes())),
        }
    }
}

impl FromStr for SortedCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (sort, rest) = text.split_once('.').ok_or(InvalidCursor)?;
        let (key, id) = rest.split_once('.').ok_or(InvalidCursor)?;
        let key = if let Some(number) = key.strip_prefix('n') {
            SortKey::Number(number.parse().map_err(|_| InvalidCursor)?)
        } else {
            let hex = key.strip_prefix('t').ok_or(InvalidCursor)?;
            let text = domain::hex::decode(hex).and_then(|bytes| String::from_utf8(bytes).ok());
            // Postgres has no NUL in texts, so no list ever gave one out.
            SortKey::Text(text.filter(|text| !text.contains('\0')).ok_or(InvalidCursor)?)
        };
        Ok(Self { sort: sort.to_owned(), key, id: Uuid::try_parse(id).map_err(|_| InvalidCursor)? })
    }
}

/// A moment that Postgres can hold, from microseconds.
fn moment(micros: i64) -> Result<OffsetDateTime, InvalidCursor> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000)
        .ok()
        .filter(|moment| moment.year() > 0)
        .ok_or(InvalidCursor)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::{Cursor, SortedCursor};

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
            "-99999999999999999.0193a6b07c1e7d6a8f000a1b2c3d4e5f",
            "99999999999999999999.0193a6b07c1e7d6a8f000a1b2c3d4e5f",
            "x.0193a6b07c1e7d6a8f000a1b2c3d4e5f",
            "-300000000000000000.0193a6b07c1e7d6a8f000a1b2c3d4e5f",
        ] {
            assert!(text.parse::<Cursor>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_cursor_of_another_order_is_refused() {
        let id = Uuid::from_u128(7);
        for cursor in
            [SortedCursor::number("year", -3, id), SortedCursor::text("title_lo", "ມເືອງ.".to_owned(), id)]
        {
            assert_eq!(cursor.to_string().parse(), Ok(cursor.clone()));
            assert!(cursor.as_number("runtime").is_err() && cursor.as_text("title_en").is_err());
        }
        let year: SortedCursor = "year.n1999.0193a6b07c1e7d6a8f000a1b2c3d4e5f".parse().unwrap();
        assert_eq!(year.as_number("year"), Ok(1999));
        for text in [
            "",
            "year",
            "year.n1",
            "year.x1.0193a6b07c1e7d6a8f000a1b2c3d4e5f",
            "title_lo.t00.0193a6b07c1e7d6a8f000a1b2c3d4e5f",
            "title_lo.tzz.0193a6b07c1e7d6a8f000a1b2c3d4e5f",
        ] {
            assert!(text.parse::<SortedCursor>().is_err(), "{text:?}");
        }
    }
}
