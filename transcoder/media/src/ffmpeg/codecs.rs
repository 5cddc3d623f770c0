//! The codecs string of an init segment (RFC 6381 §3.3), read from the segment's own boxes so that it always matches them.

use domain::mp4::find_box;

/// Returns `avc1.PPCCLL` or `mp4a.40.N` for an init segment with one track; `None` for other codecs.
pub(super) fn of_init(init: &[u8]) -> Option<String> {
    let mut inside = init;
    for name in [*b"moov", *b"trak", *b"mdia", *b"minf", *b"stbl", *b"stsd"] {
        inside = find_box(inside, name)?;
    }
    // ISO/IEC 14496-12 §8.5.2: version, flags and entry count come before the sample entries.
    let entries = inside.get(8..)?;
    if let Some(entry) = find_box(entries, *b"avc1") {
        // ISO/IEC 14496-12 §12.1.3: 78 bytes of a visual sample entry before its boxes.
        // ISO/IEC 14496-15 §5.3.3.1: version, profile, compatibility, level.
        let record = find_box(entry.get(78..)?, *b"avcC")?.get(1..4)?;
        return Some(format!("avc1.{:02x}{:02x}{:02x}", record[0], record[1], record[2]));
    }
    // ISO/IEC 14496-12 §12.2.3: 28 bytes of an audio sample entry before its boxes.
    let descriptors = find_box(find_box(entries, *b"mp4a")?.get(28..)?, *b"esds")?.get(4..)?;
    // ISO/IEC 14496-1 §7.2.6: ES_Descriptor > DecoderConfigDescriptor > DecoderSpecificInfo.
    let decoder_config = descriptor(descriptor(descriptors, 3)?.get(3..)?, 4)?;
    let object_type = *decoder_config.first()?;
    // ISO/IEC 14496-3 §1.6.2.1: the audio object type is the first five bits; the value 31 would mean that more bits follow.
    let audio_object_type = descriptor(decoder_config.get(13..)?, 5)?.first()? >> 3;
    Some(format!("mp4a.{object_type:02x}.{audio_object_type}"))
}

/// Returns the content of the descriptor at the start of `bytes`, if it has this tag. Lengths have 7 bits per byte; the top bit is
/// set if another byte follows.
fn descriptor(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    let (first, mut rest) = bytes.split_first()?;
    let mut length = 0;
    loop {
        let (byte, after) = rest.split_first()?;
        rest = after;
        length = (length << 7) | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    (*first == tag).then(|| rest.get(..length))?
}
