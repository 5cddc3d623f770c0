//! A cache of a few windows of a large file, which combines FFmpeg's small reads into few large ones.
//!
//! Each window follows one sequential reader. So a badly interleaved file, which is read at two positions for video and audio, has one
//! window for each and is not read twice. Memory is bounded by [`WINDOWS`] × [`LONG_READ`].

use std::io;

use super::source::ReadAt;

const WINDOWS: usize = 4;
/// Bytes read after a jump, where FFmpeg may need only an index entry or a header.
const SHORT_READ: usize = 128 << 10;
/// Bytes read when a window continues, and at the start of the file.
const LONG_READ: usize = 1 << 20;

/// A file that is read through windows.
pub(super) struct Windows {
    file: Box<dyn ReadAt>,
    /// The most recently used window is last.
    windows: Vec<Window>,
}

struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl Windows {
    pub(super) fn new(file: Box<dyn ReadAt>) -> Self {
        Self { file, windows: Vec::with_capacity(WINDOWS) }
    }

    pub(super) fn size(&self) -> u64 {
        self.file.size()
    }

    /// Reads at `offset`; 0 only at or past the end of the file.
    pub(super) fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if offset >= self.size() || buf.is_empty() {
            return Ok(0);
        }
        if !self.windows.iter().any(|w| (w.start..w.end()).contains(&offset)) {
            self.fill(offset)?;
        }
        let at = self.windows.iter().rposition(|w| (w.start..w.end()).contains(&offset));
        let Some(at) = at else { return Err(io::ErrorKind::UnexpectedEof.into()) };
        let window = self.windows.remove(at);
        let from = usize::try_from(offset - window.start).map_err(io::Error::other)?;
        let count = buf.len().min(window.bytes.len() - from);
        buf[..count].copy_from_slice(&window.bytes[from..from + count]);
        self.windows.push(window);
        Ok(count)
    }

    /// Reads a window at `offset`. It replaces the window that ends there, or else the least recently used one.
    fn fill(&mut self, offset: u64) -> io::Result<()> {
        let before = self.windows.iter().position(|w| w.end() == offset);
        let wanted = if before.is_some() || offset == 0 { LONG_READ } else { SHORT_READ };
        let replaced = before.or((self.windows.len() == WINDOWS).then_some(0));
        let mut bytes = replaced.map_or_else(Vec::new, |at| self.windows.remove(at).bytes);
        let left = usize::try_from(self.size() - offset).unwrap_or(usize::MAX);
        bytes.resize(wanted.min(left), 0);
        let mut filled = 0;
        while filled < bytes.len() {
            match self.file.read_at(offset + filled as u64, &mut bytes[filled..]) {
                Ok(0) => {
                    let reason = "the master ended before its recorded size";
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, reason));
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.windows.push(Window { start: offset, bytes });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::{LONG_READ, ReadAt, SHORT_READ, Windows};

    /// A large file whose byte at `n` is `n % 251`, and a record of what was read.
    struct Large {
        size: u64,
        reads: Arc<Mutex<Vec<(u64, usize)>>>,
    }

    impl ReadAt for Large {
        fn size(&self) -> u64 {
            self.size
        }
        fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
            self.reads.lock().unwrap().push((offset, buf.len()));
            for (n, byte) in buf.iter_mut().enumerate() {
                *byte = u8::try_from((offset + n as u64) % 251).unwrap();
            }
            Ok(buf.len())
        }
    }

    #[test]
    fn two_interleaved_readers_read_every_byte_once() {
        let reads = Arc::default();
        let mut file = Windows::new(Box::new(Large { size: 64 << 20, reads: Arc::clone(&reads) }));
        let mut buf = [0; 10_000];
        for step in 0..500_u64 {
            for base in [0, 32 << 20] {
                let offset = base + step * 10_000;
                let mut done = 0;
                while done < buf.len() {
                    let at = offset + done as u64;
                    let count = file.read_at(at, &mut buf[done..]).unwrap();
                    assert!(count > 0);
                    done += count;
                }
                assert_eq!(u64::from(buf[77]), (offset + 77) % 251);
            }
        }
        let reads = reads.lock().unwrap();
        let total: usize = reads.iter().map(|r| r.1).sum();
        assert!(total <= 2 * 5_000_000 + 2 * LONG_READ, "read {total} bytes in {} reads", reads.len());
    }

    #[test]
    fn a_jump_reads_little_and_reads_stop_at_the_end() {
        let reads = Arc::default();
        let mut file = Windows::new(Box::new(Large { size: 1 << 40, reads: Arc::clone(&reads) }));
        let mut buf = [0; 16];
        assert_eq!(file.read_at(1 << 39, &mut buf).unwrap(), 16);
        assert_eq!(*reads.lock().unwrap(), [(1 << 39, SHORT_READ)]);
        assert_eq!(file.read_at((1 << 40) - 4, &mut buf).unwrap(), 4);
        assert_eq!(file.read_at(1 << 40, &mut buf).unwrap(), 0);
    }
}
