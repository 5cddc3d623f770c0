//! Serves a child's reads in blocks that are kept for a while and read ahead. A master may be far away: a child reads the index of
//! a file and the places of its tracks in small pieces, and each piece would cost a round trip.

use std::{collections::VecDeque, io, ops::Range, sync::Arc};

use bytes::{Bytes, BytesMut};
use tokio_util::task::AbortOnDropHandle;

use super::Master;

/// A child that needs one track of a master with large frames skips most blocks; larger blocks would contain these frames.
const BLOCK_BYTES: u64 = 1 << 20;
/// Blocks that are kept: those of six places with what is read ahead of each. A child has few places at which it reads, as one or two
/// for each track, and the file's index.
const KEPT: usize = 48;
/// Blocks that are read ahead of a place at which a child reads one block after the other. An object store answers after some 20 ms;
/// in this time, a child that only copies a track would read several of them.
const AHEAD: u64 = 6;

enum Block {
    Reading(AbortOnDropHandle<io::Result<Bytes>>),
    Read(Bytes),
}

/// The blocks of a master that one child needs.
pub(super) struct Blocks<M> {
    master: Arc<M>,
    /// The longest unused first.
    kept: VecDeque<(u64, Block)>,
}

impl<M: Master> Blocks<M> {
    pub(super) fn new(master: Arc<M>) -> Self {
        Self { master, kept: VecDeque::with_capacity(KEPT) }
    }

    /// Returns up to `length` bytes at `offset`: fewer at the end of the file.
    pub(super) async fn read(&mut self, offset: u64, length: u32) -> io::Result<Bytes> {
        let end = offset.saturating_add(u64::from(length)).min(self.master.size_bytes());
        if offset >= end {
            return Ok(Bytes::new());
        }
        let mut joined = BytesMut::new();
        for number in offset / BLOCK_BYTES..end.div_ceil(BLOCK_BYTES) {
            let (block, place) = (self.block(number).await?, self.range(number));
            let from = offset.max(place.start) - place.start;
            let to = end.min(place.end) - place.start;
            let piece = block.slice(index(from)?..index(to)?);
            if place.start <= offset && end <= place.end {
                return Ok(piece);
            }
            joined.extend_from_slice(&piece);
        }
        Ok(joined.freeze())
    }

    async fn block(&mut self, number: u64) -> io::Result<Bytes> {
        let is_sequential = number.checked_sub(1).is_some_and(|before| self.find(before).is_some());
        let was_begun = self.find(number).is_some();
        self.begin(number);
        let ahead = if is_sequential { AHEAD } else { 0 };
        for next in number + 1..=number + ahead {
            self.begin(next);
        }
        match self.wait(number).await {
            // The failure may be an old one: storage was unavailable when the block was read ahead.
            Err(_) if was_begun => {
                self.begin(number);
                self.wait(number).await
            }
            read => read,
        }
    }

    /// Waits for a block that was begun. One that fails is no longer kept.
    async fn wait(&mut self, number: u64) -> io::Result<Bytes> {
        let Some(at) = self.find(number) else { return Ok(Bytes::new()) };
        let read = match &mut self.kept[at].1 {
            Block::Read(bytes) => return Ok(bytes.clone()),
            Block::Reading(task) => task.await.map_err(io::Error::other).flatten(),
        };
        let read = read.and_then(|bytes| self.check(number, bytes));
        match &read {
            Ok(bytes) => self.kept[at].1 = Block::Read(bytes.clone()),
            Err(_) => drop(self.kept.remove(at)),
        }
        read
    }

    /// Begins to read a block that is not kept, and makes it the last that will be dropped. After the end of the file, nothing is read.
    fn begin(&mut self, number: u64) {
        let range = self.range(number);
        if range.is_empty() {
            return;
        }
        let block = if let Some((_, block)) = self.find(number).and_then(|at| self.kept.remove(at)) {
            block
        } else {
            if self.kept.len() == KEPT {
                self.kept.pop_front();
            }
            let master = Arc::clone(&self.master);
            let read = tokio::spawn(async move { master.read(range).await });
            Block::Reading(AbortOnDropHandle::new(read))
        };
        self.kept.push_back((number, block));
    }

    fn find(&self, number: u64) -> Option<usize> {
        self.kept.iter().position(|(kept, _)| *kept == number)
    }

    fn range(&self, number: u64) -> Range<u64> {
        let start = number.saturating_mul(BLOCK_BYTES);
        start..start.saturating_add(BLOCK_BYTES).min(self.master.size_bytes())
    }

    fn check(&self, number: u64, bytes: Bytes) -> io::Result<Bytes> {
        let range = self.range(number);
        let expected = range.end - range.start;
        if bytes.len() as u64 == expected {
            return Ok(bytes);
        }
        let reason =
            format!("requested {expected} bytes at offset {} but received {}", range.start, bytes.len());
        Err(io::Error::new(io::ErrorKind::UnexpectedEof, reason))
    }
}

