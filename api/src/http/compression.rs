//! Compresses JSON responses of more than a kilobyte for clients that accept gzip.
//!
//! Only responses to GET are compressed. The BREACH attack reads a secret from the length of a compressed response that also contains
//! text of the attacker's choice. In this API only responses to POST contain secrets (access and refresh tokens, playback URLs, links
//! of invitations), so they stay uncompressed. Compressing small responses gains nothing, and media and files are not JSON.

use std::io::Write;

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use flate2::{Compression, write::GzEncoder};
use http_body_util::BodyExt;

/// JSON of up to this size stays uncompressed.
const MIN_BYTES: u64 = 1024;
/// JSON of up to this size is compressed on the async thread, in about a millisecond; larger JSON on a blocking thread.
const MAX_INLINE_BYTES: u64 = 128 * 1024;
/// Suffix of the entity tag of a compressed response, because another representation must have another strong tag (RFC 9110
/// §8.8.3.3). `If-Match` accepts the tag with and without it.
pub(super) const TAG_SUFFIX: &str = "-gzip";

/// Middleware that compresses responses.
pub(crate) async fn compress(request: Request, next: Next) -> Response {
    let is_get = request.method() == Method::GET;
    let accepted = accepts_gzip(request.headers());
    let response = next.run(request).await;
    let size = response.body().size_hint().exact().unwrap_or(0);
    if !is_get
        || size <= MIN_BYTES
        || response.status() != StatusCode::OK
        || !is_plain_json(response.headers())
    {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if !accepted {
        return Response::from_parts(parts, body);
    }
    let Ok(plain) = body.collect().await else {
        // A body of known size is in memory, so collecting it does not fail.
        parts.status = StatusCode::INTERNAL_SERVER_ERROR;
        return Response::from_parts(parts, Body::empty());
    };
    let plain = plain.to_bytes();
    let compressed = if size <= MAX_INLINE_BYTES {
        Some(gzip(&plain))
    } else {
        let plain = plain.clone();
        tokio::task::spawn_blocking(move || gzip(&plain)).await.ok()
    };
    let Some(compressed) = compressed else { return Response::from_parts(parts, plain.into()) };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    if let Some(tag) = parts.headers.get(header::ETAG).and_then(compressed_tag) {
        parts.headers.insert(header::ETAG, tag);
    }
    Response::from_parts(parts, compressed.into())
}

fn is_plain_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json")
        && !headers.contains_key(header::CONTENT_ENCODING)
}

/// Returns `"3-gzip"` for `"3"`; `None` for a weak tag, which stays as it is.
fn compressed_tag(tag: &HeaderValue) -> Option<HeaderValue> {
    let inner = tag.to_str().ok()?.strip_prefix('"')?.strip_suffix('"')?;
    HeaderValue::try_from(format!("\"{inner}{TAG_SUFFIX}\"")).ok()
}

/// Whether `Accept-Encoding` allows gzip (RFC 9110 §12.5.3). Without the header the response stays uncompressed.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let weight = |wanted: &str| {
        let values = headers.get_all(header::ACCEPT_ENCODING).into_iter();
        let values = values.filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).find_map(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
            let weight = weight.trim().strip_prefix("q=").unwrap_or("0").parse::<f32>().unwrap_or(0.0);
            name.trim().eq_ignore_ascii_case(wanted).then_some(weight)
        })
    };
    weight("gzip").or_else(|| weight("*")).is_some_and(|weight| weight > 0.0)
}

/// Compresses with a fast level, because at every level JSON shrinks to about a tenth.
fn gzip(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::new(4));
    encoder.write_all(plain).and_then(|()| encoder.finish()).expect("writing to memory does not fail").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_requires_a_client_that_accepts_it() {
        for (accepted, expected) in [
            (None, false),
            (Some("gzip"), true),
            (Some("br, GZIP;q=0.5"), true),
            (Some("gzip; q=0"), false),
            (Some("gzip;q=0, *"), false),
            (Some("*"), true),
            (Some("*;q=0"), false),
            (Some("identity, br"), false),
            (Some("gzip;q=rubbish"), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accepted) = accepted {
                headers.insert(header::ACCEPT_ENCODING, accepted.parse().unwrap());
            }
            assert_eq!(accepts_gzip(&headers), expected, "{accepted:?}");
        }
    }
}
