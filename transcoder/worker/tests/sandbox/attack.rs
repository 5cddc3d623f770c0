//! A child that does what an exploited decoder would try. It locks itself up exactly as the real one does; then every attempt
//! must fail, and the parent must say which system call was refused.
//!
//! The same attempts without the sandbox succeed: that shows they are real. Each layer is tried alone as well.
#![expect(unsafe_code, reason = "an attacker makes system calls that no safe function offers")]

use std::{
    ffi::{CString, c_long},
    fs::{self, File, Permissions},
    io,
    net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket},
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            fs::{PermissionsExt as _, chown, symlink},
            net::{SocketAddr, UnixListener, UnixStream},
        },
    },
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::Duration,
};

use domain::child::Limits;
use rustix::process::{Pid, Resource, Rlimit, Signal, geteuid, getpid, kill_process, setrlimit};
use serde::{Deserialize, Serialize};
use worker::sandbox::{ChildError, Sandbox};

use super::support::{Folder, master};

super::tests! {
    every_attack_fails_and_its_call_is_named,
    every_attack_fails_for_an_ordinary_user_too,
    without_the_sandbox_the_attacks_succeed,
    landlock_alone_refuses_files_sockets_and_signals,
    seccomp_alone_refuses_every_attack,
}

/// The name by which this program is the attacker.
pub(crate) const ATTACKER: &str = "attacker";
/// The attacker's exit status if the kernel refused the attempt and the process continued.
const FAILED: u8 = 40;
/// The attacker's exit status if the attempt succeeded.
const SUCCEEDED: u8 = 41;
/// An account without rights that is nobody else's.
const ORDINARY: u32 = 54_321;

