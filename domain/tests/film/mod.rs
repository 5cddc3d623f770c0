//! A film build as workers and the publisher make it; shared by tests.

use std::collections::BTreeMap;

use domain::{
    output::{PartOutput, RenditionPart, Segment, StoredObject, StoredSheet},
    plan::Plan,
    planner,
    profile::Profile,
    publish::{AssembleError, Assembled, assemble},
};

/// 20 s at 25 fps in two chunks: segments of 6, 6, 6 and 2 s, three rungs, two audio tracks.
pub(crate) fn plan() -> Plan {
    let mut facts: domain::facts::MediaFacts =
        serde_json::from_str(include_str!("../plans/1080p25.json")).unwrap();
    facts.video[0].duration_ms = 20_000;
    facts.audio[0].language = Some("lao".to_owned());
    let english = domain::facts::AudioFacts {
        stream_index: 2,
        language: Some("eng".to_owned()),
        ..facts.audio[0].clone()
    };
    facts.audio.push(english);
    planner::plan(Profile::shipped("fast").unwrap(), &facts).unwrap()
}

pub(crate) fn object(size_bytes: u64, digit: char) -> StoredObject {
    StoredObject { size_bytes, sha256: digit.to_string().repeat(64) }
}

/// The output that workers could record for `plan`: each video segment has as many bytes as its rung's maximum bitrate allows
/// in 4 s, stereo has 16,000 bytes per second.
pub(crate) fn parts(plan: &Plan) -> Vec<PartOutput> {
    let mut parts: Vec<PartOutput> = (0..plan.timeline.chunk_count())
        .map(|index| {
            let chunk = plan.timeline.chunk(index).unwrap();
            let renditions = plan.encodes().iter().map(|rung| RenditionPart {
                rendition: rung.name.clone(),
                codecs: "avc1.64001f".to_owned(),
                init: object(800, '1'),
                segments: (0..chunk.segments)
                    .map(|segment| {
                        let number = chunk.first_segment + segment;
                        Segment {
                            number,
                            duration_ticks: plan.timeline.segment_ticks(number),
                            first_frame_bytes: Some(rung.max_bitrate_bps / 40),
                            object: object(rung.max_bitrate_bps / 2, '2'),
                        }
                    })
                    .collect(),
            });
            let storyboard = plan.video.as_ref().unwrap().storyboard;
            let sheet = storyboard.and_then(|storyboard| storyboard.sheet(chunk));
            let stored = |number| StoredSheet { number, object: object(40_000, '5') };
            PartOutput {
                renditions: renditions.collect(),
                sheet: sheet.map(|sheet| stored(sheet.number)),
                ..PartOutput::default()
            }
        })
        .collect();
    for track in &plan.audio {
        // 281 or 282 AAC frames per segment, because 6 s are 281.25 frames; the last segment ends after the video.
        let segments = [281 * 1024, 281 * 1024, 282 * 1024, 94 * 1024];
        let renditions = track.renditions().map(|(_, rendition)| RenditionPart {
            rendition: rendition.name.clone(),
            codecs: "mp4a.40.2".to_owned(),
            init: object(700, '4'),
            segments: (1..)
                .zip(segments)
                .map(|(number, duration_ticks)| Segment {
                    number,
                    duration_ticks,
                    first_frame_bytes: None,
                    object: object(duration_ticks * rendition.bitrate_bps / 96_000 / 3, '3'),
                })
                .collect(),
        });
        parts.push(PartOutput { renditions: renditions.collect(), ..PartOutput::default() });
    }
    parts
}

pub(crate) fn assembled(plan: &Plan, parts: &[PartOutput]) -> Result<Assembled, AssembleError> {
    let tools = BTreeMap::from([("nang".to_owned(), "0.1.0".to_owned())]);
    assemble(plan, parts, &"a".repeat(64), tools)
}
