//! The real child with real signals and limits.

use std::{
    io::{self, Write},
    os::unix::{net::UnixStream, process::ExitStatusExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

use domain::{
    child::{Limits, Part, Task},
    key::BuildRoot,
    plan::Plan,
    planner,
    profile::Profile,
};
use rustix::process::{Pid, Signal, kill_process};
use storage::Storage;
use worker::{
    objects::BuildObjects,
    sandbox::{ChildError, Sandbox},
};

use super::support::{Folder, executable, master, probe, sandbox, sandbox_with};

super::tests! {
    a_crash_is_reported_with_its_signal_and_time,
    a_stopped_child_is_killed,
    dropping_the_task_ends_the_child,
    exceeded_limits_are_reported,
    a_lack_of_memory_is_reported_wherever_it_happens,
    a_running_child_has_no_rights_and_no_extra_descriptors,
    a_child_does_not_outlive_its_parent,
    a_child_with_an_environment_or_extra_descriptors_does_not_start,
}

/// A film that takes some seconds to encode, so that a test can interfere.
const LONG: &str =
    "-f lavfi -i testsrc2=s=1280x720:r=25:d=30 -c:v libx264 -preset ultrafast -pix_fmt yuv420p";

pub(crate) async fn plan_of(path: &Path) -> Plan {
    planner::plan(Profile::shipped("fast").unwrap(), &probe(path).await.unwrap()).unwrap()
}

/// Encodes the first chunk of a file into `storage`.
pub(crate) async fn encode(
    sandbox: &Sandbox,
    path: &Path,
    plan: &Plan,
    storage: &Storage,
) -> Result<domain::output::PartOutput, ChildError> {
    let task = Task { plan: plan.clone(), part: Part::Chunk { index: 0, group: 0 } };
    sandbox.encode(master(path), task, objects(storage), |_| ()).await
}

/// The objects of a build in the storage's root.
pub(crate) fn objects(storage: &Storage) -> BuildObjects {
    BuildObjects::new(storage.clone(), BuildRoot::Top)
}

/// Returns a sandbox, and the name of its children's processes.
fn findable(folder: &Folder, limits: Limits) -> (Sandbox, PathBuf) {
    (sandbox_with(folder, limits), executable(folder))
}

fn pid_of(name: &Path) -> Option<Pid> {
    let wanted = [name.as_os_str().as_encoded_bytes(), b"\0media\0"].concat();
    std::fs::read_dir("/proc").unwrap().filter_map(Result::ok).find_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        (line == wanted).then(|| Pid::from_raw(pid))?
    })
}

/// Waits until `found` returns a value, and returns it.
async fn until<T>(mut found: impl FnMut() -> Option<T>) -> T {
    let patience = Instant::now() + Duration::from_mins(1);
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < patience, "waited for a minute");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn a_crash_is_reported_with_its_signal_and_time() {
    let folder = Folder::new();
    let film = folder.ffmpeg(LONG, "long.mp4");
    let plan = plan_of(&film).await;
    let (sandbox, name) = findable(&folder, Limits::default());
    let storage = Storage::local(folder.path("out")).unwrap();
    for signal in [Signal::SEGV, Signal::KILL, Signal::ABORT] {
        let progress = Mutex::new(0);
        let report = |frames| *progress.lock().unwrap() = frames;
        let task = Task { plan: plan.clone(), part: Part::Chunk { index: 0, group: 0 } };
        let encoding = sandbox.encode(master(&film), task, objects(&storage), report);
        let killing = async {
            until(|| (*progress.lock().unwrap() > 50).then_some(())).await;
            // More than once: Rust's handler ignores the first SIGSEGV that no memory access caused.
            until(|| pid_of(&name).is_none_or(|pid| kill_process(pid, signal).is_err()).then_some(())).await;
        };
        let (result, ()) = tokio::join!(encoding, killing);
        let error = result.unwrap_err();
        assert!(!error.is_permanent());
        let ChildError::Crashed { signal: number, at_ms: Some(at_ms), .. } = &error else {
            panic!("{error}")
        };
        assert_eq!(*number, signal.as_raw());
        assert!((2000..30_000).contains(at_ms), "{error}");
        let start = format!("the decoder crashed (signal {}) at 00:00:", signal.as_raw());
        assert!(error.to_string().starts_with(&start), "{error}");
    }
}

