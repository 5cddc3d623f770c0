//! Lists come in pages: `?limit=` items, and an opaque cursor to where the next page begins.

use std::{fmt::Display, str::FromStr};

use db::Cursor;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::error::ApiError;

/// Items on a page that does not say how many it wants.
const DEFAULT_LIMIT: u32 = 20;

/// Which part of a list is wanted.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// `next_cursor` of the page before; none for the first page
    #[garde(skip)]
    cursor: Option<String>,
    /// Most items to return, 1 to 100; 20 if not given
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// A place in a list and a number of items from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page<C = Cursor> {
    /// The last item of the page before.
    pub(crate) after: Option<C>,
    limit: u32,
}

impl PageQuery {
    /// The page that is asked for.
    pub(crate) fn page<C: FromStr + Display>(&self) -> Result<Page<C>, ApiError> {
        Page::new(self.cursor.as_deref(), self.limit)
    }
}

impl<C: FromStr + Display> Page<C> {
    /// The page after `cursor`, of the usual length if no other is given.
    pub(crate) fn new(cursor: Option<&str>, limit: Option<u32>) -> Result<Self, ApiError> {
        let after = cursor
            .map(str::parse)
            .transpose()
            .map_err(|_| ApiError::invalid_query("cursor", "is not a next_cursor of this list"))?;
        Ok(Self { after, limit: limit.unwrap_or(DEFAULT_LIMIT) })
    }

    /// Rows to read: one more than is shown tells whether there is a next page.
    pub(crate) fn rows(&self) -> u32 {
        self.limit + 1
    }

    /// Cuts what was read down to the page and says where the next one begins.
    pub(crate) fn cut<T>(&self, mut rows: Vec<T>, cursor: impl FnOnce(&T) -> C) -> (Vec<T>, Option<String>) {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|last| cursor(last).to_string());
        (rows, next)
    }
}
