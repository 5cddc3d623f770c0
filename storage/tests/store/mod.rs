//! An object store in memory that misbehaves: it fails, is slow, cuts answers, forgets what is optional, and refuses trailers.
#![allow(dead_code, reason = "each test program uses its part")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use futures_util::{StreamExt, stream};

/// What the store does wrong.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each fault stands alone, and a test names those it needs")]
pub(crate) struct Faults {
    /// Every second of equal requests, from the first on, is answered with 503 and has no effect.
    pub(crate) unavailable: bool,
    /// Every second of equal requests that change something, from the first on, is answered with 500 although it was carried out.
    pub(crate) lost_answers: bool,
    /// Every body of more than this many bytes ends after them.
    pub(crate) cut_after: Option<usize>,
    /// Pause before each 64 KiB of a body.
    pub(crate) pause: Option<Duration>,
    /// An object has another tag in every answer.
    pub(crate) changing_tags: bool,
    /// Parts are stored under another tag than the answer says.
    pub(crate) wrong_part_tags: bool,
    /// The condition `If-None-Match` is ignored, and objects cannot be deleted together.
    pub(crate) only_basics: bool,
    /// Pause before the body of a request is read.
    pub(crate) reads_late: Option<Duration>,
    /// Ranges are ignored.
    pub(crate) no_ranges: bool,
}

#[derive(Default)]
struct Content {
    objects: BTreeMap<String, (Bytes, HeaderMap)>,
    /// Unfinished uploads by their ids.
    uploads: BTreeMap<String, Upload>,
}

#[derive(Default)]
struct Upload {
    name: String,
    /// The tag and the bytes of each part.
    parts: BTreeMap<u32, (String, Bytes)>,
}

pub(crate) struct Store {
    faults: Faults,
    content: Mutex<Content>,
    requests: AtomicU64,
    /// Numbers of requests and of changes of equal requests.
    seen: Mutex<BTreeMap<String, [u64; 2]>>,
    is_gone: AtomicBool,
    /// Number of reads of each name.
    reads: Mutex<BTreeMap<String, u64>>,
}

