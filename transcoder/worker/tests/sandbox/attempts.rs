//! Attempts of an exploited decoder, one system call each, and the child that makes them.
#![expect(unsafe_code, reason = "an attacker makes system calls that no safe function offers")]

use std::{
    ffi::{CString, c_long},
    fs::{self, File},
    io,
    net::{Ipv4Addr, TcpStream, UdpSocket},
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixStream},
    },
    path::{Path, PathBuf},
    process::ExitCode,
};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, setrlimit};
use serde::{Deserialize, Serialize};

/// The name under which this program runs as the attacker.
pub(crate) const ATTACKER: &str = "attacker";
/// The attacker's exit status if the kernel refused the attempt and the process continued.
pub(crate) const FAILED: u8 = 40;
/// The attacker's exit status if the attempt succeeded.
pub(crate) const SUCCEEDED: u8 = 41;

/// What the attacker must attempt, and its targets.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) attack: String,
    pub(crate) layers: Layers,
    pub(crate) folder: PathBuf,
    pub(crate) parent: i32,
    /// Address of bytes in the parent's memory.
    pub(crate) address: usize,
    pub(crate) tcp_port: u16,
    pub(crate) udp_port: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Layers {
    All,
    None,
    Landlock,
    Seccomp,
}

/// An attempt: its name, its function, and the system call that the parent must name. `None`: the call returns an error
/// that makes libraries assume an old kernel, and the sandbox does not report it.
pub(crate) type Attack = (&'static str, fn(&Target) -> io::Result<()>, Option<&'static str>);

