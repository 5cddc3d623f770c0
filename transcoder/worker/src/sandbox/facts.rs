//! What a probing child hands over: parsed, and checked for what arithmetic on it takes for granted.

use domain::{child::Probed, libraries::Libraries, ratio::Ratio};

use super::ChildError;

/// More tracks than any film has.
const MAX_TRACKS: usize = 1000;

/// Parses a [`Probed`].
pub(super) fn parse_probed(json: &[u8]) -> Result<Probed, ChildError> {
    let probed: Probed = serde_json::from_slice(json)
        .map_err(|error| ChildError::Hostile(format!("unreadable facts: {error}")))?;
    let facts = &probed.facts;
    let tracks = facts.video.len() + facts.audio.len() + facts.subtitles.len();
    let ratios =
        facts.video.iter().flat_map(|video| [video.sample_aspect, video.frame_rate, video.time_base]);
    if tracks > MAX_TRACKS || !ratios.into_iter().all(is_reduced) {
        return Err(ChildError::Hostile("facts that cannot be".to_owned()));
    }
    plausible(probed.libraries).map(|libraries| Probed { libraries, ..probed })
}

/// Parses a child's own [`Libraries`].
pub(super) fn parse_libraries(json: &[u8]) -> Result<Libraries, ChildError> {
    let libraries = serde_json::from_slice(json)
        .map_err(|error| ChildError::Hostile(format!("unreadable versions: {error}")))?;
    plausible(libraries)
}

fn plausible(libraries: Libraries) -> Result<Libraries, ChildError> {
    let error = || ChildError::Hostile("versions that cannot be".to_owned());
    libraries.are_plausible().then_some(libraries).ok_or_else(error)
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
        serde_json::to_vec(&json!({"facts": all, "libraries": {"libavcodec": "59.37.100"}})).unwrap()
    }

    #[test]
    fn facts_that_would_divide_by_zero_are_not_taken() {
        assert!(super::parse_probed(&facts(&json!({"num": 1, "den": 1}), 1)).is_ok());
        for (num, den) in [(1, 0), (0, 0), (1, -1), (-1, 1), (2, 2), (i64::MIN, i64::MIN)] {
            assert!(super::parse_probed(&facts(&json!({"num": num, "den": den}), 1)).is_err(), "{num}/{den}");
        }
        assert!(super::parse_probed(&facts(&json!({"num": 1, "den": 1}), 1001)).is_err());
    }

    #[test]
    fn versions_that_no_library_has_are_not_taken() {
        assert!(super::parse_libraries(br#"{"libx264": "164 r3095 baee400"}"#).is_ok());
        for json in [r#"{"libx264": "\n"}"#, r#"{"libx264": 164}"#, r#"{"": "1"}"#, "[]", "\u{1}"] {
            assert!(super::parse_libraries(json.as_bytes()).is_err(), "{json}");
        }
    }
}