async fn a_stopped_child_is_killed() {
    let folder = Folder::new();
    let film = folder.ffmpeg(LONG, "long.mp4");
    let plan = plan_of(&film).await;
    let (sandbox, name) = findable(&folder, Limits { stall: Duration::from_secs(2), ..Limits::default() });
    let storage = Storage::local(folder.path("out")).unwrap();
    let stopping = async {
        let pid = until(|| pid_of(&name)).await;
        kill_process(pid, Signal::STOP).unwrap();
    };
    let (result, ()) = tokio::join!(encode(&sandbox, &film, &plan, &storage), stopping);
    let error = result.unwrap_err();
    assert!(matches!(error, ChildError::Stopped { .. }), "{error}");
    assert!(
        error.to_string().starts_with("the decoder process was stopped by a signal (SIGSTOP)"),
        "{error}"
    );
    assert!(!error.is_permanent());
    assert_eq!(pid_of(&name), None);
}

async fn dropping_the_task_ends_the_child() {
    let folder = Folder::new();
    let film = folder.ffmpeg(LONG, "long.mp4");
    let plan = plan_of(&film).await;
    let (sandbox, name) = findable(&folder, Limits::default());
    let storage = Storage::local(folder.path("out")).unwrap();
    tokio::select! {
        result = encode(&sandbox, &film, &plan, &storage) => panic!("{result:?}"),
        _ = until(|| pid_of(&name)) => {}
    }
    until(|| pid_of(&name).is_none().then_some(())).await;
}

async fn exceeded_limits_are_reported() {
    let folder = Folder::new();
    let film = folder.ffmpeg(LONG, "long.mp4");
    let plan = plan_of(&film).await;
    let run = async |limits: Limits| {
        let storage = Storage::local(folder.path("out")).unwrap();
        let error = encode(&sandbox_with(&folder, limits), &film, &plan, &storage).await.unwrap_err();
        assert!(!error.is_permanent(), "{error}");
        error
    };
    let defaults = Limits::default;
    let error = run(Limits { cpu: Duration::from_secs(1), ..defaults() }).await;
    assert!(matches!(error, ChildError::CpuLimit { .. }), "{error}");
    let error = run(Limits { address_space_bytes: 128 << 20, ..defaults() }).await;
    assert!(matches!(error, ChildError::MemoryLimit { .. }), "{error}");
    let error = run(Limits { output_bytes: 100 << 10, ..defaults() }).await;
    assert!(matches!(error, ChildError::OutputLimit { .. }), "{error}");
    let error = run(Limits { segment_bytes: 1000, ..defaults() }).await;
    assert!(matches!(error, ChildError::OutputLimit { .. }), "{error}");
    let error = run(Limits { wall: Duration::from_millis(300), ..defaults() }).await;
    assert!(matches!(error, ChildError::TimedOut { .. }), "{error}");
}

/// Memory may run out anywhere: when a thread starts, an encoder opens or a frame is decoded. The error must never blame the film or
/// the profile, and if the task succeeds, its output must be complete.
async fn a_lack_of_memory_is_reported_wherever_it_happens() {
    let folder = Folder::new();
    let film = folder.ffmpeg(&LONG.replace("d=30", "d=1"), "short.mp4");
    let plan = plan_of(&film).await;
    let storage = Storage::local(folder.path("out")).unwrap();
    let whole = encode(&sandbox(&folder), &film, &plan, &storage).await.unwrap();
    let (mut lacking, mut enough) = (0, 0);
    for megabytes in (20..).step_by(20) {
        let limits = Limits { address_space_bytes: megabytes << 20, ..Limits::default() };
        match encode(&sandbox_with(&folder, limits), &film, &plan, &storage).await {
            Ok(part) => {
                assert_eq!(part, whole, "{megabytes} MB");
                enough += 1;
            }
            Err(ChildError::MemoryLimit { .. }) => (lacking, enough) = (lacking + 1, 0),
            // C code that does not check the result of malloc.
            Err(ChildError::Crashed { .. }) => enough = 0,
            Err(error) => panic!("{megabytes} MB: {error:?}"),
        }
        if enough == 3 {
            break;
        }
    }
    assert!(lacking > 10, "{lacking}");
}

