//! Complete plans from saved facts of typical masters; the tests need no media files.

#![allow(clippy::unwrap_used)]

use domain::{facts::MediaFacts, libraries::Libraries, plan::Plan, planner, profile::Profile};

/// Plans every `tests/plans/*.json` and compares the plan or refusal with its snapshot.
#[test]
fn plans_match_their_snapshots() {
    insta::glob!("plans/*.json", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let facts: MediaFacts = serde_json::from_str(&text).unwrap();
        let plan = planner::plan(Profile::shipped("default").unwrap(), &facts);
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "plans" }, {
            match plan {
                Ok(plan) => insta::assert_json_snapshot!("plan", plan),
                Err(refusal) => insta::assert_snapshot!("plan", refusal.to_string()),
            }
        });
    });
}

#[test]
fn a_minute_in_the_fast_profile_is_several_chunks() {
    let facts = serde_json::from_str(include_str!("plans/1080p25.json")).unwrap();
    let plan = planner::plan(Profile::shipped("fast").unwrap(), &facts).unwrap();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "plans" }, {
        insta::assert_json_snapshot!("plan@fast_1080p25", plan);
    });
    assert_eq!(plan.timeline.chunk_count(), 5);
}

#[test]
fn a_plan_stored_before_library_versions_were_recorded_is_readable() {
    let facts = serde_json::from_str(include_str!("plans/1080p25.json")).unwrap();
    let plan = planner::plan(Profile::shipped("fast").unwrap(), &facts).unwrap();
    let old = serde_json::to_value(&plan).unwrap();
    assert!(old.get("libraries").is_none());
    assert_eq!(serde_json::from_value::<Plan>(old).unwrap(), plan);

    let libraries = Libraries([("libx264".to_owned(), "164 r3095".to_owned())].into());
    let new = Plan { libraries: Some(libraries), ..plan };
    let stored = serde_json::to_value(&new).unwrap();
    assert_eq!(stored["libraries"], serde_json::json!({ "libx264": "164 r3095" }));
    assert_eq!(serde_json::from_value::<Plan>(stored).unwrap(), new);
}

#[test]
fn a_plan_of_another_format_is_refused() {
    let facts = serde_json::from_str(include_str!("plans/1080p25.json")).unwrap();
    let plan = planner::plan(Profile::shipped("fast").unwrap(), &facts).unwrap();
    let stored = serde_json::to_value(&plan).unwrap();
    assert_eq!(stored["version"], 4);

    for version in [0, 1, 2, 3, u32::MAX] {
        let mut other = stored.clone();
        other["version"] = version.into();
        let error = serde_json::from_value::<Plan>(other).unwrap_err().to_string();
        let expected = format!("the plan has format {version}, and this version of Nang reads format 4");
        assert_eq!(error, expected);
    }
    let mut first = stored;
    first.as_object_mut().unwrap().remove("version");
    let error = serde_json::from_value::<Plan>(first).unwrap_err().to_string();
    assert_eq!(error, "the plan has format 1, and this version of Nang reads format 4");
}
