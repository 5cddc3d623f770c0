//! A master that is far away, read in blocks that are kept for a while. A child reads the index of a file and the places of its
//! tracks in small pieces, and each piece would cost a round trip.

use std::{io, ops::Range};

use bytes::{Bytes, BytesMut};
use moka::future::Cache;

use super::Master;

const BLOCK_BYTES: u64 = 1 << 20;
/// Blocks that are kept. A child has few places at which it reads: one or two for each track, and the file's index.
const KEPT: u64 = 24;

/// Reads whole blocks of another master. Simultaneous reads of one block become one read.
#[derive(Debug)]
pub(crate) struct Blocks<M> {
    master: M,
    kept: Cache<u64, Bytes>,
}

impl<M: Master> Blocks<M> {
    pub(crate) fn new(master: M) -> Self {
        Self { master, kept: Cache::new(KEPT) }
    }

    async fn block(&self, number: u64) -> io::Result<Bytes> {
        let start = number * BLOCK_BYTES;
        let read = self.master.read(start..(start + BLOCK_BYTES).min(self.master.size_bytes()));
        let block = self.kept.try_get_with(number, read).await;
        block.map_err(|error| io::Error::new(error.kind(), error.to_string()))
    }
}

impl<M: Master> Master for Blocks<M> {
    fn size_bytes(&self) -> u64 {
        self.master.size_bytes()
    }

    async fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
        let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
        let mut bytes = BytesMut::with_capacity(length);
        for number in range.start / BLOCK_BYTES..range.end.div_ceil(BLOCK_BYTES) {
            let block = self.block(number).await?;
            let within = |place: u64| {
                usize::try_from(place.saturating_sub(number * BLOCK_BYTES)).unwrap_or(usize::MAX)
            };
            let (from, to) = (within(range.start), within(range.end).min(block.len()));
            if from > to {
                break;
            }
            if to - from == length {
                return Ok(block.slice(from..to));
            }
            bytes.extend_from_slice(&block[from..to]);
        }
        Ok(bytes.freeze())
    }
}

#[cfg(test)]
mod tests {
    use std::{io, ops::Range, sync::Mutex};

    use bytes::Bytes;

    use super::{BLOCK_BYTES, Blocks, Master};

    /// A master of two and a half blocks that records its reads. `missing` bytes lack at its end.
    #[derive(Default)]
    struct Recorded {
        reads: Mutex<Vec<Range<u64>>>,
        missing: u64,
    }

    fn byte(place: u64) -> u8 {
        u8::try_from(place % 251).unwrap()
    }

    impl Master for Recorded {
        fn size_bytes(&self) -> u64 {
            5 * BLOCK_BYTES / 2
        }

        async fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
            self.reads.lock().unwrap().push(range.clone());
            Ok((range.start..range.end.min(self.size_bytes() - self.missing)).map(byte).collect())
        }
    }

    #[tokio::test]
    async fn every_block_is_read_once_and_every_range_is_right() {
        let blocks = Blocks::new(Recorded::default());
        let end = blocks.size_bytes();
        for range in [
            0..10,
            5..BLOCK_BYTES,
            BLOCK_BYTES - 3..BLOCK_BYTES + 3,
            BLOCK_BYTES..2 * BLOCK_BYTES,
            10..end,
            end - 1..end,
            7..7,
        ] {
            let expected: Bytes = range.clone().map(byte).collect();
            assert_eq!(blocks.read(range.clone()).await.unwrap(), expected, "{range:?}");
        }
        let expected = [0..BLOCK_BYTES, BLOCK_BYTES..2 * BLOCK_BYTES, 2 * BLOCK_BYTES..end];
        assert_eq!(*blocks.master.reads.lock().unwrap(), expected);
    }

    #[tokio::test]
    async fn what_is_missing_is_missing() {
        let blocks = Blocks::new(Recorded { missing: 100, ..Recorded::default() });
        let end = blocks.size_bytes();
        assert_eq!(blocks.read(end - 200..end).await.unwrap().len(), 100);
        assert_eq!(blocks.read(end - 50..end).await.unwrap().len(), 0);
    }
}
