//! Children that violate the protocol: a script that sends messages to the real parent.

use std::{
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::{child::Limits, key::RenditionName};
use storage::Storage;
use worker::sandbox::{ChildError, Sandbox};

use super::{
    children::{encode, plan_of},
    support::{Folder, clip, master},
};

super::tests! {
    protocol_violations_are_detected,
    silent_and_incomplete_children_are_ended,
}

/// Returns a path under which the script runs with a behaviour.
pub(crate) fn script(folder: &Folder, behaviour: &str) -> PathBuf {
    let name = folder.path(behaviour);
    symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sandbox/hostile.sh"), &name).unwrap();
    name
}

/// Runs the script with a behaviour, and returns the parent's error.
async fn hostile(behaviour: &str, probing: bool) -> ChildError {
    let folder = Folder::new();
    let name = script(&folder, behaviour);
    let stall_seconds = if matches!(behaviour, "silent" | "half-a-frame") { 1 } else { 30 };
    let limits = Limits { stall: Duration::from_secs(stall_seconds), messages: 10_000, ..Limits::default() };
    let sandbox = Sandbox::new(name, limits);
    if probing {
        return sandbox.probe(master(&clip())).await.unwrap_err();
    }
    let mut plan = plan_of(&clip()).await;
    let video = plan.video.as_mut().unwrap();
    video.encodes.truncate(1);
    video.encodes[0].name = RenditionName::try_from("v360".to_owned()).unwrap();
    let storage = Storage::local(folder.path("out")).unwrap();
    let error = encode(&sandbox, &clip(), &plan, &storage).await.unwrap_err();
    for (key, _) in storage.list("").await.unwrap() {
        let possible = ["v360/init.mp4", "v360/00001.m4s", "storyboard/00001.jpg"];
        assert!(possible.contains(&key.as_str()), "{key}");
    }
    error
}

async fn protocol_violations_are_detected() {
    for (behaviour, expected) in [
        ("unknown-kind", "a frame of unknown kind 77"),
        ("huge-read", "a read of 2130706432 bytes"),
        ("foreign-rendition", "rendition v999, which is not in the plan"),
        ("traversal", "a malformed frame of kind 5"),
        ("uncalled-facts", "unrequested facts"),
        ("foreign-subtitles", "unrequested subtitles"),
        (
            "segment-before-init",
            "segment 1 of v360 is out of order: segment 1 is next, after the init segment",
        ),
        ("init-twice", "a second init segment of v360"),
        ("no-frame", "segment 1 of v360 has no frame"),
        ("long-segment", "segment 1 of v360 lasts 9223372036854775807 ticks instead of 67584"),
        ("short-segment", "segment 1 of v360 lasts 1 ticks instead of 67584"),
        ("progress-too-far", "progress from 0 to 133 of 132 frames"),
        ("progress-back", "progress from 50 to 49 of 132 frames"),
        ("segment-twice", "segment 1 of v360 is out of order: segment 2 is next, after the init segment"),
        ("sheet-twice", "an unexpected storyboard sheet"),
        ("empty-sheet", "an unexpected storyboard sheet"),
        ("no-sheet", "the storyboard sheet is missing"),
        ("bad-damage", "unreadable damage: missing field `total_ms` at line 1 column 2"),
        ("empty-damage", "impossible damage of the part from 0 to 5280 ms"),
        ("foreign-damage", "impossible damage of the part from 0 to 5280 ms"),
        ("damage-twice", "an unexpected report of damage"),
        ("other-libraries", "it declined the plan although no library version differs"),
        (
            "bad-libraries",
            "unreadable library versions: invalid type: sequence, expected a map at line 1 column 0",
        ),
        ("early-end", "0 of 1 segments of v360 were received"),
        ("chatter", "more than 10000 messages"),
    ] {
        let error = hostile(behaviour, false).await;
        assert!(matches!(error, ChildError::Hostile(_)), "{behaviour}: {error}");
        assert_eq!(error.to_string(), format!("the decoder process violated the protocol: {expected}"));
        assert!(!error.is_permanent());
    }
    assert!(matches!(hostile("huge-frame", false).await, ChildError::OutputLimit { .. }));
    assert!(hostile("bad-facts", true).await.to_string().contains("unreadable facts"));
    assert!(hostile("no-facts", true).await.to_string().contains("without facts"));
}

async fn silent_and_incomplete_children_are_ended() {
    for behaviour in ["silent", "half-a-frame"] {
        let error = hostile(behaviour, true).await;
        assert!(matches!(error, ChildError::Stalled { .. }), "{behaviour}: {error}");
    }
    let error = hostile("closed-socket", true).await;
    assert!(error.to_string().contains("closed its socket"), "{error}");
    let error = hostile("early-exit", true).await;
    let expected = "the decoder process ended early (exit status 3). FFmpeg said: out of luck";
    assert_eq!(error.to_string(), expected);
    let error = hostile("long-refusal", true).await;
    assert!(error.to_string().contains("a malformed frame of kind 8"), "{error}");
}
