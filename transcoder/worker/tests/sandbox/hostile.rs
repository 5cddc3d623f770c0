//! Children that do not keep to the rules: a script that speaks to the real parent.

use std::{os::unix::fs::symlink, path::Path, time::Duration};

use domain::{child::Limits, key::RenditionName};
use storage::Storage;
use worker::sandbox::{ChildError, Sandbox};

use super::{
    children::{encode, plan_of},
    support::{Folder, clip, master},
};

super::tests! {
    a_child_that_breaks_the_rules_is_found_out,
    a_child_that_says_nothing_is_not_waited_for,
}

/// What a child that does not keep to the rules comes to.
async fn hostile(behaviour: &str, probing: bool) -> ChildError {
    let folder = Folder::new();
    let name = folder.path(behaviour);
    symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sandbox/hostile.sh"), &name).unwrap();
    let patience = if matches!(behaviour, "silent" | "half-a-frame") { 1 } else { 30 };
    let limits = Limits { stall: Duration::from_secs(patience), messages: 10_000, ..Limits::default() };
    let sandbox = Sandbox::new(name, limits);
    if probing {
        return sandbox.probe(master(&clip())).await.unwrap_err();
    }
    let mut plan = plan_of(&clip()).await;
    plan.rungs.truncate(1);
    plan.rungs[0].name = RenditionName::try_from("v360".to_owned()).unwrap();
    let storage = Storage::local(folder.path("out")).unwrap();
    let error = encode(&sandbox, &clip(), &plan, &storage).await.unwrap_err();
    for (key, _) in storage.list("").await.unwrap() {
        let possible = ["v360/init.mp4", "v360/00001.m4s", "storyboard/00001.jpg"];
        assert!(possible.contains(&key.as_str()), "{key}");
    }
    error
}

async fn a_child_that_breaks_the_rules_is_found_out() {
    for (behaviour, says) in [
        ("unknown-kind", "a frame of unknown kind 77"),
        ("huge-read", "a read of 2130706432 bytes"),
        ("foreign-rendition", "rendition v999, which is not in the plan"),
        ("traversal", "a malformed frame of kind 5"),
        ("uncalled-facts", "facts that were not asked for"),
        ("segment-before-init", "segment 1 of v360 where 1 could come"),
        ("init-twice", "a second init segment of v360"),
        ("no-picture", "segment 1 of v360 has no picture"),
        ("long-segment", "segment 1 of v360 lasts 9223372036854775807 ticks instead of 67584"),
        ("short-segment", "segment 1 of v360 lasts 1 ticks instead of 67584"),
        ("progress-too-far", "133 frames done after 0 of 132"),
        ("progress-back", "49 frames done after 50 of 132"),
        ("segment-twice", "segment 1 of v360 where 2 could come"),
        ("sheet-twice", "a sheet where none could come"),
        ("empty-sheet", "a sheet where none could come"),
        ("no-sheet", "no sheet was made"),
        ("other-libraries", "it declined the library versions that the plan names"),
        ("bad-libraries", "unreadable versions: invalid type: sequence, expected a map at line 1 column 0"),
        ("early-end", "0 of 1 segments of v360 were made"),
        ("chatter", "more than 10000 messages"),
    ] {
        let error = hostile(behaviour, false).await;
        assert!(matches!(error, ChildError::Hostile(_)), "{behaviour}: {error}");
        assert_eq!(error.to_string(), format!("the decoder process broke the rules: {says}"));
        assert!(!error.is_permanent());
    }
    assert!(matches!(hostile("huge-frame", false).await, ChildError::OutputLimit { .. }));
    assert!(hostile("bad-facts", true).await.to_string().contains("unreadable facts"));
    assert!(hostile("no-facts", true).await.to_string().contains("without facts"));
}

async fn a_child_that_says_nothing_is_not_waited_for() {
    for behaviour in ["silent", "half-a-frame"] {
        let error = hostile(behaviour, true).await;
        assert!(matches!(error, ChildError::Stalled { .. }), "{behaviour}: {error}");
    }
    let error = hostile("deaf", true).await;
    assert!(error.to_string().contains("closed its socket"), "{error}");
    let error = hostile("early-exit", true).await;
    let says = "the decoder process ended early (exit status 3). FFmpeg said: out of luck";
    assert_eq!(error.to_string(), says);
    let error = hostile("long-refusal", true).await;
    assert!(error.to_string().contains("a refusal without a reason"), "{error}");
}
