//! Encoding profiles: ladders as data, so that an encoding expert can change one without writing Rust.
//!
//! A [`Profile`] read with [`Profile::from_toml`] is checked: every number is in the range that the planner and x264 expect.
//! Unknown keys are errors, because a misspelt setting without effect would otherwise be noticed late.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// x264's presets, fastest first.
const PRESETS: [&str; 9] =
    ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"];

/// x264 options that only the planner sets: if a profile changed them, chunks could not be joined.
const RESERVED_PARAMS: [&str; 18] = [
    "keyint",
    "min-keyint",
    "scenecut",
    "open-gop",
    "stitchable",
    "intra-refresh",
    "threads",
    "lookahead-threads",
    "sliced-threads",
    "cpu-independent",
    "force-cfr",
    "level",
    "profile",
    "preset",
    "crf",
    "bitrate",
    "vbv-maxrate",
    "vbv-bufsize",
];

/// A ladder with the lengths of segments and chunks and the encoder settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Name in commands and in the catalogue: 1 to 32 characters of `[a-z0-9-]`.
    pub name: String,
    /// One sentence for the admin's page: what the profile is for.
    pub description: String,
    /// Time from one IDR frame to the next.
    pub gop_seconds: u32,
    /// Duration of a segment, a multiple of `gop_seconds`.
    pub segment_seconds: u32,
    /// Duration of a chunk, a multiple of `segment_seconds`.
    pub chunk_seconds: u32,
    /// VBV buffer, as time at the maximum bitrate.
    pub buffer_ms: u32,
    /// x264 preset of every rung.
    pub preset: String,
    /// Further x264 options of every rung as `name=value:…`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub x264_params: String,
    /// Rungs, largest first.
    pub rungs: Vec<RungProfile>,
    /// Audio settings.
    pub audio: AudioProfile,
    /// Loudness of the audio.
    #[serde(default)]
    pub loudness: LoudnessProfile,
}

/// One rung of a profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RungProfile {
    /// Height of a 16:9 frame: the rung is a box of `size · 16/9` by `size`, rotated for portrait films.
    pub size: u32,
    /// VBV rate: the maximum bitrate.
    pub max_bitrate_bps: u64,
    /// Constant rate factor.
    pub crf: f64,
    /// x264 frame threads.
    pub threads: u32,
}

/// Audio settings of a profile: AAC-LC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudioProfile {
    /// Target bitrate of stereo.
    pub bitrate_bps: u64,
    /// Target bitrate of a second stereo rendition, for the rungs with the lowest bitrates; `None`: only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_bitrate_bps: Option<u64>,
    /// Target bitrate of 5.1, for tracks that have at least six channels; `None`: only stereo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surround_bitrate_bps: Option<u64>,
    /// Samples per second.
    pub sample_rate_hz: u32,
}

/// Loudness of a profile: one static gain for each mix of a track.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoudnessProfile {
    /// Whether the gain brings each mix to the target. If not, only mixes that would clip get a gain, which lowers them.
    pub normalize: bool,
    /// Target integrated loudness, in LUFS.
    pub target_lufs: f64,
}

impl Default for LoudnessProfile {
    /// The target level of EBU R 128.
    fn default() -> Self {
        Self { normalize: true, target_lufs: -23.0 }
    }
}

/// Why a profile is invalid. Every message names the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// The text is not TOML, or a key is unknown, missing or of the wrong type.
    #[error("the profile cannot be read: {0}")]
    Syntax(String),
    /// A value is out of its range.
    #[error("profile key `{key}` {problem}")]
    Value {
        /// The key, such as `rungs[2].crf`.
        key: String,
        /// The requirement that the value does not meet.
        problem: String,
    },
}

static SHIPPED: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    [include_str!("../profiles/default.toml"), include_str!("../profiles/fast.toml")]
        .iter()
        .map(|text| Profile::from_toml(text).expect("shipped profiles are tested"))
        .collect()
});

