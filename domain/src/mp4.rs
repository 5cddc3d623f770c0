//! MP4 boxes (ISO/IEC 14496-12 §4.2) in untrusted bytes.

/// Returns the content of the first box with this name; `None` if the box does not exist or a box before it is malformed.
pub fn find_box(boxes: &[u8], name: [u8; 4]) -> Option<&[u8]> {
    find_box_at(boxes, name).map(|(_, content)| content)
}

/// Like [`find_box`], and also returns the offset of the box.
pub fn find_box_at(boxes: &[u8], name: [u8; 4]) -> Option<(usize, &[u8])> {
    let mut at = 0;
    while boxes.len() - at >= 8 {
        let rest = &boxes[at..];
        let size = usize::try_from(u32::from_be_bytes(rest[..4].try_into().ok()?)).ok()?;
        let content = rest.get(8..size)?;
        if rest[4..8] == name {
            return Some((at, content));
        }
        at += size;
    }
    None
}
