//! Bodies of requests.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Bytes that the HTTP client receives at once.
const PIECE_BYTES: usize = 256 << 10;

/// Returns a body. If the connection is private, the signature of a large body does not contain its hash, which would take as long
/// as sending it: TLS protects the bytes.
pub(super) fn body(bytes: Bytes, is_private: bool) -> ByteStream {
    if !is_private || bytes.len() <= PIECE_BYTES {
        return bytes.into();
    }
    // The client hashes only a body that it has in one piece.
    ByteStream::new(SdkBody::retryable(move || SdkBody::from_body_1_x(Pieces(bytes.clone()))))
}

/// A body whose length is known, piece by piece.
struct Pieces(Bytes);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let length = self.0.len().min(PIECE_BYTES);
        let piece = (length > 0).then(|| Ok(Frame::data(self.0.split_to(length))));
        Poll::Ready(piece)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len() as u64)
    }
}
