//! Pagination: lists return pages of `?limit=` items, with an opaque cursor of the next page.

use std::{fmt::Display, str::FromStr};

use db::Cursor;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::error::ApiError;

/// Page size if the request has no `limit`.
const DEFAULT_LIMIT: u32 = 20;

/// Query parameters of a list.
#[derive(Debug, Default, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// `next_cursor` of the previous page; omit it for the first page
    #[garde(skip)]
    cursor: Option<String>,
    /// Maximum number of items, 1 to 100; default 20
    #[param(minimum = 1, maximum = 100)]
    #[garde(range(min = 1, max = 100))]
    limit: Option<u32>,
}

/// A requested page: its start and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page<C = Cursor> {
    /// Cursor of the last item of the previous page; `None` for the first page.
    pub(crate) after: Option<C>,
    limit: u32,
}

impl PageQuery {
    /// Returns the requested page; an error if the cursor is not one of this list.
    pub(crate) fn page<C: FromStr + Display>(&self) -> Result<Page<C>, ApiError> {
        Page::new(self.cursor.as_deref(), self.limit)
    }
}

impl<C: FromStr + Display> Page<C> {
    /// Returns the page after `cursor`, of the default size if `limit` is absent.
    pub(crate) fn new(cursor: Option<&str>, limit: Option<u32>) -> Result<Self, ApiError> {
        let after = cursor
            .map(str::parse)
            .transpose()
            .map_err(|_| ApiError::invalid_query("cursor", "is not a next_cursor of this list"))?;
        Ok(Self { after, limit: limit.unwrap_or(DEFAULT_LIMIT) })
    }

    /// Number of rows to read: one more than the page size, to detect whether there is a next page.
    pub(crate) fn rows(&self) -> u32 {
        self.limit + 1
    }

    /// Truncates the rows to the page size. Returns them and the cursor of the next page, if there is one.
    pub(crate) fn cut<T>(&self, mut rows: Vec<T>, cursor: impl FnOnce(&T) -> C) -> (Vec<T>, Option<String>) {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|last| cursor(last).to_string());
        (rows, next)
    }
}
