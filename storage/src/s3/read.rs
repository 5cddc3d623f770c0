//! Reading objects. A body that ends early is continued where it ended, with a request that names the same version.

use std::io;
use std::ops::Range;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::{sleep, timeout};

use super::S3;
use super::failure::Failure;
use crate::StorageError;
use crate::object::ObjectReader;

/// How long the next bytes of a body may take.
const STALL_TIMEOUT: Duration = Duration::from_secs(20);
/// Attempts to continue without one new byte.
const CONTINUATIONS: u32 = 4;
/// Pause before the first continuation. Each further pause is twice as long.
const PAUSE: Duration = Duration::from_millis(100);

/// A body and what it is part of.
struct Opened {
    body: ByteStream,
    size_bytes: u64,
    range: Range<u64>,
    e_tag: Option<String>,
}

impl S3 {
    /// Reads a path, which may be hidden.
    pub(super) async fn read(
        &self,
        path: &str,
        range: Option<Range<u64>>,
    ) -> Result<Option<ObjectReader>, StorageError> {
        let failed = |failure: Failure| failure.during(format!("read {path}"));
        // An empty range cannot be asked for.
        let opened = match &range {
            Some(range) if range.is_empty() => Err(None),
            range => match self.open_range(path, range.as_ref(), None).await {
                Ok(opened) => Ok(opened),
                Err(failure) if failure.is_absent() => return Ok(None),
                Err(failure) if failure.status == Some(416) => Err(None),
                Err(failure) => Err(Some(failure)),
            },
        };
        let opened = match opened {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => return Err(StorageError::io(format!("read {path}"), error)),
            Err(Some(failure)) => return Err(failed(failure)),
            Err(None) => {
                let Some(size_bytes) = self.size_of(path).await.map_err(failed)? else { return Ok(None) };
                let at = range.map_or(0, |range| range.start.min(size_bytes));
                return Ok(Some(ObjectReader { size_bytes, range: at..at, pieces: stream::empty().boxed() }));
            }
        };
        let (size_bytes, range) = (opened.size_bytes, opened.range.clone());
        let state = Rest {
            s3: self.clone(),
            path: path.to_owned(),
            left: range.clone(),
            e_tag: opened.e_tag,
            body: Some(opened.body),
            failures: 0,
        };
        let pieces = stream::try_unfold(state, |mut state| async move {
            Ok::<_, io::Error>(state.next().await?.map(|piece| (piece, state)))
        })
        .boxed();
        Ok(Some(ObjectReader { size_bytes, range, pieces }))
    }

