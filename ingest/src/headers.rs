//! tus headers: names, reading, writing.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::error::IngestError;

pub(crate) const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub(crate) const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
pub(crate) const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
pub(crate) const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
pub(crate) const TUS_CHECKSUM_ALGORITHM: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
pub(crate) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub(crate) const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub(crate) const UPLOAD_DEFER_LENGTH: HeaderName = HeaderName::from_static("upload-defer-length");
pub(crate) const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
pub(crate) const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
pub(crate) const UPLOAD_CONCAT: HeaderName = HeaderName::from_static("upload-concat");
pub(crate) const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
pub(crate) const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");
/// Nang's own header: `uploading`, `uploaded`, `duplicate` or `refused`, so that a client can show the state of a file.
pub(crate) const UPLOAD_STATE: HeaderName = HeaderName::from_static("nang-upload-state");
/// Nang's own header: the id of the file that has the same bytes.
pub(crate) const DUPLICATE_OF: HeaderName = HeaderName::from_static("nang-duplicate-of");

pub(crate) const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
const BODY_TYPE: &str = "application/offset+octet-stream";

/// RFC 9110 §5.6.7: the date format that senders must use.
const HTTP_DATE: &[BorrowedFormatItem<'_>] = format_description!(
    version = 2,
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// Checks the client's version of tus (tus 1.0, "Tus-Resumable").
pub(crate) fn check_version(headers: &HeaderMap) -> Result<(), IngestError> {
    if headers.get(TUS_RESUMABLE) == Some(&VERSION) { Ok(()) } else { Err(IngestError::Version) }
}

/// Whether the request carries bytes of an upload.
pub(crate) fn carries_bytes(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value == BODY_TYPE)
}

/// Parses a header that is a whole number of bytes. Returns `None` if it is absent.
pub(crate) fn number(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, IngestError> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    // `parse` would accept a sign as well. A number that the database cannot store exceeds every limit anyway.
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(number) if digits => Ok(Some(number)),
        _ => Err(IngestError::Header { name: name.clone(), problem: "is not a whole number of bytes" }),
    }
}

/// Like [`number`], but an absent header is an error.
pub(crate) fn required_number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, IngestError> {
    number(headers, name)?.ok_or(IngestError::Header { name: name.clone(), problem: "is missing" })
}

/// Formats the value of `Upload-Expires`.
pub(crate) fn http_date(time: OffsetDateTime) -> HeaderValue {
    time.to_offset(time::UtcOffset::UTC)
        .format(HTTP_DATE)
        .ok()
        .and_then(|text| HeaderValue::try_from(text).ok())
        .unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use time::macros::datetime;

    use super::{UPLOAD_OFFSET, http_date, number};

    #[test]
    fn only_plain_digits_are_accepted() {
        for (text, expected) in [
            ("0", Some(0)),
            ("007", Some(7)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-1", None),
            ("+1", None),
            ("1.0", None),
            (" 1", None),
            ("0x10", None),
            ("", None),
            ("ten", None),
        ] {
            let headers = HeaderMap::from_iter([(UPLOAD_OFFSET, text.parse().unwrap())]);
            assert_eq!(number(&headers, &UPLOAD_OFFSET).ok().flatten(), expected, "{text:?}");
        }
    }

    #[test]
    fn dates_are_formatted_as_http_requires() {
        assert_eq!(http_date(datetime!(1994-11-06 15:49:37 +7)), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
