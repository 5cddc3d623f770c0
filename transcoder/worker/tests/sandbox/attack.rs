//! A child that makes the attempts of an exploited decoder ([`super::attempts`]). It enters the sandbox exactly as the real child
//! does; then every attempt must fail, and the parent must report which system call was refused.
//!
//! Without the sandbox the same attempts succeed, which shows that they are real. Each layer is also tested alone.

use std::{
    fs::{self, Permissions},
    io,
    net::{Ipv4Addr, TcpListener, UdpSocket},
    os::unix::{
        fs::{PermissionsExt as _, chown, symlink},
        net::UnixListener,
    },
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use domain::child::Limits;
use rustix::process::{geteuid, getpid};
use worker::sandbox::{ChildError, Sandbox};

use super::{
    attempts::{ATTACKER, ATTACKS, FAILED, Layers, SUCCEEDED, Target, abstract_address, landlock_edition},
    support::{Folder, master},
};

super::tests! {
    every_attack_fails_and_its_call_is_named,
    every_attack_fails_for_an_ordinary_user_too,
    attacks_succeed_without_the_sandbox,
    landlock_alone_refuses_files_sockets_and_signals,
    seccomp_alone_refuses_every_attack,
}

/// The id of an account without rights that no other process uses.
const ORDINARY_USER: u32 = 54_321;

/// Attempts that succeed without the sandbox, for all users, on all kernels that Nang supports.
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

/// Those of `REAL` that Landlock refuses without seccomp: in its first edition, from its fourth (Linux 6.7) and from its sixth (6.12).
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

/// What an attacker can reach, and the name under which this program runs as the attacker.
struct Scene {
    folder: Folder,
    target: Target,
    // Listeners for the attacker's connections.
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
        // All tests of this process share the name; one test uses it at a time.
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
            address: secret.as_ptr().addr(),
            tcp_port: tcp.local_addr().unwrap().port(),
            udp_port: udp.local_addr().unwrap().port(),
        };
        Self { folder, target, _tcp: tcp, _udp: udp, _unix: unix, secret, _abstract: reachable }
    }

    /// Prepares one attempt and returns the attacker's program. All users may access all files: only the sandbox protects them.
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

    /// Whether the attacker changed nothing.
    fn is_untouched(&self) -> bool {
        let data = self.folder.path("data");
        fs::read(data.join("access.key")).is_ok_and(|key| key == b"a key")
            && !data.join("new").exists()
            && !data.join("folder").exists()
            && *self.secret == *b"a secret"
    }

    /// Runs an attacker without the real parent. Returns its exit status and its standard error.
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
        let limits = Limits { stall: Duration::from_mins(1), ..Limits::default() };
        let sandbox = Sandbox::new(scene.prepare(attack, Layers::All), limits);
        let error = sandbox.probe(master(&film)).await.unwrap_err();
        match (&error, named) {
            (ChildError::CallRefused { call, .. }, Some(named)) => assert_eq!(call, named, "{attack}"),
            // Opening a file returns an error, and the process continues.
            (ChildError::Exited { code, last_lines, .. }, Some(named @ ("openat" | "open"))) => {
                assert_eq!(*code, i32::from(FAILED), "{attack}: {error}");
                assert_eq!(*last_lines, [format!("the sandbox refused {named}")], "{attack}");
            }
            (ChildError::Exited { code, .. }, None) => {
                assert_eq!(*code, i32::from(FAILED), "{attack}: {error}");
            }
            _ => panic!("{attack}: {error:?}"),
        }
        assert!(named.is_none_or(|named| error.to_string().contains(named)), "{attack}: {error}");
        assert!(!error.is_permanent(), "{attack}");
        assert!(scene.is_untouched(), "{attack}");
    }
}

/// Runs the same attacks in a process without root's rights. Its children have the same account, so only the sandbox separates them.
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
    chown(&home, Some(ORDINARY_USER), Some(ORDINARY_USER)).unwrap();
    fs::set_permissions(folder.path(""), Permissions::from_mode(0o755)).unwrap();
    // That account may not be able to read the folder of this program.
    let program = folder.path("tests");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let output = Command::new("setpriv")
        .arg(format!("--reuid={ORDINARY_USER}"))
        .arg(format!("--regid={ORDINARY_USER}"))
        .args(["--clear-groups", "--"])
        .arg(&program)
        .args(["--exact", concat!(module_path!(), "::every_attack_fails_and_its_call_is_named")])
        .env("TMPDIR", &home)
        .current_dir(&home)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

async fn attacks_succeed_without_the_sandbox() {
    let scene = Scene::new();
    for attack in REAL {
        let (code, text) = scene.run(attack, Layers::None);
        assert_eq!(code, Some(SUCCEEDED.into()), "{attack}: {text}");
    }
}

async fn landlock_alone_refuses_files_sockets_and_signals() {
    let edition = landlock_edition();
    if edition < 1 {
        println!("SKIPPED: landlock_alone_refuses_files_sockets_and_signals: the kernel has no Landlock");
        return;
    }
    let scene = Scene::new();
    for (since, attacks) in LANDLOCK {
        if edition < since {
            println!("SKIPPED: {attacks:?}: this kernel has Landlock edition {edition}, not {since}");
            continue;
        }
        for attack in attacks {
            let (code, text) = scene.run(attack, Layers::Landlock);
            assert_eq!(code, Some(FAILED.into()), "{attack}: {text}");
            assert!(scene.is_untouched(), "{attack}");
        }
    }
}

async fn seccomp_alone_refuses_every_attack() {
    let scene = Scene::new();
    for (attack, _, named) in ATTACKS {
        let (code, text) = scene.run(attack, Layers::Seccomp);
        assert!(code == Some(FAILED.into()) || code == Some(159), "{attack}: {code:?} {text}");
        assert_eq!(text.contains("sandbox refused system call "), named.is_some(), "{attack}: {text}");
        assert!(scene.is_untouched(), "{attack}");
    }
}
