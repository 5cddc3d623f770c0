//! Presentations that are not valid.

use domain::{
    id::BuildId,
    presentation::{ComposeError, Named, Presentation, Track, compose},
};

use crate::{
    checks::composed,
    fixtures::{DUB, ROOT, SUBTITLES, name, three_builds, track},
};

#[test]
fn invalid_presentations_are_refused() {
    type Change = fn(&mut Presentation, &mut Named);
    let same_label = "two tracks have the name \"LAO\"; names of audio tracks must differ, and so must names of subtitle tracks";
    let cases: [(&str, Change, &str); 14] = [
        ("no build", |_, builds| builds.clear(), "build 00000000-0000-0000-0000-000000000001 is missing"),
        (
            "no build of a dub",
            |_, builds| drop(builds.remove(&DUB)),
            "build 00000000-0000-0000-0000-000000000002 is missing",
        ),
        (
            "no build of subtitles",
            |_, builds| drop(builds.remove(&SUBTITLES)),
            "build 00000000-0000-0000-0000-000000000003 is missing",
        ),
        (
            "video of a dub",
            |content, _| content.video = DUB,
            "build 00000000-0000-0000-0000-000000000002 has no video",
        ),
        (
            "a missing audio rendition",
            |content, _| content.audio[2].renditions.push(name("a9")),
            "build 00000000-0000-0000-0000-000000000002 has no rendition a9",
        ),
        (
            "a video rendition as audio",
            |content, _| content.audio[0].renditions = vec![name("v720")],
            "build 00000000-0000-0000-0000-000000000001 has no rendition v720",
        ),
        (
            "a missing subtitle rendition",
            |content, _| content.subtitles[0].renditions = vec![name("a1")],
            "build 00000000-0000-0000-0000-000000000003 has no rendition a1",
        ),
        (
            "an audio track without renditions",
            |content, _| content.audio[2].renditions.clear(),
            "track \"English\" has no rendition",
        ),
        (
            "subtitles without renditions",
            |content, _| content.subtitles[0].renditions.clear(),
            "track \"ລາວ\" has no rendition",
        ),
        (
            "two equal names",
            |content, _| {
                content.audio[0].label = "Lao".to_owned();
                content.audio[2].label = "LAO".to_owned();
            },
            same_label,
        ),
        (
            "names that are equal in the playlist",
            |content, _| {
                content.audio[0].label = "a \"b\"".to_owned();
                content.audio[2].label = "a\n”b”".to_owned();
            },
            "two tracks have the name \"a\\n”b”\"; names of audio tracks must differ, and so must names of subtitle tracks",
        ),
        (
            "two defaults",
            |content, _| content.audio[2].default = true,
            "\"English\" and another track are both the default; only one track of a kind can be",
        ),
        (
            "too many audio tracks",
            |content, _| content.audio = many(DUB, "a1"),
            "a film can have at most 64 audio and 64 subtitle tracks",
        ),
        (
            "too many subtitle tracks",
            |content, _| content.subtitles = many(SUBTITLES, "s1"),
            "a film can have at most 64 audio and 64 subtitle tracks",
        ),
    ];
    for (case, change, expected) in cases {
        let (mut content, mut builds) = three_builds();
        change(&mut content, &mut builds);
        let error = compose(&content, ROOT, &builds).expect_err(case);
        assert_eq!(error.to_string(), expected, "{case}");
    }

    let (mut content, builds) = three_builds();
    content.audio = many(DUB, "a1");
    content.audio.pop();
    content.subtitles = many(SUBTITLES, "s1");
    content.subtitles.pop();
    content.subtitles[0].default = true;
    content.audio[5].default = true;
    assert_eq!(composed(&content, &builds).alternatives.len(), 2 * Presentation::MAX_TRACKS);
    content.subtitles[1].default = true;
    assert_eq!(compose(&content, ROOT, &builds), Err(ComposeError::TwoDefaults("64".to_owned())));
}

/// One track more than allowed.
fn many(build: BuildId, rendition: &str) -> Vec<Track> {
    (0..=Presentation::MAX_TRACKS as u128)
        .map(|number| track(number, build, &[rendition], &(number + 63).to_string()))
        .collect()
}
