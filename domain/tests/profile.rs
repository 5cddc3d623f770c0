//! Profiles: the included ones are valid, and the error of an invalid one names the key.

#![allow(clippy::unwrap_used)]

use domain::{
    plan::{H264, VideoCodec},
    profile::{Profile, ProfileError},
};

const FAST: &str = include_str!("../profiles/fast.toml");

#[test]
fn shipped_profiles_are_found_by_name() {
    assert_eq!(Profile::shipped_names().collect::<Vec<_>>(), ["default", "fast"]);
    for name in Profile::shipped_names() {
        let profile = Profile::shipped(name).unwrap();
        assert_eq!(profile.name, name);
        // A profile that is stored and read again does not change.
        assert_eq!(&Profile::from_toml(&toml::to_string(profile).unwrap()).unwrap(), profile);
    }
    assert_eq!(Profile::shipped("Default"), None);
}

#[test]
fn the_error_of_an_invalid_profile_names_the_key() {
    for (from, to, expected) in [
        ("preset = \"veryfast\"", "preset = \"veryquick\"", "`preset` must be one of ultrafast"),
        ("preset = \"veryfast\"", "presett = \"veryfast\"", "presett"),
        ("crf = 24.0", "crf = 52.0", "`rungs[1].crf` must be 0 to 51"),
        ("crf = 24.0", "crf = nan", "`rungs[1].crf`"),
        ("crf = 24.0", "crf = 24.0\ncolour = 1", "colour"),
        ("size = 432", "size = 433", "`rungs[1].size` must be even"),
        ("size = 432", "size = 720", "`rungs[1].size` must be smaller"),
        (
            "max_bitrate_bps = 730_000",
            "max_bitrate_bps = 3_000_000",
            "`rungs[1].max_bitrate_bps` must be lower",
        ),
        ("max_bitrate_bps = 730_000", "max_bitrate_bps = -1", "max_bitrate_bps"),
        ("max_bitrate_bps = 730_000", "", "max_bitrate_bps"),
        ("threads = 2", "threads = 0", "`rungs[0].threads`"),
        ("segment_seconds = 6", "segment_seconds = 5", "`segment_seconds` must be a multiple of gop_seconds"),
        ("chunk_seconds = 12", "chunk_seconds = 10", "`chunk_seconds`"),
        ("gop_seconds = 2", "gop_seconds = 0", "`gop_seconds`"),
        ("buffer_ms = 1500", "buffer_ms = 15", "`buffer_ms`"),
        ("name = \"fast\"", "name = \"Fast films\"", "`name`"),
        ("bitrate_bps = 96_000", "bitrate_bps = 9_600", "`audio.bitrate_bps`"),
        ("sample_rate_hz = 48_000", "sample_rate_hz = 96_000", "`audio.sample_rate_hz`"),
        (
            "buffer_ms = 1500",
            "buffer_ms = 1500\nx264_params = \"aq-mode=3:keyint=12\"",
            "must not set keyint",
        ),
        (
            "buffer_ms = 1500",
            "buffer_ms = 1500\nx264_params = \"aq-mode\"",
            "`x264_params` must be name=value",
        ),
        (
            "buffer_ms = 1500",
            "buffer_ms = 1500\nx264_params = \"a=1::b=2\"",
            "`x264_params` must be name=value",
        ),
    ] {
        assert!(FAST.contains(from), "{from}");
        let error = Profile::from_toml(&FAST.replacen(from, to, 1)).expect_err(to).to_string();
        assert!(error.contains(expected), "{error:?} should say {expected:?}");
    }
    assert!(matches!(Profile::from_toml("= 1"), Err(ProfileError::Syntax(_))));
}

#[test]
fn a_profiles_x264_options_follow_those_of_the_planner() {
    let text =
        FAST.replacen("buffer_ms = 1500", "buffer_ms = 1500\nx264_params = \"aq-mode=3:deblock=-1,-1\"", 1);
    let profile = Profile::from_toml(&text).unwrap();
    let facts = serde_json::from_str(include_str!("plans/1080p25.json")).unwrap();
    let plan = domain::planner::plan(&profile, &facts).unwrap();
    for encode in plan.encodes() {
        let VideoCodec::H264(H264 { x264_params, .. }) = &encode.codec;
        assert!(x264_params.starts_with("keyint=50:") && x264_params.ends_with(":aq-mode=3:deblock=-1,-1"));
    }
}
