//! Seccomp with a list of what is permitted: calls that decoding, encoding, threads and the allocators make, with arguments that they use.
//!
//! Every other call ends the process or gets an error; see [`super::refusal`]. None of those here opens, reaches or starts anything.

use std::{
    collections::BTreeMap,
    ffi::{c_int, c_long},
};

use rustix::process::getpid;
use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

/// Calls that are permitted with any arguments.
const PERMITTED: [c_long; 29] = [
    // The socket, standard error and the kernel's record of this process are all that can be meant.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_pread64,
    libc::SYS_writev,
    // Memory. Executable memory is seen to below.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // Threads, and how they wait.
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_restart_syscall,
    // Signals: which are let in, and the way back from a handler.
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    // The time, where the kernel does not give it without a call.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_gettimeofday,
    // What the machine has.
    libc::SYS_getrandom,
    libc::SYS_sysinfo,
    libc::SYS_getcpu,
];

/// What glibc starts threads with, and musl, which adds a flag without meaning (`CLONE_DETACHED`). Anything else would be a process.
const THREAD: [u64; 2] = [0x003d_0f00, 0x007d_0f00];

/// glibc's own two signals: it sets their handlers with the first thread. And those by which the standard library finds a stack that
/// overflowed: it takes its handler away before it lets the process crash.
const SIGNALS: [u64; 4] = [32, 33, libc::SIGSEGV as u64, libc::SIGBUS as u64];

/// Restricts this thread and those that it starts.
pub(super) fn restrict() -> Result<(), Error> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    // `clone3` has its flags in memory, where no filter can look. Libraries that are told there is no such call use `clone`.
    apply_filter(&answered(libc::SYS_clone3, Vec::new(), libc::ENOSYS, arch)?)?;
    apply_filter(&answered(libc::SYS_ioctl, is_terminal()?, libc::ENOTTY, arch)?)?;
    // Last, since it permits no other.
    apply_filter(&permitted(arch)?)
}

/// A filter that answers one call with an error, and has no say about others.
fn answered(
    call: c_long,
    rules: Vec<SeccompRule>,
    errno: c_int,
    arch: TargetArch,
) -> Result<BpfProgram, Error> {
    let rules = BTreeMap::from([(call, rules)]);
    let error = SeccompAction::Errno(errno.unsigned_abs());
    Ok(SeccompFilter::new(rules, SeccompAction::Allow, error, arch)?.try_into()?)
}

/// The question whether a descriptor is a terminal, which libavutil asks before it writes in colours.
fn is_terminal() -> Result<Vec<SeccompRule>, Error> {
    one_of(1, &SeccompCmpArgLen::Dword, &[libc::TCGETS])
}

fn permitted(arch: TargetArch) -> Result<BpfProgram, Error> {
    let own = u64::from(getpid().as_raw_nonzero().get().unsigned_abs());
    let mut rules: BTreeMap<c_long, Vec<SeccompRule>> =
        PERMITTED.into_iter().map(|call| (call, Vec::new())).collect();
    // Answered by the other filters.
    rules.insert(libc::SYS_clone3, Vec::new());
    rules.insert(libc::SYS_ioctl, is_terminal()?);
    rules.insert(libc::SYS_clone, one_of(0, &SeccompCmpArgLen::Qword, &THREAD)?);
    rules.insert(libc::SYS_rt_sigaction, one_of(0, &SeccompCmpArgLen::Dword, &SIGNALS)?);
    let not_executable = SeccompCmpOp::MaskedEq(libc::PROT_EXEC.unsigned_abs().into());
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        let condition = SeccompCondition::new(2, SeccompCmpArgLen::Dword, not_executable.clone(), 0)?;
        rules.insert(call, vec![SeccompRule::new(vec![condition])?]);
    }
    // abort() ends its own process, and so does a child whose parent is gone.
    for call in [libc::SYS_kill, libc::SYS_tgkill] {
        rules.insert(call, one_of(0, &SeccompCmpArgLen::Dword, &[own])?);
    }
    rules.insert(
        libc::SYS_prctl,
        one_of(0, &SeccompCmpArgLen::Dword, &[libc::PR_SET_NAME.unsigned_abs().into()])?,
    );
    Ok(SeccompFilter::new(rules, SeccompAction::Trap, SeccompAction::Allow, arch)?.try_into()?)
}

/// Permits a call if an argument has one of these values.
fn one_of(argument: u8, length: &SeccompCmpArgLen, values: &[u64]) -> Result<Vec<SeccompRule>, Error> {
    values
        .iter()
        .map(|value| {
            let condition = SeccompCondition::new(argument, length.clone(), SeccompCmpOp::Eq, *value)?;
            Ok(SeccompRule::new(vec![condition])?)
        })
        .collect()
}
