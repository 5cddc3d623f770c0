//! The handler for system calls that seccomp refuses: it reports the call's number to the parent and ends the process.
//!
//! A few calls return an error instead and the process continues: C libraries try to read optional files (glibc's allocator, its
//! time zone) and work without them. No file is opened in either case.

#![allow(unsafe_code, reason = "a signal handler cannot be set without it")]

use std::{
    ffi::{c_int, c_long, c_void},
    io, mem, ptr,
    sync::atomic::{AtomicU32, Ordering},
};

use domain::child::{REFUSED_CALL_LINE as LINE, REFUSED_CALL_STATUS};

/// The `si_code` of a SIGSYS that seccomp caused (`SYS_SECCOMP` of asm-generic/siginfo.h).
const SYS_SECCOMP: c_int = 1;
/// Maximum number of refused calls that return an error; the next one ends the process. No library makes that many.
const MAX_ERRORS: u32 = 1000;

static ERRORS: AtomicU32 = AtomicU32::new(0);

/// Sets the handler. The seccomp filters then refuse to change it.
pub(super) fn install() -> io::Result<()> {
    let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = on_refusal;
    // SAFETY: all-zero bytes are a valid `sigaction`; the handler has the signature of SA_SIGINFO and calls only
    // functions that are safe in a signal handler.
    let set = unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = handler as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigfillset(&raw mut action.sa_mask);
        libc::sigaction(libc::SIGSYS, &raw const action, ptr::null_mut())
    };
    if set == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Handles SIGSYS. It must not allocate, lock or panic, since it may interrupt any code.
extern "C" fn on_refusal(_: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: with SA_SIGINFO the kernel passes both, valid until the handler returns.
    let (info, context) = unsafe { (&*info, &mut *context.cast::<libc::ucontext_t>()) };
    if info.si_code != SYS_SECCOMP {
        return;
    }
    let call = registers::call(context);
    report(call);
    if is_harmless(call, context) && ERRORS.fetch_add(1, Ordering::Relaxed) < MAX_ERRORS {
        registers::set_result(context, -libc::EACCES);
    } else {
        // SAFETY: ends the process without running any of its code.
        unsafe { libc::_exit(REFUSED_CALL_STATUS) };
    }
}

/// Writes [`LINE`] and the number of a call to standard error.
fn report(call: c_long) {
    let mut line = [0; 64];
    let mut at = line.len() - 1;
    line[at] = b'\n';
    let mut rest = call.unsigned_abs();
    loop {
        at -= 1;
        line[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    at -= LINE.len();
    line[at..at + LINE.len()].copy_from_slice(LINE.as_bytes());
    // If the pipe is full or closed, the line is lost.
    let _ = rustix::io::write(rustix::stdio::stderr(), &line[at..]);
}

/// Whether the call only reads or looks up a file, which libraries do for optional files.
fn is_harmless(call: c_long, context: &libc::ucontext_t) -> bool {
    #[cfg(target_arch = "x86_64")]
    match call {
        libc::SYS_open => return registers::argument(context, 1) & WRITING == 0,
        libc::SYS_access | libc::SYS_readlink | libc::SYS_stat | libc::SYS_lstat => return true,
        _ => {}
    }
    match call {
        libc::SYS_openat => registers::argument(context, 2) & WRITING == 0,
        libc::SYS_faccessat
        | libc::SYS_faccessat2
        | libc::SYS_readlinkat
        | libc::SYS_newfstatat
        | libc::SYS_statx => true,
        _ => false,
    }
}

/// Flags of an `open` that may write.
const WRITING: u64 = (libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND) as u64;

#[cfg(target_arch = "x86_64")]
mod registers {
    use std::ffi::{c_int, c_long};

    use libc::{REG_RAX, REG_RDX, REG_RSI, ucontext_t};

    /// Returns the number of the call, which the kernel restored to the register where the caller had put it.
    pub(super) fn call(context: &ucontext_t) -> c_long {
        context.uc_mcontext.gregs[REG_RAX as usize]
    }

    /// Returns the second argument (`number` 1) or the third (2).
    pub(super) fn argument(context: &ucontext_t, number: usize) -> u64 {
        let registers = &context.uc_mcontext.gregs;
        let argument = if number == 1 { registers[REG_RSI as usize] } else { registers[REG_RDX as usize] };
        argument.cast_unsigned()
    }

    pub(super) fn set_result(context: &mut ucontext_t, result: c_int) {
        context.uc_mcontext.gregs[REG_RAX as usize] = result.into();
    }
}

#[cfg(target_arch = "aarch64")]
mod registers {
    use std::ffi::{c_int, c_long};

    use libc::ucontext_t;

    pub(super) fn call(context: &ucontext_t) -> c_long {
        context.uc_mcontext.regs[8].cast_signed()
    }

    pub(super) fn argument(context: &ucontext_t, number: usize) -> u64 {
        context.uc_mcontext.regs[number]
    }

    pub(super) fn set_result(context: &mut ucontext_t, result: c_int) {
        context.uc_mcontext.regs[0] = i64::from(result).cast_unsigned();
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("the sandbox supports only x86_64 and aarch64");