async fn a_running_child_has_no_rights_and_no_extra_descriptors() {
    let folder = Folder::new();
    let film = folder.ffmpeg(LONG, "long.mp4");
    let plan = plan_of(&film).await;
    let (sandbox, name) = findable(&folder, Limits::default());
    let storage = Storage::local(folder.path("out")).unwrap();
    let progress = Mutex::new(0);
    let report = |frames| *progress.lock().unwrap() = frames;
    let task = Task { plan: plan.clone(), part: Part::Chunk { index: 0, group: 0 } };
    tokio::select! {
        result = sandbox.encode(master(&film), task, objects(&storage), report) => panic!("{result:?}"),
        () = until(|| (*progress.lock().unwrap() > 0).then_some(())) => {}
    }
    // The killed child may exist for another moment and must not be mistaken for the next one.
    until(|| pid_of(&name).is_none().then_some(())).await;
    // The child is inspected while the future below encodes.
    let encoding = encode(&sandbox, &film, &plan, &storage);
    let looking = async {
        let pid = until(|| pid_of(&name)).await;
        let place = PathBuf::from(format!("/proc/{}", pid.as_raw_nonzero()));
        // The child installs the filters last: when they exist, the rest of the sandbox exists, too.
        let status = until(|| {
            let status = std::fs::read_to_string(place.join("status")).unwrap();
            status.contains("Seccomp_filters:\t3").then_some(status)
        })
        .await;
        let limits = std::fs::read_to_string(place.join("limits")).unwrap();
        let limit = |name: &str| {
            let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
            line[name.len()..].split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(limit("Max file size"), ["0", "0"]);
        assert_eq!(limit("Max core file size"), ["0", "0"]);
        assert_eq!(limit("Max open files"), ["3", "3"]);
        assert_eq!(limit("Max address space"), ["6442450944", "6442450944"]);
        assert_eq!(limit("Max cpu time"), ["14400", "14405"]);
        // Children of root run as `nobody`; children of other users run as those users.
        let own = rustix::process::geteuid();
        let uid = if own.is_root() { 65_534 } else { own.as_raw() };
        let line = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line[name.len()..].split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(line("Uid:"), vec![uid.to_string(); 4]);
        if own.is_root() {
            assert_eq!(line("Gid:"), vec!["65534"; 4]);
            assert_eq!(line("Groups:"), Vec::<String>::new());
            assert_eq!(line("CapEff:"), ["0000000000000000"]);
            assert_eq!(line("CapPrm:"), ["0000000000000000"]);
        }
        assert_eq!(line("NoNewPrivs:"), ["1"]);
        assert_eq!(line("Seccomp:"), ["2"]);
        // The process is not dumpable, so its own account cannot inspect it; root can.
        let environment = std::fs::read(place.join("environ"));
        if own.is_root() {
            assert_eq!(environment.unwrap(), b"");
            let open = std::fs::read_dir(place.join("fd")).unwrap();
            let mut open: Vec<_> = open.map(|entry| entry.unwrap().file_name()).collect();
            open.sort();
            assert_eq!(open, ["0", "1", "2"]);
        } else {
            assert_eq!(environment.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        }
        kill_process(pid, Signal::KILL).unwrap();
    };
    let (result, ()) = tokio::join!(encoding, looking);
    assert!(matches!(result, Err(ChildError::Crashed { signal: 9, .. })));
}

const ORDER: &str =
    r#"{"address_space_bytes":6442450944,"cpu_seconds":60,"master_bytes":100000,"work":"probe"}"#;

async fn a_child_does_not_outlive_its_parent() {
    let folder = Folder::new();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut child = Command::new(executable(&folder))
        .arg("media")
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(ORDER.as_bytes()).unwrap();
    // The child requests the first bytes; the parent closes the socket instead of answering.
    io::Read::read_exact(&mut &ours, &mut [0; 17]).unwrap();
    drop(ours);
    assert_eq!(child.wait().unwrap().signal(), Some(9));
}

async fn a_child_with_an_environment_or_extra_descriptors_does_not_start() {
    let folder = Folder::new();
    let child = executable(&folder);
    for (script, expected) in [
        ("SECRET=1 exec \"$0\" media", "the environment is not empty"),
        (
            "unset PWD OLDPWD _ SHLVL; exec env -i sh -c 'exec 7</dev/null; unset PWD _; exec env -i \"$0\" media' \"$0\"",
            "descriptor Some(7)",
        ),
    ] {
        let output = Command::new("sh")
            .arg("-c")
            .arg(script)
            .arg(&child)
            .env_remove("RUST_BACKTRACE")
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(expected), "{stderr}");
    }
}
