//! What a file that is not text seems to be, by its first bytes.

use super::{
    Refusal,
    advice::{CONVERT, EXPORT, IMAGES, SAVE_TEXT, TEXT, UNPACK},
};

/// The first bytes of files, what they are, and what to upload instead.
const SIGNATURES: [(&[u8], &str, &str); 23] = [
    (b"\x89PNG\r\n", "an image (PNG)", TEXT),
    (b"\xff\xd8\xff", "an image (JPEG)", TEXT),
    (b"GIF8", "an image (GIF)", TEXT),
    (b"II*\0", "an image (TIFF)", TEXT),
    (b"MM\0*", "an image (TIFF)", TEXT),
    (b"%PDF-", "a PDF document", SAVE_TEXT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (DOC or XLS)", SAVE_TEXT),
    (b"\x1f\x8b", "a packed file (gzip)", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a packed file (7z)", UNPACK),
    (b"Rar!\x1a\x07", "a packed file (RAR)", UNPACK),
    (b"\xfd7zXZ\0", "a packed file (xz)", UNPACK),
    (b"BZh9", "a packed file (bzip2)", UNPACK),
    (b"\x28\xb5\x2f\xfd", "a packed file (Zstandard)", UNPACK),
    (b"\x1a\x45\xdf\xa3", "a video (Matroska or WebM)", EXPORT),
    (b"\0\0\x01\xba", "a VobSub subtitle (.sub of .sub and .idx) or an MPEG video", IMAGES),
    (b"\0\0\x01\xb3", "a video (MPEG)", EXPORT),
    (b"PG\0\0", "a Blu-ray subtitle (.sup)", IMAGES),
    (b"PG", "a Blu-ray subtitle (.sup)", IMAGES),
    (b"OggS", "an audio or video file (Ogg)", EXPORT),
    (b"ID3", "an audio file (MP3)", TEXT),
    (b"fLaC", "an audio file (FLAC)", TEXT),
    (b"\x7fELF", "a program", TEXT),
    (b"SQLite format 3\0", "a database", EXPORT),
];

/// The refusal of a file that is not text; `None` if it can be text. UTF-16 text contains NUL bytes.
pub(super) fn refusal(file: &[u8], is_utf16: bool) -> Option<Refusal> {
    let (what, advice) = by_signature(file).or_else(|| if is_utf16 { None } else { by_content(file) })?;
    Some(Refusal::Binary { what, advice })
}

fn by_signature(file: &[u8]) -> Option<(&'static str, &'static str)> {
    if file.starts_with(b"PK\x03\x04") {
        return Some(zip(file));
    }
    if file.get(4..8) == Some(b"ftyp") {
        return Some(("a video (MP4 or MOV)", EXPORT));
    }
    if file.get(3..11).is_some_and(|format| format.starts_with(b"STL") && format.ends_with(b".01")) {
        return Some(("an EBU STL subtitle", CONVERT));
    }
    if file.starts_with(b"RIFF") && file.len() > 12 {
        return Some(match &file[8..12] {
            b"WEBP" => ("an image (WebP)", TEXT),
            b"WAVE" => ("an audio file (WAV)", TEXT),
            _ => ("a video (AVI)", EXPORT),
        });
    }
    if file.first() == Some(&0x47) && file.get(188) == Some(&0x47) && file.get(376) == Some(&0x47) {
        return Some(("a video (MPEG-TS)", EXPORT));
    }
    if file.starts_with(&[0xff, 0xfe, 0, 0]) || file.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Some(("text in UTF-32", "save it as UTF-8, and upload that file"));
    }
    let short = |signature: &[u8]| signature == b"PG" && !file.contains(&0);
    let known = SIGNATURES.iter().find(|(signature, ..)| file.starts_with(signature) && !short(signature));
    known.map(|(_, what, advice)| (*what, *advice))
}

fn zip(file: &[u8]) -> (&'static str, &'static str) {
    let contains = |name: &[u8]| file.windows(name.len()).any(|window| window == name);
    if contains(b"word/") {
        ("a Word document (DOCX)", SAVE_TEXT)
    } else if contains(b"mimetypeapplication/vnd.oasis") {
        ("an OpenDocument file (ODT)", SAVE_TEXT)
    } else if contains(b"xl/") {
        ("an Excel table (XLSX)", EXPORT)
    } else {
        ("a packed file (ZIP)", UNPACK)
    }
}

/// Bytes that text in encodings other than UTF-16 does not contain.
fn by_content(file: &[u8]) -> Option<(&'static str, &'static str)> {
    if file.contains(&0) {
        return Some(("binary data (it contains NUL bytes)", TEXT));
    }
    let controls =
        file.iter().filter(|byte| matches!(byte, 1..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f)).count();
    (controls > 10 && controls * 50 > file.len()).then_some(("binary data", TEXT))
}
