//! The length in bytes that a container declares in its first bytes. Pure.
//!
//! A file shorter than that is incomplete, even if its durations do not show it.

/// Returns the length that the first bytes of a file declare; `None` if they declare no length or leave it open.
pub(super) fn declared_bytes(head: &[u8]) -> Option<u64> {
    matroska(head).or_else(|| riff(head))
}

/// AVI: the first RIFF chunk. A recorder that crashed leaves 0 or the largest number.
fn riff(head: &[u8]) -> Option<u64> {
    let size = head.strip_prefix(b"RIFF")?.first_chunk().map(|size| u32::from_le_bytes(*size))?;
    (size > 0 && size < u32::MAX - 16).then(|| u64::from(size) + 8)
}

/// Matroska: the EBML header and the Segment after it (RFC 8794 §6, RFC 9559 §5.1).
fn matroska(head: &[u8]) -> Option<u64> {
    let after_id = head.strip_prefix(b"\x1a\x45\xdf\xa3")?;
    let (header, header_width) = size(after_id)?;
    let segment = 4 + header_width + usize::try_from(header?).ok()?;
    let after_id = head.get(segment..)?.strip_prefix(b"\x18\x53\x80\x67")?;
    let (size, width) = size(after_id)?;
    size?.checked_add((segment + 4 + width) as u64)
}

/// Returns an element's size (`None` if unknown, all ones) and the width of the size field in bytes.
fn size(bytes: &[u8]) -> Option<(Option<u64>, usize)> {
    let first = *bytes.first()?;
    let width = first.leading_zeros() as usize + 1;
    let bytes = bytes.get(..width).filter(|_| width <= 8)?;
    let value = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    let mask = (1_u64 << (7 * width)) - 1;
    let value = value & mask;
    Some(((value != mask).then_some(value), width))
}

#[cfg(test)]
mod tests {
    use super::declared_bytes;

    #[test]
    fn lengths_are_read_where_they_are_declared() {
        let matroska = |size: &[u8]| [b"\x1a\x45\xdf\xa3\x82xx\x18\x53\x80\x67", size].concat();
        for (head, length) in [
            (b"RIFF\x10\x00\x01\x00AVI LIST".to_vec(), Some(0x1_0018)),
            (b"RIFF\xff\xff\xff\xffAVI LIST".to_vec(), None),
            (b"RIFF\0\0\0\0AVI LIST".to_vec(), None),
            (matroska(b"\x01\0\0\0\0\x01\0\0"), Some(0x1_0000 + 19)),
            (matroska(b"\x84"), Some(16)),
            (matroska(b"\x01\xff\xff\xff\xff\xff\xff\xff"), None),
            (matroska(b"\xff"), None),
            (matroska(b"\0"), None),
            (matroska(b""), None),
            (b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xfe".to_vec(), None),
            (b"\0\0\0\x20ftypisom".to_vec(), None),
            (b"RIFF".to_vec(), None),
            (vec![], None),
        ] {
            assert_eq!(declared_bytes(&head), length, "{head:x?}");
        }
    }
}