/// What the attacker is to do, and what there is to reach.
#[derive(Clone, Serialize, Deserialize)]
struct Target {
    attack: String,
    layers: Layers,
    folder: PathBuf,
    parent: i32,
    /// Of bytes in the parent's memory.
    address: u64,
    tcp_port: u16,
    udp_port: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Layers {
    All,
    None,
    Landlock,
    Seccomp,
}

/// An attempt: its name, what to do, and the system call that the parent must name. `None`: the call gets an error
/// that libraries take for an old kernel, and nobody is told.
type Attack = (&'static str, fn(&Target) -> io::Result<()>, Option<&'static str>);

const ATTACKS: &[Attack] = &[
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
    // x32, another table of calls on the same processor.
    #[cfg(target_arch = "x86_64")]
    ("x32", |_| call(0x4000_0000 | libc::SYS_socket, [1, 1, 0, 0, 0, 0]), Some("system call 1073741865")),
];

/// Attempts that succeed without the sandbox, for anybody, on any kernel that Nang runs on.
const REAL: [&str; 20] = [
    "read-passwd",
    "read-key",
    "list-files",
    "close-and-open",
    "create-file",
    "change-file",
    "remove-file",
    "make-folder",
    "open-otherwise",
    "unix-socket",
    "abstract-socket",
    "tcp",
    "udp",
    "socket-pair",
    "fork",
    "execve",
    "kill",
    "memfd",
    "executable-memory",
    "make-executable",
];

/// Of those, what Landlock refuses by itself in its first edition, from its fourth (Linux 6.7) and from its sixth (6.12).
const LANDLOCK: [(i64, &[&str]); 3] = [
    (
        1,
        &[
            "read-passwd",
            "read-key",
            "list-files",
            "close-and-open",
            "create-file",
            "change-file",
            "remove-file",
            "make-folder",
        ],
    ),
    (4, &["tcp"]),
    (6, &["abstract-socket", "kill"]),
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

/// The way around a limit on open descriptors.
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

/// A thread's flags, and a namespace of its own.
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
    let remote =
        libc::iovec { iov_base: std::ptr::without_provenance_mut(target.address as usize), iov_len: 8 };
    // SAFETY: the kernel writes into `bytes` alone.
    let read = unsafe { libc::process_vm_readv(target.parent, &raw const local, 1, &raw const remote, 1, 0) };
    if read < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn raise_limits(_: &Target) -> io::Result<()> {
    Ok(setrlimit(Resource::Nofile, Rlimit { current: Some(1 << 20), maximum: Some(1 << 20) })?)
}

/// A file in memory could be executed where no file can be made.
fn memfd(_: &Target) -> io::Result<()> {
    call(libc::SYS_memfd_create, [c"x".as_ptr().addr().cast_signed() as i64, 0, 0, 0, 0, 0])
}

fn map(protection: i32) -> io::Result<()> {
    // SAFETY: new memory, away from all other.
    let place = unsafe {
        libc::mmap(std::ptr::null_mut(), 4096, protection, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)
    };
    if place == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn make_executable(_: &Target) -> io::Result<()> {
    // SAFETY: new memory, away from all other; its protection concerns nothing else.
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

fn abstract_address(parent: i32) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(format!("nang-attack-{parent}"))
}

/// What the attacker runs.
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

/// What an attacker can reach, and a name by which this program is one.
struct Scene {
    folder: Folder,
    target: Target,
    // What they listen for, while the scene lasts.
    _tcp: TcpListener,
    _udp: UdpSocket,
    _unix: UnixListener,
    secret: Box<[u8; 8]>,
    _abstract: UnixListener,
}

impl Scene {
    fn new() -> Self {
        let folder = Folder::new();
        let data = folder.path("data");
        fs::create_dir(&data).unwrap();
        symlink(std::env::current_exe().unwrap(), folder.path(ATTACKER)).unwrap();
        let unix = UnixListener::bind(data.join("postgres.sock")).unwrap();
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let parent = getpid().as_raw_nonzero().get();
        let secret = Box::new(*b"a secret");
        // All tests of this process share the name; one at a time has it.
        let name = abstract_address(parent).unwrap();
        let reachable = loop {
            match UnixListener::bind_addr(&name) {
                Ok(listener) => break listener,
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::AddrInUse, "{error}"),
            }
            std::thread::yield_now();
        };
        let target = Target {
            attack: String::new(),
            layers: Layers::All,
            folder: folder.path(""),
            parent,
            address: secret.as_ptr().addr() as u64,
            tcp_port: tcp.local_addr().unwrap().port(),
            udp_port: udp.local_addr().unwrap().port(),
        };
        Self { folder, target, _tcp: tcp, _udp: udp, _unix: unix, secret, _abstract: reachable }
    }

    /// Prepares one attempt. All that is there is open to everybody, so that nothing but the sandbox protects it.
    fn prepare(&self, attack: &str, layers: Layers) -> PathBuf {
        let data = self.folder.path("data");
        let _ = fs::remove_dir(data.join("folder"));
        let _ = fs::remove_file(data.join("new"));
        fs::write(data.join("access.key"), "a key").unwrap();
        for (path, mode) in [
            (self.folder.path(""), 0o777),
            (data.clone(), 0o777),
            (data.join("access.key"), 0o666),
            (data.join("postgres.sock"), 0o666),
        ] {
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        }
        let target = Target { attack: attack.to_owned(), layers, ..self.target.clone() };
        self.folder.write("target.json", serde_json::to_vec(&target).unwrap());
        self.folder.path(ATTACKER)
    }

    /// Whether nothing was changed.
    fn is_untouched(&self) -> bool {
        let data = self.folder.path("data");
        fs::read(data.join("access.key")).is_ok_and(|key| key == b"a key")
            && !data.join("new").exists()
            && !data.join("folder").exists()
            && *self.secret == *b"a secret"
    }

    /// Runs an attacker without the real parent: its exit status, and what it said.
    fn run(&self, attack: &str, layers: Layers) -> (Option<i32>, String) {
        let child = Command::new(self.prepare(attack, layers))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        (child.status.code(), String::from_utf8_lossy(&child.stderr).into_owned())
    }
}

async fn every_attack_fails_and_its_call_is_named() {
    let scene = Scene::new();
    let film = scene.folder.write("film.mp4", "a film");
    for (attack, _, named) in ATTACKS {
        let limits = Limits { stall: Duration::from_secs(60), ..Limits::default() };
        let sandbox = Sandbox::new(scene.prepare(attack, Layers::All), limits);
        let error = sandbox.probe(master(&film)).await.unwrap_err();
        match (&error, named) {
            (ChildError::CallRefused { call, .. }, Some(named)) => assert_eq!(call, named, "{attack}"),
            // A look at a file gets an error, and the process continues.
            (ChildError::Exited { code, said, .. }, Some(named @ ("openat" | "open"))) => {
                assert_eq!(*code, i32::from(FAILED), "{attack}: {error}");
                assert_eq!(*said, [format!("the sandbox refused {named}")], "{attack}");
            }
            (ChildError::Exited { code, .. }, None) => {
                assert_eq!(*code, i32::from(FAILED), "{attack}: {error}")
            }
            _ => panic!("{attack}: {error:?}"),
        }
        assert!(named.is_none_or(|named| error.to_string().contains(named)), "{attack}: {error}");
        assert!(!error.is_permanent(), "{attack}");
        assert!(scene.is_untouched(), "{attack}");
    }
}

/// The same in a process without root's rights, whose children have its account: nothing but the sandbox is between them.
async fn every_attack_fails_for_an_ordinary_user_too() {
    if !geteuid().is_root() {
        println!(
            "SKIPPED: every_attack_fails_for_an_ordinary_user_too: the tests run as an ordinary user already"
        );
        return;
    }
    let folder = Folder::new();
    let home = folder.path("home");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(ORDINARY), Some(ORDINARY)).unwrap();
    fs::set_permissions(folder.path(""), Permissions::from_mode(0o755)).unwrap();
    // Where this program is, that account may not be able to look.
    let program = folder.path("tests");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let output = Command::new("setpriv")
        .arg(format!("--reuid={ORDINARY}"))
        .arg(format!("--regid={ORDINARY}"))
        .args(["--clear-groups", "--"])
        .arg(&program)
        .args(["--exact", concat!(module_path!(), "::every_attack_fails_and_its_call_is_named")])
        .env("TMPDIR", &home)
        .current_dir(&home)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

async fn without_the_sandbox_the_attacks_succeed() {
    let scene = Scene::new();
    for attack in REAL {
        let (code, said) = scene.run(attack, Layers::None);
        assert_eq!(code, Some(SUCCEEDED.into()), "{attack}: {said}");
    }
}

async fn landlock_alone_refuses_files_sockets_and_signals() {
    // SAFETY: asks for the kernel's edition of Landlock and passes no pointer.
    let edition = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0, 0, 1) };
    if edition < 1 {
        println!("SKIPPED: landlock_alone_refuses_files_sockets_and_signals: the kernel has no Landlock");
        return;
    }
    let scene = Scene::new();
    for (since, attacks) in LANDLOCK {
        if edition < since {
            println!("SKIPPED: {attacks:?}: Landlock's edition {since} is not in this kernel ({edition})");
            continue;
        }
        for attack in attacks {
            let (code, said) = scene.run(attack, Layers::Landlock);
            assert_eq!(code, Some(FAILED.into()), "{attack}: {said}");
            assert!(scene.is_untouched(), "{attack}");
        }
    }
}

async fn seccomp_alone_refuses_every_attack() {
    let scene = Scene::new();
    for (attack, _, named) in ATTACKS {
        let (code, said) = scene.run(attack, Layers::Seccomp);
        assert!(code == Some(FAILED.into()) || code == Some(159), "{attack}: {code:?} {said}");
        assert_eq!(said.contains("sandbox refused system call "), named.is_some(), "{attack}: {said}");
        assert!(scene.is_untouched(), "{attack}");
    }
}