    /// Reads a path into memory.
    pub(super) async fn read_bytes(
        &self,
        path: &str,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, StorageError> {
        let Some(mut reader) = self.read(path, range).await? else { return Ok(None) };
        let failed = |error| StorageError::io(format!("read {path}"), error);
        let length = reader.range.end - reader.range.start;
        let mut bytes = BytesMut::with_capacity(usize::try_from(length).unwrap_or(0));
        while let Some(piece) = reader.try_next().await.map_err(failed)? {
            bytes.extend_from_slice(&piece);
        }
        Ok(Some(bytes.freeze()))
    }

    async fn size_of(&self, path: &str) -> Result<Option<u64>, Failure> {
        let head = self.client().head_object().bucket(self.bucket()).key(self.name(path));
        match head.send().await.map_err(Failure::from) {
            Ok(found) => {
                Ok(Some(found.content_length().and_then(|size| u64::try_from(size).ok()).unwrap_or(0)))
            }
            Err(failure) if failure.is_absent() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Requests a range, of the version `e_tag` if there is one. The inner error is that of an answer that is not this range.
    async fn open_range(
        &self,
        path: &str,
        range: Option<&Range<u64>>,
        e_tag: Option<&str>,
    ) -> Result<io::Result<Opened>, Failure> {
        let last = |range: &Range<u64>| (range.end - 1).min(i64::MAX as u64);
        let answer = self
            .client()
            .get_object()
            .bucket(self.bucket())
            .key(self.name(path))
            .set_range(range.map(|range| format!("bytes={}-{}", range.start, last(range))))
            .set_if_match(e_tag.map(str::to_owned))
            .send()
            .await?;
        let length = answer.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or(0);
        let (size_bytes, given) = match (range, answer.content_range().and_then(parse_content_range)) {
            (None, _) => (length, 0..length),
            (Some(range), Some((given, size_bytes)))
                if given.start == range.start && given.end == range.end.min(size_bytes) =>
            {
                (size_bytes, given)
            }
            // The whole object is a correct answer to a request for its beginning, if that is the whole object.
            (Some(range), None) if range.start == 0 && range.end >= length => (length, 0..length),
            (Some(_), _) => {
                return Ok(Err(io::Error::other(
                    "the object store did not answer with the range that was asked for",
                )));
            }
        };
        let e_tag = answer.e_tag().map(str::to_owned);
        Ok(Ok(Opened { body: answer.body, size_bytes, range: given, e_tag }))
    }
}

/// Parses `bytes 0-9/1000` to a range and the size of the whole object.
fn parse_content_range(value: &str) -> Option<(Range<u64>, u64)> {
    let (range, size) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?..last.parse::<u64>().ok()?.checked_add(1)?, size.parse().ok()?))
}

/// The rest of an object that is being read.
struct Rest {
    s3: S3,
    path: String,
    left: Range<u64>,
    e_tag: Option<String>,
    /// Absent after the body ended early.
    body: Option<ByteStream>,
    failures: u32,
}

impl Rest {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            if self.left.is_empty() {
                return Ok(None);
            }
            let reason = match &mut self.body {
                Some(body) => match timeout(STALL_TIMEOUT, body.next()).await {
                    Ok(Some(Ok(piece))) if piece.is_empty() => continue,
                    Ok(Some(Ok(mut piece))) => {
                        let wanted = usize::try_from(self.left.end - self.left.start).unwrap_or(usize::MAX);
                        piece.truncate(wanted);
                        self.left.start += piece.len() as u64;
                        self.failures = 0;
                        return Ok(Some(piece));
                    }
                    Ok(Some(Err(error))) => error.to_string(),
                    Ok(None) => "the answer ended early".to_owned(),
                    Err(_) => format!("no byte arrived for {} s", STALL_TIMEOUT.as_secs()),
                },
                None => match self.reopen().await? {
                    None => continue,
                    Some(reason) => reason,
                },
            };
            self.body = None;
            self.failures += 1;
            if self.failures > CONTINUATIONS {
                let path = &self.path;
                return Err(io::Error::other(format!("could not read {path} to its end: {reason}")));
            }
            sleep(PAUSE * 2_u32.pow(self.failures - 1)).await;
        }
    }

    /// Requests the rest. Returns why that failed, unless another attempt is useless.
    async fn reopen(&mut self) -> io::Result<Option<String>> {
        match self.s3.open_range(&self.path, Some(&self.left), self.e_tag.as_deref()).await {
            Ok(Ok(opened)) if opened.range == self.left && opened.e_tag == self.e_tag => {
                self.body = Some(opened.body);
                Ok(None)
            }
            Ok(Ok(_)) => Err(changed(&self.path)),
            Ok(Err(error)) => Ok(Some(error.to_string())),
            Err(failure) if failure.is_precondition() || failure.is_absent() => Err(changed(&self.path)),
            Err(failure) => Ok(Some(failure.into_io().to_string())),
        }
    }
}

fn changed(path: &str) -> io::Error {
    io::Error::other(format!("{path} was replaced or deleted while it was read"))
}

#[cfg(test)]
mod tests {
    use super::parse_content_range;

    #[test]
    fn a_content_range_has_a_range_and_a_size() {
        assert_eq!(parse_content_range("bytes 5-9/1000"), Some((5..10, 1000)));
        for wrong in [
            "",
            "bytes 5-9",
            "bytes */1000",
            "bytes 5-9/*",
            "items 5-9/1000",
            "bytes 5-18446744073709551615/9",
        ] {
            assert_eq!(parse_content_range(wrong), None, "{wrong}");
        }
    }
}
