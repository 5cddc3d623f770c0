//! Detects that this process was short of memory.
//!
//! After a failed allocation FFmpeg and the codec libraries often report another error, such as corrupt data or refused settings,
//! or drop a frame. So before the code reports the film or the plan as faulty, it must check here.

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
static ALLOCATION_FAILED: AtomicBool = AtomicBool::new(false);

/// Starts to watch this process, whose address space is limited to `limit_bytes`. Opens `/proc/self/status` as standard input,
/// because a sandboxed process cannot open files later.
pub(crate) fn watch(limit_bytes: u64) -> io::Result<()> {
    stdio::dup2_stdin(File::open("/proc/self/status")?)?;
    LIMIT_BYTES.get_or_init(|| limit_bytes);
    Ok(())
}

/// Records a failed allocation. Its caller may ignore the failure, or crash because of it.
pub(crate) fn note_failed_allocation() {
    if !ALLOCATION_FAILED.swap(true, Ordering::Relaxed) {
        let _ = writeln!(io::stderr(), "out of memory");
    }
}

/// Whether a failed allocation was recorded.
pub(crate) fn has_failed_allocation() -> bool {
    ALLOCATION_FAILED.load(Ordering::Relaxed)
}

/// Whether an error may be due to lack of memory: a failed allocation was recorded, or the peak of the address space came near
/// its limit. Without [`watch`] only recorded failures count.
pub(crate) fn may_have_run_out() -> bool {
    has_failed_allocation()
        || LIMIT_BYTES.get().is_some_and(|limit| {
            peak_bytes().is_some_and(|peak| peak.saturating_add(margin_bytes(*limit)) >= *limit)
        })
}

/// Returns how close to its limit the address space must have come for an unexplained failure to count as lack of memory. A failed
/// allocation leaves no other trace than how little was left. Single allocations are no larger than this: a thread's stack, a heap
/// of glibc (64 MiB), an encoder's frame, and within the usual limit of 6 GiB an 8K frame with four components of 16 bits (265 MB).
fn margin_bytes(limit: u64) -> u64 {
    (limit / 16).max(64 << 20)
}

/// Returns the peak size of the address space so far: `VmPeak` of `proc_pid_status(5)`.
fn peak_bytes() -> Option<u64> {
    let mut record = [0; 4096];
    let length = rustix::io::pread(stdio::stdin(), &mut record, 0).ok()?;
    let record = str::from_utf8(&record[..length]).ok()?;
    let line = record.lines().find_map(|line| line.strip_prefix("VmPeak:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    Some(kibibytes << 10)
}
