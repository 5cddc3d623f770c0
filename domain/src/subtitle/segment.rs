//! Segments of WebVTT for HLS (RFC 8216 §3.5).

use std::num::NonZeroU64;

use super::{Cue, write_webvtt::write_cue};

/// The start of each segment. Nang's media times begin at 0, so film time is media time.
const HEADER: &str = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n";

/// Number of segments of a film; at least one, because a playlist needs a segment.
pub fn segment_count(film_ms: u64, segment_ms: NonZeroU64) -> u64 {
    film_ms.div_ceil(segment_ms.get()).max(1)
}

/// The segments of a film, in order. Each contains all cues that are shown in its time, with their whole times in the film. A cue
/// over a border is identical in each of its segments, and without an identifier, so that players recognise that it is the same.
pub fn segments(cues: &[Cue], film_ms: u64, segment_ms: NonZeroU64) -> impl Iterator<Item = String> {
    let count = segment_count(film_ms, segment_ms);
    (0..count).map(move |index| {
        let from_ms = index.saturating_mul(segment_ms.get());
        let to_ms = from_ms.saturating_add(segment_ms.get());
        let mut text = HEADER.to_owned();
        for cue in cues.iter().filter(|cue| cue.overlaps(from_ms, to_ms)) {
            write_cue(&mut text, cue);
        }
        text
    })
}
