//! Cursors: positions in lists, for paging.

use std::{fmt, str::FromStr};

use time::OffsetDateTime;
use uuid::Uuid;

/// The last row of a page of a list that is ordered newest first; the next page begins after it. Its text is opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When that row was created, in whole microseconds as PostgreSQL stores it.
    pub created_at: OffsetDateTime,
    /// The row's id, which orders rows with equal times.
    pub id: Uuid,
}

/// A text that is not a cursor, or a cursor of another list or order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor does not belong to this list in this sort order")]
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

/// The last row of a page of a list that has several sort orders, or one other than newest first. A cursor is valid only with the sort
/// order it was issued for, so it contains the name of that order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortedCursor {
    /// Name of the sort order, of the characters `a-z` and `_`.
    pub sort: String,
    /// The value that the row is ordered by.
    pub key: SortKey,
    /// The row's id, which orders rows with equal keys.
    pub id: Uuid,
}

/// The value that a row is ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// A number, or a Unix time in microseconds.
    Number(i64),
    /// A text.
    Text(String),
}

impl SortedCursor {
    /// Returns the cursor of a row ordered by a number.
    pub(crate) fn number(sort: &str, key: i64, id: Uuid) -> Self {
        Self { sort: sort.to_owned(), key: SortKey::Number(key), id }
    }

    /// Returns the cursor of a row ordered by a text.
    pub(crate) fn text(sort: &str, key: String, id: Uuid) -> Self {
        Self { sort: sort.to_owned(), key: SortKey::Text(key), id }
    }

    /// Returns the key as a number; an error if the cursor is of another order.
    pub(crate) fn as_number(&self, sort: &str) -> Result<i64, InvalidCursor> {
        match &self.key {
            SortKey::Number(number) if self.sort == sort => Ok(*number),
            _ => Err(InvalidCursor),
        }
    }

    /// Returns the key as a text; an error if the cursor is of another order.
    pub(crate) fn as_text(&self, sort: &str) -> Result<&str, InvalidCursor> {
        match &self.key {
            SortKey::Text(text) if self.sort == sort => Ok(text),
            _ => Err(InvalidCursor),
        }
    }

    /// Returns the key as a time; an error if the cursor is of another order.
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
            // PostgreSQL stores no NUL in a text, so no issued cursor contains one.
            SortKey::Text(text.filter(|text| !text.contains('\0')).ok_or(InvalidCursor)?)
        };
        Ok(Self { sort: sort.to_owned(), key, id: Uuid::try_parse(id).map_err(|_| InvalidCursor)? })
    }
}

/// Converts a Unix time in microseconds; an error if PostgreSQL cannot store it.
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
    fn a_cursor_is_equal_after_formatting_and_parsing() {
        for created_at in
            [datetime!(2026-03-04 05:06:07.123456 UTC), datetime!(1969-12-31 23:59:59.999999 UTC)]
        {
            let cursor =
                Cursor { created_at, id: Uuid::from_u128(0x0193_a6b0_7c1e_7d6a_8f00_0a1b_2c3d_4e5f) };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
    }

    #[test]
    fn malformed_texts_are_rejected() {
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
    fn a_cursor_of_another_order_is_rejected() {
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
