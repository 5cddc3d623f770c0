//! Reads from a child's standard error which system call its sandbox refused.

use domain::child::{REFUSED_CALL_LINE, printable};

/// Returns the system call that a line of the child names, if it is a line about a refused call.
fn call_in(line: &str) -> Option<String> {
    let number = line.strip_prefix(REFUSED_CALL_LINE)?.parse().ok()?;
    Some(name(number).map_or_else(|| format!("system call {number}"), str::to_owned))
}

/// Returns a line of the child as readable text.
pub(super) fn readable(line: &[u8]) -> String {
    let line = printable(line);
    match call_in(&line) {
        Some(call) => format!("{REFUSED}{call}"),
        None => line,
    }
}

/// The start of a readable line about a refused call.
const REFUSED: &str = "the sandbox refused ";

/// Returns the system call that a readable line names, if it is a line about a refused call.
pub(super) fn refused_in(line: &str) -> Option<&str> {
    line.strip_prefix(REFUSED)
}

macro_rules! names {
    ($number:ident: $($constant:ident)*; only on x86_64: $($old:ident)*) => {
        match $number {
            $(libc::$constant => Some(stringify!($constant)),)*
            $(#[cfg(target_arch = "x86_64")] libc::$old => Some(stringify!($old)),)*
            _ => None,
        }
    };
}

/// Returns the name of a system call, for the calls that an attacker would make, or a library that does more than decode.
fn name(number: libc::c_long) -> Option<&'static str> {
    let constant: Option<&'static str> = names! { number:
        SYS_accept SYS_accept4 SYS_add_key SYS_bind SYS_bpf SYS_capset SYS_chdir SYS_chroot SYS_clone SYS_clone3 SYS_close
        SYS_close_range SYS_connect SYS_copy_file_range SYS_delete_module SYS_dup SYS_dup3 SYS_execve SYS_execveat SYS_faccessat
        SYS_faccessat2 SYS_fallocate SYS_fchmod SYS_fchmodat SYS_fchown SYS_fchownat SYS_fcntl SYS_finit_module SYS_fstat
        SYS_ftruncate SYS_getdents64 SYS_init_module SYS_io_uring_enter SYS_io_uring_register SYS_io_uring_setup SYS_ioctl
        SYS_kcmp SYS_kexec_load SYS_keyctl SYS_kill SYS_linkat SYS_listen SYS_lseek SYS_madvise SYS_memfd_create SYS_mkdirat
        SYS_mknodat SYS_mmap SYS_mount SYS_mprotect SYS_name_to_handle_at SYS_newfstatat SYS_open_by_handle_at SYS_openat
        SYS_openat2 SYS_perf_event_open SYS_personality SYS_pidfd_getfd SYS_pidfd_open SYS_pidfd_send_signal SYS_pipe2
        SYS_pivot_root SYS_pkey_mprotect SYS_ppoll SYS_prctl SYS_prlimit64 SYS_process_madvise SYS_process_vm_readv
        SYS_process_vm_writev SYS_ptrace SYS_pwrite64 SYS_readlinkat SYS_reboot SYS_recvfrom SYS_recvmsg SYS_renameat2
        SYS_request_key SYS_rt_sigaction SYS_rt_sigqueueinfo SYS_rt_tgsigqueueinfo SYS_sched_setaffinity
        SYS_sched_setscheduler SYS_seccomp SYS_sendfile SYS_sendmsg SYS_sendto SYS_setgid SYS_setgroups SYS_sethostname
        SYS_setns SYS_setpgid SYS_setpriority SYS_setregid SYS_setresgid SYS_setresuid SYS_setreuid SYS_setsid
        SYS_setuid SYS_shmat SYS_shmget SYS_socket SYS_socketpair SYS_splice SYS_statx SYS_swapon SYS_symlinkat SYS_tgkill
        SYS_timer_create SYS_tkill SYS_truncate SYS_umount2 SYS_uname SYS_unlinkat SYS_unshare SYS_userfaultfd SYS_vmsplice;
        only on x86_64: SYS_access SYS_alarm SYS_arch_prctl SYS_chmod SYS_chown SYS_creat SYS_dup2 SYS_fork SYS_getdents
        SYS_iopl SYS_link SYS_lstat SYS_mkdir SYS_mknod SYS_modify_ldt SYS_open SYS_pipe SYS_poll SYS_readlink SYS_rename
        SYS_rmdir SYS_setrlimit SYS_signalfd SYS_stat SYS_symlink SYS_unlink SYS_vfork
    };
    constant?.strip_prefix("SYS_")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_refused_call_has_a_name_or_at_least_a_number() {
        for (line, expected) in [
            (format!("sandbox refused system call {}", libc::SYS_execve), Some("execve")),
            (format!("sandbox refused system call {}", libc::SYS_io_uring_setup), Some("io_uring_setup")),
            ("sandbox refused system call 999999".to_owned(), Some("system call 999999")),
            ("sandbox refused system call ".to_owned(), None),
            ("sandbox refused system call x".to_owned(), None),
            ("[h264] no frame!".to_owned(), None),
        ] {
            assert_eq!(super::call_in(&line).as_deref(), expected, "{line}");
        }
        assert_eq!(super::readable(b"[h264]\x1b no frame!"), "[h264] no frame!");
        let line = format!("{}{}", super::REFUSED_CALL_LINE, libc::SYS_openat);
        assert_eq!(super::readable(line.as_bytes()), "the sandbox refused openat");
    }
}
