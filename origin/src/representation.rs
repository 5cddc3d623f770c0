//! An object in the form that a client gets: its validator, its headers, and the part that a request selects.
//!
//! Keys are never reused, so a key is a strong validator: the entity tag is `"<key>"`. The compressed form has the suffix
//! `+gzip`; keys never contain `+`.

use std::ops::Range;

use domain::key::Key;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header, request::Parts};

use crate::{
    body::Body,
    cache::Found,
    conditional,
    encoding::{Encoding, is_compressible},
    range::{Selection, select},
};

pub(crate) struct Representation<'a> {
    pub(crate) key: &'a Key,
    pub(crate) found: Found,
    pub(crate) size_bytes: u64,
    encoding: Encoding,
    etag: String,
}

impl<'a> Representation<'a> {
    /// Creates a representation of the object at `key`.
    pub(crate) fn new(key: &'a Key, found: Found) -> Self {
        let (size_bytes, encoding) = match &found {
            Found::Whole(object) => (object.size_bytes, object.encoding),
            Found::Large { size_bytes } => (*size_bytes, Encoding::Identity),
        };
        let etag = match encoding {
            Encoding::Identity => format!("\"{key}\""),
            Encoding::Gzip => format!("\"{key}+gzip\""),
        };
        Self { key, found, size_bytes, encoding, etag }
    }

    /// Evaluates the request's preconditions in the order of RFC 9110 §13.2.2. Returns the status to send instead of the object.
    pub(crate) fn precondition(&self, request: &HeaderMap) -> Option<StatusCode> {
        if request.contains_key(header::IF_MATCH)
            && !conditional::any_matches(lines(request, &header::IF_MATCH), &self.etag)
        {
            return Some(StatusCode::PRECONDITION_FAILED);
        }
        let known = conditional::is_known(lines(request, &header::IF_NONE_MATCH), &self.etag);
        known.then_some(StatusCode::NOT_MODIFIED)
    }

    /// Returns what the request selects. Ranges are defined only for `GET` (RFC 9110 §14.2). Several `Range` headers are not one
    /// range and are ignored.
    pub(crate) fn select(&self, request: &Parts) -> Selection {
        let mut ranges = lines(&request.headers, &header::RANGE);
        let (Some(range), None) = (ranges.next(), ranges.next()) else { return Selection::Whole };
        let holds = lines(&request.headers, &header::IF_RANGE)
            .all(|value| conditional::range_holds(value, &self.etag));
        if request.method == Method::GET && holds { select(range, self.size_bytes) } else { Selection::Whole }
    }

    /// Returns a response with `body`, which is `part` of the object. 304, 412 and 416 have no part.
    pub(crate) fn answer(&self, status: StatusCode, part: Option<Range<u64>>, body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.cache_control(status)));
        headers.insert(header::ETAG, ascii(&self.etag));
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if is_compressible(self.key) {
            headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        if let Some(part) = part {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.key.content_type()));
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(part.end - part.start));
            if self.encoding == Encoding::Gzip {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            if status == StatusCode::PARTIAL_CONTENT {
                let range = format!("bytes {}-{}/{}", part.start, part.end - 1, self.size_bytes);
                headers.insert(header::CONTENT_RANGE, ascii(&range));
            }
        } else if status.is_client_error() {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
        }
        if status == StatusCode::RANGE_NOT_SATISFIABLE {
            headers.insert(header::CONTENT_RANGE, ascii(&format!("bytes */{}", self.size_bytes)));
        }
        response
    }

    /// Client errors must not be cached; every other response may be cached as the key allows.
    fn cache_control(&self, status: StatusCode) -> &'static str {
        if status.is_client_error() { "no-store" } else { self.key.cache_control() }
    }
}

/// Returns the values of all lines of a header.
fn lines<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    headers.get_all(name).into_iter().map(HeaderValue::as_bytes)
}

fn ascii(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("ids, names and numbers are visible ASCII")
}