/// Starts a store and returns the URL of its bucket.
pub(crate) async fn start(faults: Faults) -> (Arc<Store>, String) {
    let store = Arc::new(Store {
        faults,
        content: Mutex::default(),
        requests: AtomicU64::new(0),
        seen: Mutex::default(),
        is_gone: AtomicBool::new(false),
        reads: Mutex::default(),
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().fallback(answer).with_state(store.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (store, format!("s3://bucket/pre/fix?endpoint=http://{address}"))
}

impl Store {
    /// Returns the names of all objects and the number of unfinished uploads.
    pub(crate) fn content(&self) -> (Vec<String>, usize) {
        let content = self.content.lock().unwrap();
        (content.objects.keys().cloned().collect(), content.uploads.len())
    }

    pub(crate) fn replace(&self, name: &str, bytes: Bytes) {
        self.content.lock().unwrap().objects.insert(name.to_owned(), (bytes, HeaderMap::new()));
    }

    /// From now on, every request is refused.
    pub(crate) fn go_away(&self) {
        self.is_gone.store(true, Ordering::Relaxed);
    }

    pub(crate) fn reads(&self, name: &str) -> u64 {
        self.reads.lock().unwrap().get(name).copied().unwrap_or(0)
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    fn tag(&self, bytes: &[u8]) -> String {
        let salt = if self.faults.changing_tags { self.requests() } else { 0 };
        let sum = bytes.iter().fold(salt, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
        format!("\"{sum:032x}\"")
    }

    fn body(&self, bytes: &Bytes) -> Body {
        let faults = self.faults;
        let cut = faults.cut_after.filter(|cut| *cut < bytes.len());
        let kept = bytes.slice(..cut.unwrap_or(bytes.len()));
        let pieces: Vec<Bytes> =
            (0..kept.len()).step_by(65_536).map(|at| kept.slice(at..kept.len().min(at + 65_536))).collect();
        let pieces = stream::iter(pieces).then(move |piece| async move {
            if let Some(pause) = faults.pause {
                tokio::time::sleep(pause).await;
            }
            Ok(piece)
        });
        // While a body waits, the server sends what it has; at an error it drops what it has not sent.
        let end = stream::iter(cut).then(|_| async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Err(std::io::Error::other("cut"))
        });
        Body::from_stream(pieces.chain(end))
    }
}

fn error(status: u16, code: &str) -> Response<Body> {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>hostile</Message></Error>");
    Response::builder().status(status).body(body.into()).unwrap()
}

fn xml(text: &str) -> Response<Body> {
    Response::builder().body(format!("<?xml version=\"1.0\"?>{text}").into()).unwrap()
}

async fn answer(State(store): State<Arc<Store>>, request: Request) -> Response<Body> {
    store.requests.fetch_add(1, Ordering::Relaxed);
    let (parts, body) = request.into_parts();
    let headers = parts.headers;
    if let Some(pause) = store.faults.reads_late {
        tokio::time::sleep(pause).await;
    }
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    if store.is_gone.load(Ordering::Relaxed) {
        return error(403, "Gone");
    }
    if headers.contains_key("x-amz-trailer") || headers.contains_key("transfer-encoding") {
        return error(501, "NotImplemented");
    }
    // Requests of other kinds that run at the same time do not change which attempt of a request fails.
    let same = format!("{} {} {}", parts.method, parts.uri, body.len());
    let is_first_of_two = |kind: usize| {
        let mut seen = store.seen.lock().unwrap();
        let number = &mut seen.entry(same.clone()).or_default()[kind];
        *number += 1;
        !number.is_multiple_of(2)
    };
    if store.faults.unavailable && is_first_of_two(0) {
        return error(503, "SlowDown");
    }
    let query: BTreeMap<String, String> = parts
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.replace("%2F", "/").replace("%20", " ")))
        .collect();
    let name = parts.uri.path().trim_start_matches("/bucket").trim_start_matches('/').to_owned();
    if parts.method == Method::GET {
        *store.reads.lock().unwrap().entry(name.clone()).or_default() += 1;
    }
    let changes = parts.method == Method::PUT || parts.method == Method::POST;
    let answer = carry_out(&store, &parts.method, &name, &query, &headers, body);
    if changes && store.faults.lost_answers && is_first_of_two(1) {
        return error(500, "InternalError");
    }
    answer
}

fn carry_out(
    store: &Store,
    method: &Method,
    name: &str,
    query: &BTreeMap<String, String>,
    headers: &HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let content = &mut *store.content.lock().unwrap();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let upload = query.get("uploadId");
    match (method.as_str(), upload) {
        ("POST", None) if query.contains_key("uploads") => {
            let id = format!("upload-{}", store.requests());
            let upload = Upload { name: name.to_owned(), ..Upload::default() };
            content.uploads.insert(id.clone(), upload);
            xml(&format!(
                "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            ))
        }
        ("POST", None) if query.contains_key("delete") => {
            if store.faults.only_basics {
                return error(501, "NotImplemented");
            }
            let text = String::from_utf8(body.to_vec()).unwrap();
            for key in text.split("<Key>").skip(1) {
                content.objects.remove(key.split("</Key>").next().unwrap());
            }
            xml("<DeleteResult></DeleteResult>")
        }
        ("PUT", Some(id)) => {
            let Some(upload) = content.uploads.get_mut(id) else { return error(404, "NoSuchUpload") };
            let tag = store.tag(&body);
            let stored = if store.faults.wrong_part_tags { format!("{tag}-other") } else { tag.clone() };
            upload.parts.insert(query["partNumber"].parse().unwrap(), (stored, body));
            Response::builder().header("etag", tag).body(Body::empty()).unwrap()
        }
        ("POST", Some(id)) => {
            let Some(Upload { name, parts }) = content.uploads.get(id) else {
                return error(404, "NoSuchUpload");
            };
            let text = String::from_utf8(body.to_vec()).unwrap();
            let mut whole = Vec::new();
            for (number, part) in (1..).zip(text.split("<Part>").skip(1)) {
                let tag = part.split("<ETag>").nth(1).unwrap().split("</ETag>").next().unwrap();
                match parts.get(&number) {
                    Some((stored, bytes)) if *stored == tag.replace("&quot;", "\"") => {
                        whole.extend_from_slice(bytes);
                    }
                    _ => return error(400, "InvalidPart"),
                }
            }
            content.objects.insert(name.clone(), (whole.into(), HeaderMap::new()));
            content.uploads.remove(id);
            xml("<CompleteMultipartUploadResult></CompleteMultipartUploadResult>")
        }
        ("DELETE", Some(id)) => match content.uploads.remove(id) {
            Some(_) => Response::builder().status(204).body(Body::empty()).unwrap(),
            None => error(404, "NoSuchUpload"),
        },
        ("GET", Some(id)) => {
            let Some(upload) = content.uploads.get(id) else { return error(404, "NoSuchUpload") };
            let mut list = String::new();
            for (number, (tag, bytes)) in &upload.parts {
                let (tag, size) = (tag.replace('"', "&quot;"), bytes.len());
                write!(
                    list,
                    "<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag><Size>{size}</Size></Part>"
                )
                .unwrap();
            }
            xml(&format!("<ListPartsResult>{list}</ListPartsResult>"))
        }
        ("GET", None) if query.contains_key("uploads") => {
            let prefix = query.get("prefix").map_or("", String::as_str);
            let found = content.uploads.iter().filter(|(_, upload)| upload.name.starts_with(prefix));
            let mut list = String::new();
            for (id, Upload { name, .. }) in found {
                write!(list, "<Upload><Key>{name}</Key><UploadId>{id}</UploadId></Upload>").unwrap();
            }
            xml(&format!("<ListMultipartUploadsResult>{list}</ListMultipartUploadsResult>"))
        }
        ("GET", None) if name.is_empty() => {
            // Pages of 100, so that every long list has several.
            let prefix = query.get("prefix").map_or("", String::as_str);
            let after = query.get("continuation-token").map_or("", String::as_str);
            let found: Vec<_> = content
                .objects
                .iter()
                .filter(|(key, _)| key.starts_with(prefix) && key.as_str() > after)
                .collect();
            let mut list = String::new();
            for (key, (bytes, _)) in found.iter().take(100) {
                write!(list, "<Contents><Key>{key}</Key><Size>{}</Size></Contents>", bytes.len()).unwrap();
            }
            let next = found.get(99).filter(|_| found.len() > 100).map_or_else(String::new, |(key, _)| {
                format!("<IsTruncated>true</IsTruncated><NextContinuationToken>{key}</NextContinuationToken>")
            });
            xml(&format!("<ListBucketResult>{list}{next}</ListBucketResult>"))
        }
        ("PUT", None) => {
            if !store.faults.only_basics
                && text("if-none-match") == Some("*")
                && content.objects.contains_key(name)
            {
                return error(412, "PreconditionFailed");
            }
            let tag = store.tag(&body);
            let kept = headers.iter().filter(|(name, _)| name.as_str().starts_with("x-amz-meta-"));
            let kept = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
            content.objects.insert(name.to_owned(), (body, kept));
            Response::builder().header("etag", tag).body(Body::empty()).unwrap()
        }
        ("DELETE", None) => {
            content.objects.remove(name);
            Response::builder().status(204).body(Body::empty()).unwrap()
        }
        ("GET" | "HEAD", None) => {
            let Some((bytes, metadata)) = content.objects.get(name) else { return error(404, "NoSuchKey") };
            let tag = store.tag(bytes);
            if text("if-match").is_some_and(|wanted| wanted != tag) {
                return error(412, "PreconditionFailed");
            }
            let mut answer = Response::builder().header("etag", tag);
            for (name, value) in metadata {
                answer = answer.header(name, value);
            }
            let mut part = bytes.clone();
            if let Some(range) = text("range").filter(|_| !store.faults.no_ranges) {
                let (start, end) = range.trim_start_matches("bytes=").split_once('-').unwrap();
                let (start, end): (usize, usize) = (start.parse().unwrap(), end.parse().unwrap());
                if start >= bytes.len() {
                    return error(416, "InvalidRange");
                }
                let end = end.min(bytes.len() - 1);
                part = bytes.slice(start..=end);
                let range = format!("bytes {start}-{end}/{}", bytes.len());
                answer = answer.status(StatusCode::PARTIAL_CONTENT).header("content-range", range);
            }
            let answer = answer.header("content-length", part.len());
            if *method == Method::HEAD {
                return answer.body(Body::empty()).unwrap();
            }
            answer.body(store.body(&part)).unwrap()
        }
        _ => error(405, "MethodNotAllowed"),
    }
}