impl Profile {
    /// Parses and checks a profile.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        let profile: Self = toml::from_str(text).map_err(|error| ProfileError::Syntax(error.to_string()))?;
        profile.check()?;
        Ok(profile)
    }

    /// Returns the profile with this name among those that Nang includes.
    pub fn shipped(name: &str) -> Option<&'static Self> {
        SHIPPED.iter().find(|profile| profile.name == name)
    }

    /// Names of the profiles that Nang includes, the default first.
    pub fn shipped_names() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|profile| profile.name.as_str())
    }

    fn check(&self) -> Result<(), ProfileError> {
        let name_is_plain = self.name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        require(
            name_is_plain && (1..=32).contains(&self.name.len()),
            "name",
            "must be 1 to 32 characters of a-z, 0-9 and -",
        )?;
        require(!self.description.trim().is_empty(), "description", "must say what the profile is for")?;
        require((1..=10).contains(&self.gop_seconds), "gop_seconds", "must be 1 to 10")?;
        require(
            (1..=10).contains(&self.segment_seconds) && self.segment_seconds.is_multiple_of(self.gop_seconds),
            "segment_seconds",
            "must be a multiple of gop_seconds and at most 10",
        )?;
        require(
            (1..=600).contains(&self.chunk_seconds)
                && self.chunk_seconds.is_multiple_of(self.segment_seconds),
            "chunk_seconds",
            "must be a multiple of segment_seconds and at most 600",
        )?;
        require((500..=10_000).contains(&self.buffer_ms), "buffer_ms", "must be 500 to 10000")?;
        require(
            PRESETS.contains(&self.preset.as_str()),
            "preset",
            &format!("must be one of {}", PRESETS.join(", ")),
        )?;
        check_params(&self.x264_params)?;
        self.check_rungs()?;
        require(
            (32_000..=320_000).contains(&self.audio.bitrate_bps),
            "audio.bitrate_bps",
            "must be 32000 to 320000",
        )?;
        require(
            self.audio.low_bitrate_bps.is_none_or(|low| (32_000..self.audio.bitrate_bps).contains(&low)),
            "audio.low_bitrate_bps",
            "must be at least 32000 and lower than audio.bitrate_bps",
        )?;
        require(
            self.audio.surround_bitrate_bps.is_none_or(|surround| (192_000..=768_000).contains(&surround)),
            "audio.surround_bitrate_bps",
            "must be 192000 to 768000",
        )?;
        require(
            (-40.0..=-9.0).contains(&self.loudness.target_lufs),
            "loudness.target_lufs",
            "must be -40 to -9",
        )?;
        require(
            matches!(self.audio.sample_rate_hz, 44_100 | 48_000),
            "audio.sample_rate_hz",
            "must be 44100 or 48000",
        )
    }

    fn check_rungs(&self) -> Result<(), ProfileError> {
        require((1..=12).contains(&self.rungs.len()), "rungs", "must be 1 to 12 tables, largest first")?;
        for (index, rung) in self.rungs.iter().enumerate() {
            let key = |name: &str| format!("rungs[{index}].{name}");
            let above = index.checked_sub(1).map(|above| &self.rungs[above]);
            require(
                (90..=2160).contains(&rung.size) && rung.size.is_multiple_of(2),
                &key("size"),
                "must be even and 90 to 2160",
            )?;
            require(
                above.is_none_or(|above| rung.size < above.size),
                &key("size"),
                "must be smaller than the size of the rung before it",
            )?;
            require(
                (50_000..=100_000_000).contains(&rung.max_bitrate_bps),
                &key("max_bitrate_bps"),
                "must be 50000 to 100000000",
            )?;
            require(
                above.is_none_or(|above| rung.max_bitrate_bps < above.max_bitrate_bps),
                &key("max_bitrate_bps"),
                "must be lower than that of the rung before it",
            )?;
            require((0.0..=51.0).contains(&rung.crf), &key("crf"), "must be 0 to 51")?;
            require((1..=16).contains(&rung.threads), &key("threads"), "must be 1 to 16")?;
        }
        Ok(())
    }
}

fn check_params(params: &str) -> Result<(), ProfileError> {
    for param in params.split(':').filter(|_| !params.is_empty()) {
        let name = param.split_once('=').map_or("", |(name, _)| name);
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_=.,/+".contains(&b);
        require(
            !name.is_empty() && param.bytes().all(plain),
            "x264_params",
            "must be name=value pairs joined by colons",
        )?;
        require(
            !RESERVED_PARAMS.contains(&name),
            "x264_params",
            &format!("must not set {name}, because the planner sets it so that chunks can be joined"),
        )?;
    }
    Ok(())
}

fn require(is_met: bool, key: &str, problem: &str) -> Result<(), ProfileError> {
    if is_met {
        Ok(())
    } else {
        Err(ProfileError::Value { key: key.to_owned(), problem: problem.to_owned() })
    }
}
