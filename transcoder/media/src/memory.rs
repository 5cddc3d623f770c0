//! Whether this process ever lacked memory.
//!
//! FFmpeg and the codec libraries answer an allocation that failed with whatever error is at hand: broken data, settings refused,
//! a picture left out. So whoever is about to blame the film or the plan asks here first.

use std::{
    fs::File,
    io::{self, Write},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use rustix::stdio;

static LIMIT_BYTES: OnceLock<u64> = OnceLock::new();
static LACKED: AtomicBool = AtomicBool::new(false);

/// Watches this process, which may have `limit_bytes` of address space. The kernel's record of it takes the place of
/// standard input, since a sandboxed process may open nothing later.
pub(crate) fn watch(limit_bytes: u64) -> io::Result<()> {
    stdio::dup2_stdin(File::open("/proc/self/status")?)?;
    LIMIT_BYTES.get_or_init(|| limit_bytes);
    Ok(())
}

/// Remembers an allocation that failed and that its caller may pass over, or crash for.
pub(crate) fn note_lack() {
    if !LACKED.swap(true, Ordering::Relaxed) {
        let _ = writeln!(io::stderr(), "out of memory");
    }
}

/// Whether a lack was noted.
pub(crate) fn was_noted() -> bool {
    LACKED.load(Ordering::Relaxed)
}

/// Whether something that failed may have failed for want of memory. Without [`watch`], only what was noted counts.
pub(crate) fn was_lacking() -> bool {
    was_noted()
        || LIMIT_BYTES.get().is_some_and(|limit| {
            peak_bytes().is_some_and(|peak| peak.saturating_add(near_bytes(*limit)) >= *limit)
        })
}

/// How near its limit the address space must have come for an unexplained failure to be put down to it: a failed allocation leaves no
/// trace but how little was left for it. What is asked for in one piece is no larger: a thread's stack, a heap of glibc's (64 MiB), an
/// encoder's picture; and within the usual limit of 6 GiB a picture of 8K with four times 16 bits (265 MB).
fn near_bytes(limit: u64) -> u64 {
    (limit / 16).max(64 << 20)
}

/// The greatest address space so far: `VmPeak` of `proc_pid_status(5)`.
fn peak_bytes() -> Option<u64> {
    let mut record = [0; 4096];
    let length = rustix::io::pread(stdio::stdin(), &mut record, 0).ok()?;
    let record = str::from_utf8(&record[..length]).ok()?;
    let line = record.lines().find_map(|line| line.strip_prefix("VmPeak:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    Some(kibibytes << 10)
}