pub(crate) const ATTACKS: &[Attack] = &[
    ("read-passwd", |_| File::open("/etc/passwd").map(drop), Some("openat")),
    ("read-key", |target| File::open(target.folder.join("data/access.key")).map(drop), Some("openat")),
    (
        "read-parents-memory",
        |target| File::open(format!("/proc/{}/mem", target.parent)).map(drop),
        Some("openat"),
    ),
    ("list-files", |target| fs::read_dir(target.folder.join("data")).map(drop), Some("openat")),
    ("close-and-open", close_and_open, Some("close")),
    ("create-file", |target| File::create(target.folder.join("data/new")).map(drop), Some("openat")),
    (
        "change-file",
        |target| File::options().append(true).open(target.folder.join("data/access.key")).map(drop),
        Some("openat"),
    ),
    ("remove-file", |target| remove(target), Some("unlinkat")),
    (
        "make-folder",
        |target| path_call(libc::SYS_mkdirat, &target.folder.join("data/folder"), 0o700),
        Some("mkdirat"),
    ),
    ("open-otherwise", open_otherwise, Some("openat2")),
    (
        "unix-socket",
        |target| UnixStream::connect(target.folder.join("data/postgres.sock")).map(drop),
        Some("socket"),
    ),
    (
        "abstract-socket",
        |target| UnixStream::connect_addr(&abstract_address(target.parent)?).map(drop),
        Some("socket"),
    ),
    ("tcp", |target| TcpStream::connect((Ipv4Addr::LOCALHOST, target.tcp_port)).map(drop), Some("socket")),
    ("udp", send_udp, Some("socket")),
    ("socket-pair", |_| UnixStream::pair().map(drop), Some("socketpair")),
    ("pass-descriptor", |_| call(libc::SYS_sendmsg, [1, 0, 0, 0, 0, 0]), Some("sendmsg")),
    ("fork", |_| fork(), Some("clone")),
    ("clone", |_| clone(), Some("clone")),
    ("clone3", |_| call(libc::SYS_clone3, [0, 0, 0, 0, 0, 0]), None),
    ("execve", execve, Some("execve")),
    ("execveat", |_| call(libc::SYS_execveat, [-1, 0, 0, 0, 0, 0]), Some("execveat")),
    (
        "ptrace",
        |target| call(libc::SYS_ptrace, [libc::PTRACE_SEIZE.into(), target.parent.into(), 0, 0, 0, 0]),
        Some("ptrace"),
    ),
    ("kill", |target| Ok(kill_process(pid(target), Signal::WINCH)?), Some("kill")),
    (
        "tgkill",
        |target| {
            call(
                libc::SYS_tgkill,
                [target.parent.into(), target.parent.into(), libc::SIGWINCH.into(), 0, 0, 0],
            )
        },
        Some("tgkill"),
    ),
    ("pidfd", |target| call(libc::SYS_pidfd_open, [target.parent.into(), 0, 0, 0, 0, 0]), Some("pidfd_open")),
    ("process-vm-readv", read_memory, Some("process_vm_readv")),
    ("mount", |_| call(libc::SYS_mount, [0; 6]), Some("mount")),
    ("setuid", |_| call(libc::SYS_setuid, [0; 6]), Some("setuid")),
    ("setresuid", |_| call(libc::SYS_setresuid, [0; 6]), Some("setresuid")),
    ("raise-limits", raise_limits, Some("prlimit64")),
    ("io-uring", |_| call(libc::SYS_io_uring_setup, [1, 0, 0, 0, 0, 0]), Some("io_uring_setup")),
    ("memfd", memfd, Some("memfd_create")),
    ("executable-memory", |_| map(libc::PROT_READ | libc::PROT_EXEC), Some("mmap")),
    ("make-executable", make_executable, Some("mprotect")),
    ("unshare", |_| call(libc::SYS_unshare, [libc::CLONE_NEWUTS.into(), 0, 0, 0, 0, 0]), Some("unshare")),
    ("setns", |_| call(libc::SYS_setns, [0; 6]), Some("setns")),
    ("bpf", |_| call(libc::SYS_bpf, [0; 6]), Some("bpf")),
    ("userfaultfd", |_| call(libc::SYS_userfaultfd, [0; 6]), Some("userfaultfd")),
    ("keyctl", |_| call(libc::SYS_keyctl, [0; 6]), Some("keyctl")),
    ("perf", |_| call(libc::SYS_perf_event_open, [0; 6]), Some("perf_event_open")),
    ("ioctl", |_| call(libc::SYS_ioctl, [2, 0x5412, 0, 0, 0, 0]), Some("ioctl")),
    (
        "become-dumpable",
        |_| call(libc::SYS_prctl, [libc::PR_SET_DUMPABLE.into(), 1, 0, 0, 0, 0]),
        Some("prctl"),
    ),
    ("another-filter", |_| call(libc::SYS_seccomp, [0; 6]), Some("seccomp")),
    (
        "another-handler",
        |_| call(libc::SYS_rt_sigaction, [libc::SIGSYS.into(), 0, 0, 8, 0, 0]),
        Some("rt_sigaction"),
    ),
    ("another-group", |_| call(libc::SYS_setpgid, [0; 6]), Some("setpgid")),
    ("another-session", |_| call(libc::SYS_setsid, [0; 6]), Some("setsid")),
    #[cfg(target_arch = "x86_64")]
    ("old-open", |_| path_call_old_open(), Some("open")),
    #[cfg(target_arch = "x86_64")]
    ("old-fork", |_| call(libc::SYS_fork, [0; 6]), Some("fork")),
    #[cfg(target_arch = "x86_64")]
    ("vfork", |_| call(libc::SYS_vfork, [0; 6]), Some("vfork")),
    // x32, another table of system calls on the same CPU.
    #[cfg(target_arch = "x86_64")]
    ("x32", |_| call(0x4000_0000 | libc::SYS_socket, [1, 1, 0, 0, 0, 0]), Some("system call 1073741865")),
];

fn call(number: c_long, a: [i64; 6]) -> io::Result<()> {
    // SAFETY: pointers among the arguments are null or point to what outlives the call.
    let result = unsafe { libc::syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn path_call(number: c_long, path: &Path, argument: i64) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_encoded_bytes())?;
    call(number, [libc::AT_FDCWD.into(), path.as_ptr().addr().cast_signed() as i64, argument, 0, 0, 0])
}

#[cfg(target_arch = "x86_64")]
fn path_call_old_open() -> io::Result<()> {
    call(libc::SYS_open, [c"/etc/passwd".as_ptr().addr().cast_signed() as i64, 0, 0, 0, 0, 0])
}

fn remove(target: &Target) -> io::Result<()> {
    path_call(libc::SYS_unlinkat, &target.folder.join("data/access.key"), 0)
}

