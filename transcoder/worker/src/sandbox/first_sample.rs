//! Finds the end of a segment's first sample, for the byte ranges of I-frame playlists. Reads it from the segment's own boxes,
//! so that a child cannot send a wrong value.

use domain::mp4::{find_box, find_box_at};

/// Returns the number of bytes from the start of the segment to the end of its first sample; `None` if the boxes lack the value or
/// it is impossible.
pub(super) fn end_of_first_sample(segment: &[u8]) -> Option<u64> {
    let (moof_at, moof) = find_box_at(segment, *b"moof")?;
    let fragment = find_box(moof, *b"traf")?;
    let mut run = Fields(find_box(fragment, *b"trun")?);
    // ISO/IEC 14496-12 §8.8.8.
    let flags = run.next()?;
    let samples = run.next()?;
    let data_offset = if flags & 0x1 == 0 { return None } else { run.next()? };
    run.skip(u32::from(flags & 0x4 != 0) + u32::from(flags & 0x100 != 0))?;
    let size = if flags & 0x200 == 0 { default_size(find_box(fragment, *b"tfhd")?)? } else { run.next()? };
    // Relative to the start of the `moof`, as `default-base-is-moof` requires.
    let end = u64::try_from(moof_at).ok()? + u64::from(data_offset) + u64::from(size);
    (samples > 0 && size > 0 && end <= segment.len() as u64).then_some(end)
}

/// Returns `default_sample_size` (ISO/IEC 14496-12 §8.8.7).
fn default_size(header: &[u8]) -> Option<u32> {
    let mut fields = Fields(header);
    let flags = fields.next()?;
    fields.skip(
        1 + 2 * u32::from(flags & 0x1 != 0) + u32::from(flags & 0x2 != 0) + u32::from(flags & 0x8 != 0),
    )?;
    if flags & 0x10 == 0 { None } else { fields.next() }
}

/// A reader of big-endian 32-bit words.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn next(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*word))
    }

    fn skip(&mut self, words: u32) -> Option<()> {
        self.0 = self.0.get(usize::try_from(words).ok()?.checked_mul(4)?..)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::end_of_first_sample;

    fn boxed(name: [u8; 4], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).unwrap();
        [&size.to_be_bytes(), &name[..], content].concat()
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// Returns a segment with 100 bytes of media after its `moof`.
    fn segment(header: &[u32], run: &[u32]) -> Vec<u8> {
        let fragment = [boxed(*b"tfhd", &words(header)), boxed(*b"trun", &words(run))].concat();
        let moof = boxed(*b"moof", &boxed(*b"traf", &fragment));
        [boxed(*b"styp", b"cmfs"), moof, boxed(*b"mdat", &[0; 100])].concat()
    }

    #[test]
    fn the_end_is_read_from_the_boxes() {
        // The `moof` follows a `styp` of 12 bytes.
        for (header, run, end) in [
            (&[0x02_0000, 1][..], &[0x201, 2, 60, 30, 20][..], Some(102)),
            (&[0x02_0000, 1], &[0x305, 1, 60, 0, 3600, 30], Some(102)),
            (&[0x02_0010, 1, 25], &[0x1, 3, 60], Some(97)),
            (&[0x02_001b, 1, 0, 0, 1, 3600, 25], &[0x1, 3, 60], Some(97)),
            (&[0x02_0000, 1], &[0x200, 1, 30], None),
            (&[0x02_0000, 1], &[0x201, 0, 60, 30], None),
            (&[0x02_0000, 1], &[0x201, 1, 60, 0], None),
            (&[0x02_0000, 1], &[0x201, 1, 60, u32::MAX], None),
            (&[0x02_0000, 1], &[0x201, 1, u32::MAX, u32::MAX], None),
            (&[0x02_0000, 1], &[0x1, 1, 60], None),
            (&[], &[], None),
        ] {
            assert_eq!(end_of_first_sample(&segment(header, run)), end, "{header:x?} {run:x?}");
        }
    }

    proptest! {
        #[test]
        fn it_never_panics(bytes in any::<Vec<u8>>(), run in proptest::collection::vec(any::<u32>(), 0..8)) {
            end_of_first_sample(&bytes);
            let whole = segment(&run, &run);
            if let Some(end) = end_of_first_sample(&whole) {
                prop_assert!(end <= whole.len() as u64);
            }
        }
    }
}
