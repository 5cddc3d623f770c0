//! The order that the parent gives to a child.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::SandboxMode;
use crate::{
    facts::MediaFacts,
    libraries::Libraries,
    plan::{Loudness, Plan},
};

/// Maximum size of an order, as JSON.
pub const MAX_ORDER_BYTES: u64 = 16 << 20;

/// The order that the child reads from its standard input, as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The limit that the child sets on its own address space.
    pub address_space_bytes: u64,
    /// The limit that the child sets on its own CPU time.
    pub cpu_seconds: u64,
    /// Size of the master.
    pub master_bytes: u64,
    /// Whether the kernel may lack a layer of the sandbox.
    #[serde(default)]
    pub sandbox: SandboxMode,
    /// What to do.
    pub work: Work,
}

/// The kinds of work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Enter the sandbox, report what the kernel supports, and exit. No master is read.
    Check,
    /// Probe the master.
    Probe,
    /// Measure the loudness of one audio track of a plan.
    Analyse(Box<Task>),
    /// Encode one part of a plan.
    Encode(Box<Task>),
}

/// The result of probing, as JSON in [`FromChild::Probed`](super::FromChild::Probed).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probed {
    /// Properties of the master.
    pub facts: MediaFacts,
    /// The libraries of the child, which read the master and would also encode it.
    pub libraries: Libraries,
}

/// The result of analysing an audio track, as JSON in [`FromChild::Analysed`](super::FromChild::Analysed) and in the job's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Analysed {
    /// The loudness of each mix of the track, in the plan's order.
    pub loudness: Vec<Loudness>,
}

/// A task of encoding or analysing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The whole plan.
    pub plan: Plan,
    /// The part to encode or to analyse.
    pub part: Part,
}

/// The part of a plan that one child encodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// One chunk, in all video renditions of one encode group.
    Chunk {
        /// Index of the chunk.
        index: u32,
        /// The encode group.
        group: u32,
    },
    /// The complete audio track with this index in the plan.
    Audio(u32),
    /// All text subtitle tracks of the plan, which need one pass over the master.
    Subtitles,
}

impl fmt::Display for Part {
    /// `chunk 3`, `audio track 1`: counted from 1; `subtitles`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chunk { index, group: 0 } => write!(f, "chunk {}", index + 1),
            Self::Chunk { index, group } => write!(f, "chunk {} in codec group {}", index + 1, group + 1),
            Self::Audio(index) => write!(f, "audio track {}", index + 1),
            Self::Subtitles => f.write_str("subtitles"),
        }
    }
}
