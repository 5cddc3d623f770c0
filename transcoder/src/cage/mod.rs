//! FFmpeg in a cage: whatever touches a stranger's file runs in a child process of its own.
//!
//! The child is this same program, started for one task as `nang cage`. It gets the task on its standard input and
//! one socket, its standard output, through which it asks for ranges of the master and hands back facts, segments
//! and progress. It has no environment, no other descriptor and cannot open one, and limits on memory, time and
//! output. The parent alone has storage and network; it treats the child as hostile, bounds and checks all it says,
//! and hashes and stores what comes back. A child ends with its parent: the socket's end is its end.

mod child;
mod error;
mod facts;
mod first_sample;
mod master;
mod parent;
mod parts;
mod wire;

use std::{fmt, time::Duration};

use domain::plan::Plan;
use serde::{Deserialize, Serialize};

pub use child::cage_main;
pub use error::CageError;
pub(crate) use error::clock;
pub use master::{FileMaster, Master, StoredMaster};
pub use parent::Cage;

/// What a child may use up. Reaching a limit costs one attempt, with the limit as the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Address space (`RLIMIT_AS`). More than what is resident: thread stacks and mapped libraries count.
    pub address_space_bytes: u64,
    /// Processor time over all threads.
    pub cpu: Duration,
    /// Time without a word from the child.
    pub stall: Duration,
    /// Time from start to end.
    pub wall: Duration,
    /// The largest segment.
    pub segment_bytes: usize,
    /// All segments together.
    pub output_bytes: u64,
    /// Messages of any kind.
    pub messages: u64,
}

impl Default for Limits {
    /// Room for a one-minute chunk of a 4K master at the slowest presets on a slow machine.
    fn default() -> Self {
        Self {
            address_space_bytes: 6 << 30,
            cpu: Duration::from_hours(4),
            stall: Duration::from_mins(2),
            wall: Duration::from_hours(6),
            segment_bytes: 64 << 20,
            output_bytes: 4 << 30,
            messages: 10_000_000,
        }
    }
}

/// Which part of a plan one child makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The chunk of this index, in all video renditions.
    Chunk(u32),
    /// The whole sound track of this index in the plan.
    Audio(u32),
}

impl fmt::Display for Part {
    /// `chunk 3`, `sound track 1`: as people count, from 1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chunk(index) => write!(f, "chunk {}", index + 1),
            Self::Audio(index) => write!(f, "sound track {}", index + 1),
        }
    }
}

/// An encoding task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The whole plan.
    pub plan: Plan,
    /// The part of it to make.
    pub part: Part,
}

/// What the child reads from its standard input.
#[derive(Serialize, Deserialize)]
struct Order {
    address_space_bytes: u64,
    cpu_seconds: u64,
    master_bytes: u64,
    work: Work,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Work {
    Probe,
    Encode(Box<Task>),
}

/// The most an order may be long.
const MOST_ORDER_BYTES: u64 = 16 << 20;
