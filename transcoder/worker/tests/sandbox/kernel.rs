//! Kernels that lack a layer of the sandbox. A seccomp filter makes one system call return ENOSYS in a process and its children, as
//! if the kernel lacked the layer.

use std::{
    collections::BTreeMap,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use domain::child::{Limits, SandboxMode};
use seccompiler::{SeccompAction, SeccompFilter, TargetArch};
use worker::sandbox::{ChildError, Sandbox};

use super::support::{CHILD, Folder, clip, executable, master, sandbox};

super::tests! {
    this_kernel_has_all_required_layers,
    a_kernel_without_landlock_or_seccomp_is_refused_unless_the_setting_permits_it,
}

/// The start of the names under which this program runs as a parent on a kernel that lacks a layer.
pub(crate) const LACKING: &str = "without-";
/// The layers: test name, system call, and display name.
const LAYERS: [(&str, libc::c_long, &str); 2] =
    [("landlock", libc::SYS_landlock_create_ruleset, "Landlock"), ("seccomp", libc::SYS_seccomp, "seccomp")];

async fn this_kernel_has_all_required_layers() {
    let protection = sandbox(&Folder::new()).check().await.unwrap();
    for missing in &protection.missing {
        println!("This kernel does not support {missing}");
    }
    assert_eq!(protection.missing_required().count(), 0, "{protection:?}");
}

async fn a_kernel_without_landlock_or_seccomp_is_refused_unless_the_setting_permits_it() {
    for (layer, _, _) in LAYERS {
        let folder = Folder::new();
        executable(&folder);
        let name = folder.path(&format!("{LACKING}{layer}"));
        symlink(std::env::current_exe().unwrap(), &name).unwrap();
        let output = Command::new(&name).output().unwrap();
        assert!(output.status.success(), "{layer}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The main function of such a parent. Panics if a child does not behave as required.
pub(crate) fn lack(called: &Path) -> ExitCode {
    let called_as = called.file_name().unwrap().to_str().unwrap();
    let (_, call, layer) =
        LAYERS.into_iter().find(|(layer, ..)| called_as == format!("{LACKING}{layer}")).unwrap();
    let arch = TargetArch::try_from(std::env::consts::ARCH).unwrap();
    let absent = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let rules = BTreeMap::from([(call, Vec::new())]);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, absent, arch).unwrap();
    // Before the runtime starts: the filter applies to all threads that this thread starts later.
    seccompiler::apply_filter(&seccompiler::BpfProgram::try_from(filter).unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(expect_lacking(layer, called.with_file_name(CHILD)));
    ExitCode::SUCCESS
}

async fn expect_lacking(layer: &str, child: PathBuf) {
    let mut sandbox = Sandbox::new(child, Limits::default());
    let protection = sandbox.check().await.unwrap();
    let missing: Vec<_> = protection.missing_required().map(|missing| missing.layer.to_string()).collect();
    assert_eq!(missing, [layer]);
    // A child does not run, even if its parent did not check the kernel.
    match sandbox.probe(master(&clip())).await {
        Err(ChildError::Exited { code: 2, last_lines, .. }) => {
            assert!(
                last_lines.concat().starts_with(&format!("the sandbox lacks {layer} (")),
                "{last_lines:?}"
            );
        }
        other => panic!("{other:?}"),
    }
    sandbox.mode = SandboxMode::BestEffort;
    sandbox.probe(master(&clip())).await.unwrap();
}
