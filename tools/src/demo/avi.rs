//! Writes JPEG frames into an AVI file: the simplest form of a master, which needs no encoder.
//!
//! Format: Microsoft, *AVI RIFF File Reference*. Numbers are little-endian, and chunks are padded to even lengths.

const KEY_FRAME: u32 = 0x10;
const HAS_INDEX: u32 = 0x10;

/// Returns a Motion JPEG master of these JPEG frames, which must have the same size.
pub(super) fn motion_jpeg(frames: &[Vec<u8>], (width, height): (u32, u32), fps: u32) -> Vec<u8> {
    let count = u32::try_from(frames.len()).unwrap_or(u32::MAX);
    let largest = frames.iter().map(|frame| size(frame)).max().unwrap_or(0);
    let header = numbers(&[
        1_000_000 / fps,
        largest * fps,
        0,
        HAS_INDEX,
        count,
        0,
        1,
        largest,
        width,
        height,
        0,
        0,
        0,
        0,
    ]);
    let stream = [
        &b"vidsMJPG"[..],
        &numbers(&[0, 0, 0, 1, fps, 0, count, largest, u32::MAX, 0, 0, width | height << 16]),
    ]
    .concat();
    let format = [
        &numbers(&[40, width, height, 1 | 24 << 16])[..],
        b"MJPG",
        &numbers(&[width * height * 3, 0, 0, 0, 0]),
    ]
    .concat();
    let stream_list = list(*b"strl", &[chunk(*b"strh", &stream), chunk(*b"strf", &format)].concat());
    let head = list(*b"hdrl", &[chunk(*b"avih", &header), stream_list].concat());
    let (mut movi, mut index) = (Vec::new(), Vec::new());
    for frame in frames {
        // Offsets count from the word `movi`.
        let offset = size(&movi) + 4;
        index.extend_from_slice(b"00dc");
        index.extend(numbers(&[KEY_FRAME, offset, size(frame)]));
        movi.extend(chunk(*b"00dc", frame));
    }
    let body = [head, list(*b"movi", &movi), chunk(*b"idx1", &index)].concat();
    chunk(*b"RIFF", &[&b"AVI "[..], &body].concat())
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn size(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn list(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    chunk(*b"LIST", &[&name, body].concat())
}

fn chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let padding: &[u8] = if body.len() % 2 == 1 { &[0] } else { &[] };
    [&name[..], &size(body).to_le_bytes()[..], body, padding].concat()
}