fn index(place: u64) -> io::Result<usize> {
    usize::try_from(place).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        ops::Range,
        sync::{
            Arc, Mutex,
            atomic::{AtomicBool, AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use bytes::Bytes;

    use super::{AHEAD, BLOCK_BYTES, Blocks, KEPT, Master};

    const LENGTH: u32 = 1 << 20;

    /// A master of `blocks` and a half that records its reads. Each read lacks `missing` bytes.
    struct Recorded {
        blocks: u64,
        reads: Mutex<Vec<u64>>,
        missing: u64,
        failing: AtomicBool,
    }

    impl Default for Recorded {
        fn default() -> Self {
            Self { blocks: 60, reads: Mutex::default(), missing: 0, failing: AtomicBool::new(false) }
        }
    }

    fn byte(place: u64) -> u8 {
        u8::try_from(place % 251).unwrap()
    }

    impl Recorded {
        fn reads(&self) -> Vec<u64> {
            let mut reads = self.reads.lock().unwrap().clone();
            reads.sort_unstable();
            reads
        }
    }

    impl Master for Recorded {
        fn size_bytes(&self) -> u64 {
            self.blocks * BLOCK_BYTES + BLOCK_BYTES / 2
        }

        async fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
            self.reads.lock().unwrap().push(range.start / BLOCK_BYTES);
            if self.failing.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            Ok((range.start..range.end - self.missing).map(byte).collect())
        }
    }

    #[tokio::test]
    async fn every_range_is_right() {
        let master = Arc::new(Recorded::default());
        let mut blocks = Blocks::new(Arc::clone(&master));
        let end = master.size_bytes();
        for (offset, length) in [
            (0, 10),
            (5, LENGTH - 5),
            (BLOCK_BYTES - 3, 6),
            (BLOCK_BYTES, LENGTH),
            (BLOCK_BYTES + 7, LENGTH),
            (end - 1, 1),
            (end - 5, 10),
            (end, 10),
            (end + 1, 10),
            (end + 2 * BLOCK_BYTES, 10),
            (u64::MAX, LENGTH),
            (7, 0),
        ] {
            let expected: Bytes =
                (offset..end.min(offset.saturating_add(u64::from(length)))).map(byte).collect();
            assert_eq!(blocks.read(offset, length).await.unwrap(), expected, "{length} bytes at {offset}");
        }
    }

    #[tokio::test]
    async fn each_block_is_read_once_also_if_six_places_are_read_in_turn() {
        let master = Arc::new(Recorded { blocks: 180, ..Recorded::default() });
        let mut blocks = Blocks::new(Arc::clone(&master));
        let places = [0, 30, 60, 90, 120, 150];
        for step in 0..100 {
            for place in places {
                blocks.read(place * BLOCK_BYTES + step * BLOCK_BYTES / 10, 1000).await.unwrap();
            }
        }
        // The last reads ahead have only been begun.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let expected: Vec<_> = places.into_iter().flat_map(|place| place..=place + 9 + AHEAD).collect();
        assert_eq!(master.reads(), expected);
    }

    #[tokio::test]
    async fn a_block_whose_reading_ahead_failed_is_read_again() {
        let master = Arc::new(Recorded { failing: AtomicBool::new(true), ..Recorded::default() });
        let mut blocks = Blocks::new(Arc::clone(&master));
        blocks.begin(0);
        tokio::time::sleep(Duration::from_millis(20)).await;
        master.failing.store(false, Ordering::Relaxed);
        assert_eq!(blocks.read(0, 10).await.unwrap().len(), 10);
        master.failing.store(true, Ordering::Relaxed);
        assert!(blocks.read(9 * BLOCK_BYTES, 10).await.is_err());
        assert_eq!(master.reads(), [0, 0, 9], "the failure is not an old one");
    }

    #[tokio::test]
    async fn single_blocks_are_not_read_ahead_and_few_are_kept() {
        let master = Arc::new(Recorded::default());
        let mut blocks = Blocks::new(Arc::clone(&master));
        for number in [7, 3, 5] {
            blocks.read(number * BLOCK_BYTES, 1000).await.unwrap();
        }
        assert_eq!(master.reads(), [3, 5, 7]);
        for number in 0..=60 {
            blocks.read(number * BLOCK_BYTES, 1000).await.unwrap();
            assert!(blocks.kept.len() <= KEPT);
        }
    }

    /// A master in an object store: reads take time. It counts those that run at once.
    #[derive(Default)]
    struct Distant {
        running: AtomicUsize,
        most: AtomicUsize,
    }

    impl Master for Distant {
        fn size_bytes(&self) -> u64 {
            20 << 20
        }

        async fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
            let running = self.running.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.fetch_max(running, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.running.fetch_sub(1, Ordering::Relaxed);
            Ok(Bytes::from(vec![7; usize::try_from(range.end - range.start).unwrap()]))
        }
    }

    #[tokio::test]
    async fn several_blocks_after_the_place_are_read_at_once() {
        let master = Arc::new(Distant::default());
        let mut blocks = Blocks::new(Arc::clone(&master));
        for number in 0..20 {
            blocks.read(number << 20, 1000).await.unwrap();
        }
        assert_eq!(master.most.load(Ordering::Relaxed) as u64, AHEAD + 1);
    }

    #[tokio::test]
    async fn a_block_with_too_few_bytes_is_an_error_and_not_kept() {
        let master = Arc::new(Recorded { missing: 1, ..Recorded::default() });
        let mut blocks = Blocks::new(Arc::clone(&master));
        for _ in 0..2 {
            let error = blocks.read(100, 1000).await.unwrap_err();
            assert_eq!(error.to_string(), "requested 1048576 bytes at offset 0 but received 1048575");
        }
        assert_eq!(master.reads(), [0, 0]);
    }
}
