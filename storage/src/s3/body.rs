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
/// as sending it: TLS protects the bytes, or they do not leave the machine.
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body_util::BodyExt;

    use super::{PIECE_BYTES, body};

    #[tokio::test]
    async fn large_bodies_are_hashed_unless_the_connection_is_private() {
        let (small, large) = (Bytes::from(vec![1; PIECE_BYTES]), Bytes::from(vec![2; PIECE_BYTES * 3 + 7]));
        for (bytes, is_private, is_hashed) in
            [(&small, true, true), (&small, false, true), (&large, false, true), (&large, true, false)]
        {
            let body = body(bytes.clone(), is_private).into_inner();
            // The client can hash, and so sign, only what it has in memory in one piece.
            assert_eq!(body.bytes().is_some(), is_hashed, "{} {is_private}", bytes.len());
            assert_eq!(body.content_length(), Some(bytes.len() as u64));
        }
    }

    #[tokio::test]
    async fn an_attempt_that_was_cut_can_be_repeated_with_all_bytes() {
        let bytes: Bytes = (0..PIECE_BYTES * 3 + 7).map(|place| place.to_le_bytes()[0]).collect();
        let mut first = body(bytes.clone(), true).into_inner();
        let piece = first.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(piece.len(), PIECE_BYTES);
        let again = first.try_clone().unwrap();
        assert_eq!(again.collect().await.unwrap().to_bytes(), bytes);
    }
}
