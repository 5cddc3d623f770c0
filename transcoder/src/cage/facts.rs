//! Facts as a child hands them over: read, and checked for what arithmetic on them takes for granted.

use domain::{facts::MediaFacts, ratio::Ratio};

use super::CageError;

/// More tracks than any film has.
const MOST_TRACKS: usize = 1000;

/// Reads a child's facts.
pub(super) fn read(json: &[u8]) -> Result<MediaFacts, CageError> {
    let facts: MediaFacts = serde_json::from_slice(json)
        .map_err(|error| CageError::Hostile(format!("unreadable facts: {error}")))?;
    let tracks = facts.video.len() + facts.audio.len() + facts.subtitles.len();
    let ratios =
        facts.video.iter().flat_map(|video| [video.sample_aspect, video.frame_rate, video.time_base]);
    if tracks > MOST_TRACKS || !ratios.into_iter().all(is_reduced) {
        return Err(CageError::Hostile("facts that cannot be".to_owned()));
    }
    Ok(facts)
}

/// Whether a ratio is one that `Ratio::new` could have made: a zero denominator would divide by zero later.
fn is_reduced(ratio: Ratio) -> bool {
    ratio.num >= 0 && Ratio::new(ratio.num, ratio.den) == Some(ratio)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    fn facts(aspect: &Value, tracks: usize) -> Vec<u8> {
        let video = json!({
            "stream_index": 0, "codec": "h264", "width": 640, "height": 360, "sample_aspect": aspect,
            "rotation_degrees": 0, "frame_rate": {"num": 25, "den": 1}, "variable_frame_rate": false,
            "field_order": "progressive", "pixel_format": "yuv420p", "bit_depth": 8,
            "color": {"primaries": null, "transfer": null, "matrix": null, "range": null},
            "time_base": {"num": 1, "den": 25}, "first_pts": 0, "duration_ms": 1000, "bitrate_bps": null,
        });
        let all = json!({
            "container": "avi", "size_bytes": 1, "duration_ms": 1000, "video": vec![video; tracks], "audio": [],
            "subtitles": [],
        });
        serde_json::to_vec(&all).unwrap()
    }

    #[test]
    fn facts_that_would_divide_by_zero_are_not_taken() {
        assert!(super::read(&facts(&json!({"num": 1, "den": 1}), 1)).is_ok());
        for (num, den) in [(1, 0), (0, 0), (1, -1), (-1, 1), (2, 2), (i64::MIN, i64::MIN)] {
            assert!(super::read(&facts(&json!({"num": num, "den": den}), 1)).is_err(), "{num}/{den}");
        }
        assert!(super::read(&facts(&json!({"num": 1, "den": 1}), 1001)).is_err());
    }
}
