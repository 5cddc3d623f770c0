//! Processes that see a small file system: it is mounted in a namespace of theirs.

use std::{path::Path, process::Command};

/// Returns a command that mounts a file system of `bytes` at `folder`, runs `program` with `arguments`, and no other process sees the
/// file system.
pub fn with_small_disk(folder: &Path, bytes: u64, program: &Path, arguments: &[&str]) -> Command {
    std::fs::create_dir_all(folder).unwrap();
    let mount = format!("mount -t tmpfs -o size={bytes},mode=1777 tmpfs \"$0\" && exec \"$@\"");
    let mut command = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-current-user", "--keep-caps"]);
    }
    command.args(["--mount", "sh", "-c", &mount]).args([folder, program]).args(arguments);
    command
}

/// Returns a command that runs `program` where it sees the file systems of the process `pid`.
pub fn beside(pid: i32, program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("nsenter");
    command.args(["--target", &pid.to_string(), "--mount"]);
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--preserve-credentials"]);
    }
    command.arg(program).args(arguments);
    command
}
