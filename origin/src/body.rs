//! The body of a response: its bytes in pieces, as fast as the client reads them.
//!
//! A body from memory does not keep its object in memory: it holds only the pieces that it has passed to the connection. If the
//! cache evicts the object before the body ends, the body reads the rest from storage. So a thousand slow clients of a
//! thousand objects cost memory for a few pieces each, not for a thousand objects.

use std::{
    io,
    ops::Range,
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use domain::{
    id::{FilmId, PlaybackSessionId},
    key::Key,
};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use http::StatusCode;
use http_body::{Frame, SizeHint};
use storage::ObjectReader;
use tracing::{Level, error, event};

use crate::{cache::Object, encoding::Encoding, objects::Objects, stats::Counters};

/// Body of every response of the origin.
#[must_use]
pub struct Body {
    source: Source,
    left_bytes: u64,
    counters: Option<Arc<Counters>>,
    entry: Option<AccessEntry>,
}

enum Source {
    Nothing,
    Memory(InMemory),
    Storage(Pieces),
}

type Pieces = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

struct InMemory {
    object: Weak<Object>,
    /// Keeps an object that storage does not have in this encoding. Such objects are small.
    _kept: Option<Arc<Object>>,
    at: Range<u64>,
    objects: Objects,
    key: Key,
}

/// A request in the access log: everything about it except the token.
pub(crate) struct AccessEntry {
    pub(crate) film: FilmId,
    pub(crate) session: PlaybackSessionId,
    pub(crate) key: Key,
    pub(crate) status: StatusCode,
    /// The id that the proxy gave the request, by which its lines in the logs of all roles are found.
    pub(crate) request_id: Option<String>,
    pub(crate) sent_bytes: u64,
}

impl Body {
    /// Returns a body without bytes.
    pub fn empty() -> Self {
        Self { source: Source::Nothing, left_bytes: 0, counters: None, entry: None }
    }

    /// Returns part of an object in memory. Storage has the object at `key`.
    pub(crate) fn from_memory(object: &Arc<Object>, at: Range<u64>, objects: &Objects, key: &Key) -> Self {
        let left_bytes = at.end - at.start;
        let source = Source::Memory(InMemory {
            object: Arc::downgrade(object),
            _kept: (object.encoding != Encoding::Identity).then(|| Arc::clone(object)),
            at,
            objects: objects.clone(),
            key: key.clone(),
        });
        Self { source, left_bytes, ..Self::empty() }
    }

    /// Returns part of an object that is read from storage.
    pub(crate) fn from_storage(reader: ObjectReader) -> Self {
        let left_bytes = reader.range().end - reader.range().start;
        Self { source: Source::Storage(Box::pin(reader)), left_bytes, ..Self::empty() }
    }

    /// Counts the bytes as they are sent, and logs `entry` when the body is dropped.
    pub(crate) fn recorded(self, counters: &Arc<Counters>, entry: Option<AccessEntry>) -> Self {
        Self { counters: Some(Arc::clone(counters)), entry, ..self }
    }
}

impl InMemory {
    /// Returns the next piece, or `None` if the cache has evicted the object.
    fn next(&mut self) -> Option<Bytes> {
        let piece = self.object.upgrade()?.slice(self.at.start, self.at.end);
        self.at.start += piece.len() as u64;
        Some(piece)
    }

    /// Returns the remaining bytes, read from storage.
    fn reopen(&self) -> Pieces {
        let (objects, key, at) = (self.objects.clone(), self.key.clone(), self.at.clone());
        let reader = async move {
            let reader = objects.get(&key, Some(at)).await.map_err(io::Error::other)?;
            reader.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
        };
        Box::pin(stream::once(reader).try_flatten())
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let body = self.get_mut();
        if body.left_bytes == 0 {
            return Poll::Ready(None);
        }
        let piece = loop {
            match &mut body.source {
                Source::Nothing => break None,
                Source::Memory(memory) => match memory.next() {
                    Some(piece) => break Some(Ok(piece)),
                    None => body.source = Source::Storage(memory.reopen()),
                },
                Source::Storage(pieces) => break ready!(pieces.poll_next_unpin(cx)),
            }
        };
        // If the object ends early, the client would keep waiting. The error closes the connection instead.
        let piece = piece.unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()));
        Poll::Ready(Some(piece.and_then(|piece| body.count(piece)).inspect_err(|error| {
            error!(
                error = error as &dyn std::error::Error,
                "Could not read the rest of an object; closing the connection"
            );
            body.left_bytes = 0;
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.left_bytes == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}

impl Body {
    fn count(&mut self, piece: Bytes) -> io::Result<Frame<Bytes>> {
        let bytes = piece.len() as u64;
        if bytes == 0 || bytes > self.left_bytes {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.left_bytes -= bytes;
        if let Some(counters) = &self.counters {
            counters.count_sent(bytes);
        }
        if let Some(entry) = &mut self.entry {
            entry.sent_bytes += bytes;
        }
        Ok(Frame::data(piece))
    }
}

impl Drop for AccessEntry {
    fn drop(&mut self) {
        event!(
            target: "origin::access",
            Level::DEBUG,
            film.id = %self.film,
            session.id = %self.session,
            key = self.key.as_str(),
            status = self.status.as_u16(),
            request_id = self.request_id,
            bytes = self.sent_bytes,
            "Served an object"
        );
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("left_bytes", &self.left_bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::key::Key;
    use http_body_util::BodyExt;
    use storage::Storage;

    use super::Body;
    use crate::{
        cache::{Found, ObjectCache},
        encoding::Encoding,
        objects::Objects,
        stats::Counters,
    };

    #[tokio::test]
    async fn a_waiting_body_frees_memory_and_still_completes() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::local(folder.path()).unwrap();
        let key = Key::parse("films/f/b/00001.m4s").unwrap();
        let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        storage.put_bytes(&key, bytes.clone().into()).await.unwrap();
        let objects = Objects::new(storage.clone(), None).unwrap();
        let cache = ObjectCache::new(objects.clone(), 64 << 20);
        let Ok(Found::Whole(object)) = cache.find(&key, Encoding::Identity, &Counters::default()).await
        else {
            panic!("the object is not in memory");
        };

        let mut body = Body::from_memory(&object, 100..1_100_000, &objects, &key);
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        drop(cache);
        let watch = Arc::downgrade(&object);
        drop(object);
        assert!(watch.upgrade().is_none(), "the body keeps the object in memory");
        let rest = body.collect().await.unwrap().to_bytes();
        assert!([first, rest].concat() == bytes[100..1_100_000]);
    }

    #[tokio::test]
    async fn a_body_whose_object_was_deleted_fails_instead_of_ending_early() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::local(folder.path()).unwrap();
        let key = Key::parse("films/f/b/00001.m4s").unwrap();
        storage.put_bytes(&key, vec![7; 200_000].into()).await.unwrap();
        let objects = Objects::new(storage.clone(), None).unwrap();
        let cache = ObjectCache::new(objects.clone(), 64 << 20);
        let Ok(Found::Whole(object)) = cache.find(&key, Encoding::Identity, &Counters::default()).await
        else {
            panic!("the object is not in memory");
        };
        let body = Body::from_memory(&object, 0..200_000, &objects, &key);
        drop((cache, object));
        storage.delete(&key).await.unwrap();
        assert!(body.collect().await.is_err());
    }
}
