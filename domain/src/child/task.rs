//! What a child is to do.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::SandboxMode;
use crate::{facts::MediaFacts, libraries::Libraries, plan::Plan};

/// The largest order, as JSON.
pub const MAX_ORDER_BYTES: u64 = 16 << 20;

/// What the child reads from its standard input, as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The limit that the child sets on its own address space.
    pub address_space_bytes: u64,
    /// The limit that the child sets on its own processor time.
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
    /// Lock up, say what the kernel gave, and end. No master is read.
    Check,
    /// Find out what the master is.
    Probe,
    /// Encode one part of a plan.
    Encode(Box<Task>),
}

/// What probing found, as JSON in [`FromChild::Probed`](super::FromChild::Probed).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probed {
    /// What the master is.
    pub facts: MediaFacts,
    /// What read it, and would encode it.
    pub libraries: Libraries,
}

/// An encoding task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The whole plan.
    pub plan: Plan,
    /// The part of it to make.
    pub part: Part,
}

/// Which part of a plan one child makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The chunk of this index, in all video renditions.
    Chunk(u32),
    /// The whole audio track of this index in the plan.
    Audio(u32),
}

impl fmt::Display for Part {
    /// `chunk 3`, `audio track 1`: counted from 1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chunk(index) => write!(f, "chunk {}", index + 1),
            Self::Audio(index) => write!(f, "audio track {}", index + 1),
        }
    }
}
