//! Writes JPEG frames into an AVI file: the simplest form of a master, which needs no encoder.
//!
//! Format: Microsoft, *AVI RIFF File Reference*. Numbers are little-endian, and chunks are padded to even lengths.

const KEY_FRAME: u32 = 0x10;
const HAS_INDEX: u32 = 0x10;

/// Audio of a master: PCM with 16 bits and one channel.
pub(super) struct Audio {
    pub(super) sample_rate: u32,
    pub(super) samples: Vec<i16>,
}

/// Returns a Motion JPEG master of these JPEG frames, which must have the same size. Each frame is followed by its part of the audio.
pub(super) fn motion_jpeg(
    frames: &[Vec<u8>],
    (width, height): (u32, u32),
    fps: u32,
    audio: Option<&Audio>,
) -> Vec<u8> {
    let count = u32::try_from(frames.len()).unwrap_or(u32::MAX);
    let largest = frames.iter().map(|frame| size(frame)).max().unwrap_or(0);
    let streams = 1 + u32::from(audio.is_some());
    let header = numbers(&[
        1_000_000 / fps,
        largest * fps,
        0,
        HAS_INDEX,
        count,
        0,
        streams,
        largest,
        width,
        height,
        0,
        0,
        0,
        0,
    ]);
    let video_header = [
        &b"vidsMJPG"[..],
        &numbers(&[0, 0, 0, 1, fps, 0, count, largest, u32::MAX, 0, 0, width | height << 16]),
    ]
    .concat();
    let video_format = [
        &numbers(&[40, width, height, 1 | 24 << 16])[..],
        b"MJPG",
        &numbers(&[width * height * 3, 0, 0, 0, 0]),
    ]
    .concat();
    let mut head = [chunk(*b"avih", &header), stream_list(&video_header, &video_format)].concat();
    if let Some(audio) = audio {
        head.extend(audio.stream_list());
    }
    let mut parts: Vec<([u8; 4], &[u8])> = Vec::new();
    let pcm = audio.map(Audio::bytes).unwrap_or_default();
    let bytes_per_frame = audio.map_or(1, |audio| (audio.sample_rate / fps * 2) as usize);
    let mut pcm_parts = pcm.chunks(bytes_per_frame);
    for frame in frames {
        parts.push((*b"00dc", frame));
        parts.extend(pcm_parts.next().map(|part| (*b"01wb", part)));
    }
    let (mut movi, mut index) = (Vec::new(), Vec::new());
    for (name, part) in parts {
        // Offsets count from the word `movi`.
        let offset = size(&movi) + 4;
        index.extend_from_slice(&name);
        index.extend(numbers(&[KEY_FRAME, offset, size(part)]));
        movi.extend(chunk(name, part));
    }
    let body = [list(*b"hdrl", &head), list(*b"movi", &movi), chunk(*b"idx1", &index)].concat();
    chunk(*b"RIFF", &[&b"AVI "[..], &body].concat())
}

impl Audio {
    fn bytes(&self) -> Vec<u8> {
        self.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
    }

    fn stream_list(&self) -> Vec<u8> {
        let (rate, samples) = (self.sample_rate, u32::try_from(self.samples.len()).unwrap_or(u32::MAX));
        // The unit of the stream is a sample of two bytes.
        let header =
            [&b"auds"[..], &numbers(&[0, 0, 0, 0, 2, rate * 2, 0, samples, rate * 2, u32::MAX, 2, 0, 0])]
                .concat();
        // PCM (1), one channel; samples and bytes per second; bytes per sample, bits per sample.
        let format = numbers(&[1 | 1 << 16, rate, rate * 2, 2 | 16 << 16]);
        stream_list(&header, &format)
    }
}

fn stream_list(header: &[u8], format: &[u8]) -> Vec<u8> {
    list(*b"strl", &[chunk(*b"strh", header), chunk(*b"strf", format)].concat())
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
