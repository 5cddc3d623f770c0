//! The seccomp filters: the system calls that decoding, encoding, threads and allocators make, with the arguments that they use.
//!
//! Every other call ends the process or returns an error; see [`super::refusal`]. None of the permitted calls can open a file,
//! connect to anything or start a process.

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
    // Only the socket, standard error and `/proc/self/status` are open.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_pread64,
    libc::SYS_writev,
    // Memory. Executable memory is refused below.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // Threads and waiting.
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
    // Signals: masks, and the return from a handler.
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    // The time, where the vDSO does not provide it.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_gettimeofday,
    // Properties of the machine, and random bytes.
    libc::SYS_getrandom,
    libc::SYS_sysinfo,
    libc::SYS_getcpu,
];

/// Flags with which glibc starts threads, and those of musl, which adds a flag without effect (`CLONE_DETACHED`). Other flags could
/// start a process.
const THREAD: [u64; 2] = [0x003d_0f00, 0x007d_0f00];

/// Signals whose handlers may be changed: glibc's two internal signals, whose handlers it sets with the first thread, and those by
/// which Rust's standard library detects a stack overflow; it removes its handler before it lets the process crash.
const SIGNALS: [u64; 4] = [32, 33, libc::SIGSEGV as u64, libc::SIGBUS as u64];

/// Restricts this thread and those that it starts.
pub(super) fn restrict() -> Result<(), Error> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    // `clone3` passes its flags in memory, which a filter cannot read. Libraries use `clone` when `clone3` returns ENOSYS.
    apply_filter(&fail_with(libc::SYS_clone3, Vec::new(), libc::ENOSYS, arch)?)?;
    apply_filter(&fail_with(libc::SYS_ioctl, is_terminal()?, libc::ENOTTY, arch)?)?;
    // Last, because it refuses the call that installs a filter.
    apply_filter(&permitted(arch)?)
}

/// Returns a filter that makes one call return an error and permits all others.
fn fail_with(
    call: c_long,
    rules: Vec<SeccompRule>,
    errno: c_int,
    arch: TargetArch,
) -> Result<BpfProgram, Error> {
    let rules = BTreeMap::from([(call, rules)]);
    let error = SeccompAction::Errno(errno.unsigned_abs());
    Ok(SeccompFilter::new(rules, SeccompAction::Allow, error, arch)?.try_into()?)
}

/// Returns rules that match the `ioctl` by which libavutil checks whether a descriptor is a terminal, before it writes in colours.
fn is_terminal() -> Result<Vec<SeccompRule>, Error> {
    one_of(1, &SeccompCmpArgLen::Dword, &[libc::TCGETS])
}

fn permitted(arch: TargetArch) -> Result<BpfProgram, Error> {
    let own = u64::from(getpid().as_raw_nonzero().get().unsigned_abs());
    let mut rules: BTreeMap<c_long, Vec<SeccompRule>> =
        PERMITTED.into_iter().map(|call| (call, Vec::new())).collect();
    // The other filters make these return an error.
    rules.insert(libc::SYS_clone3, Vec::new());
    rules.insert(libc::SYS_ioctl, is_terminal()?);
    rules.insert(libc::SYS_clone, one_of(0, &SeccompCmpArgLen::Qword, &THREAD)?);
    rules.insert(libc::SYS_rt_sigaction, one_of(0, &SeccompCmpArgLen::Dword, &SIGNALS)?);
    let not_executable = SeccompCmpOp::MaskedEq(libc::PROT_EXEC.unsigned_abs().into());
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        let condition = SeccompCondition::new(2, SeccompCmpArgLen::Dword, not_executable.clone(), 0)?;
        rules.insert(call, vec![SeccompRule::new(vec![condition])?]);
    }
    // abort() sends a signal to its own process, and so does a child whose parent is gone.
    for call in [libc::SYS_kill, libc::SYS_tgkill] {
        rules.insert(call, one_of(0, &SeccompCmpArgLen::Dword, &[own])?);
    }
    rules.insert(libc::SYS_prctl, naming_calls()?);
    Ok(SeccompFilter::new(rules, SeccompAction::Trap, SeccompAction::Allow, arch)?.try_into()?)
}

/// Returns rules that match the `prctl` calls by which threads and mimalloc's memory get a name for debuggers.
fn naming_calls() -> Result<Vec<SeccompRule>, Error> {
    let mut rules = one_of(0, &SeccompCmpArgLen::Dword, &[libc::PR_SET_NAME.unsigned_abs().into()])?;
    let memory = [libc::PR_SET_VMA.unsigned_abs(), libc::PR_SET_VMA_ANON_NAME.unsigned_abs()];
    let conditions = (0..).zip(memory).map(|(argument, value)| {
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value.into())
    });
    rules.push(SeccompRule::new(conditions.collect::<Result<_, _>>()?)?);
    Ok(rules)
}

/// Returns rules that match a call if an argument has one of these values.
fn one_of(argument: u8, length: &SeccompCmpArgLen, values: &[u64]) -> Result<Vec<SeccompRule>, Error> {
    values
        .iter()
        .map(|value| {
            let condition = SeccompCondition::new(argument, length.clone(), SeccompCmpOp::Eq, *value)?;
            Ok(SeccompRule::new(vec![condition])?)
        })
        .collect()
}