fn open_otherwise(_: &Target) -> io::Result<()> {
    let how = [0_u64; 3];
    let (path, how) = (c"/etc/passwd".as_ptr().addr(), how.as_ptr().addr());
    call(
        libc::SYS_openat2,
        [libc::AT_FDCWD.into(), path.cast_signed() as i64, how.cast_signed() as i64, 24, 0, 0],
    )
}

/// Circumvents the limit on open descriptors: closes one before it opens a file.
fn close_and_open(_: &Target) -> io::Result<()> {
    call(libc::SYS_close, [0; 6])?;
    File::open("/etc/passwd").map(drop)
}

fn send_udp(target: &Target) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.send_to(b"secret", (Ipv4Addr::LOCALHOST, target.udp_port)).map(drop)
}

fn fork() -> io::Result<()> {
    // SAFETY: the new process ends at once.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: as above.
        0 => unsafe { libc::_exit(0) },
        _ => Ok(()),
    }
}

/// Clones with the flags of a thread and a new user namespace.
fn clone() -> io::Result<()> {
    call(libc::SYS_clone, [0x003d_0f00 | i64::from(libc::CLONE_NEWUSER), 0, 0, 0, 0, 0])
}

fn execve(_: &Target) -> io::Result<()> {
    let program = c"/bin/sh";
    let arguments = [program.as_ptr(), c"-c".as_ptr(), c"exit 41".as_ptr(), std::ptr::null()];
    let environment = [std::ptr::null()];
    // SAFETY: both lists end with null.
    unsafe { libc::execve(program.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    Err(io::Error::last_os_error())
}

fn read_memory(target: &Target) -> io::Result<()> {
    let mut bytes = [0_u8; 8];
    let local = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    let remote = libc::iovec { iov_base: std::ptr::without_provenance_mut(target.address), iov_len: 8 };
    // SAFETY: the kernel writes only into `bytes`.
    let read = unsafe { libc::process_vm_readv(target.parent, &raw const local, 1, &raw const remote, 1, 0) };
    if read < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn raise_limits(_: &Target) -> io::Result<()> {
    Ok(setrlimit(Resource::Nofile, Rlimit { current: Some(1 << 20), maximum: Some(1 << 20) })?)
}

/// Creates a file in memory, which could be executed although the child can create no files.
fn memfd(_: &Target) -> io::Result<()> {
    call(libc::SYS_memfd_create, [c"x".as_ptr().addr().cast_signed() as i64, 0, 0, 0, 0, 0])
}

fn map(protection: i32) -> io::Result<()> {
    // SAFETY: maps new memory and changes no other.
    let place = unsafe {
        libc::mmap(std::ptr::null_mut(), 4096, protection, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)
    };
    if place == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn make_executable(_: &Target) -> io::Result<()> {
    // SAFETY: maps new memory and changes only its protection.
    let changed = unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let place = libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
        libc::mprotect(place, 4096, libc::PROT_READ | libc::PROT_EXEC)
    };
    if changed < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn pid(target: &Target) -> Pid {
    Pid::from_raw(target.parent).unwrap()
}

pub(crate) fn abstract_address(parent: i32) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(format!("nang-attack-{parent}"))
}

/// The attacker's main function.
pub(crate) fn attack() -> ExitCode {
    let called = PathBuf::from(std::env::args_os().next().unwrap());
    let target = fs::read(called.with_file_name("target.json")).unwrap();
    let target: Target = serde_json::from_slice(&target).unwrap();
    let (_, attempt, _) = ATTACKS.iter().find(|(name, ..)| *name == target.attack).unwrap();
    let attempt = || match attempt(&target) {
        Ok(()) => ExitCode::from(SUCCEEDED),
        Err(_) => ExitCode::from(FAILED),
    };
    match target.layers {
        Layers::All => media::run_sandboxed(attempt),
        Layers::None => attempt(),
        Layers::Landlock => {
            media::sandbox::restrict_files().unwrap();
            attempt()
        }
        Layers::Seccomp => {
            media::sandbox::restrict_calls().unwrap();
            attempt()
        }
    }
}

/// Returns the kernel's edition of Landlock; less than 1 if the kernel does not support Landlock.
pub(crate) fn landlock_edition() -> i64 {
    // SAFETY: passes no pointer.
    unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0, 0, 1) }
}
