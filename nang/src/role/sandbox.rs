//! The sandbox of the processes that decode: made from settings, and checked before the first film.

use std::path::PathBuf;

use anyhow::{Context, bail};
use domain::child::{Layer, Limits, MissingLayer, SandboxMode};
use tracing::{info, warn};
use worker::sandbox::Sandbox;

/// The sandbox with its default limits, or with another bound on its memory.
pub(super) fn make(memory_bytes: Option<u64>, mode: SandboxMode) -> Sandbox {
    let mut limits = Limits::default();
    if let Some(bytes) = memory_bytes {
        limits.address_space_bytes = bytes;
    }
    // By this name the child is this very program, even after an upgrade replaced the file it was started from.
    let mut sandbox = Sandbox::new(PathBuf::from("/proc/self/exe"), limits);
    sandbox.mode = mode;
    sandbox
}

/// For servers: checks the sandbox, and logs what is missing at every start.
pub(super) async fn check(sandbox: &Sandbox) -> anyhow::Result<()> {
    for missing in missing_layers(sandbox).await? {
        if missing.layer.is_required() {
            warn!("{}", warning(&missing));
        } else {
            info!(
                reason = missing.reason,
                "The decoder shares this machine's network; Landlock and seccomp refuse it every socket"
            );
        }
    }
    Ok(())
}

/// For commands that decode a file: a checked sandbox. What is missing is said on the terminal.
#[expect(clippy::print_stderr, reason = "the terminal is where a command's user is")]
pub(crate) async fn for_command(mode: SandboxMode) -> anyhow::Result<Sandbox> {
    let sandbox = make(None, mode);
    for missing in missing_layers(&sandbox).await? {
        if missing.layer.is_required() {
            eprintln!("Warning: {}", warning(&missing));
        }
    }
    Ok(sandbox)
}

/// Locks a process up and asks it what the kernel refused. An error if the setting does not permit that.
async fn missing_layers(sandbox: &Sandbox) -> anyhow::Result<Vec<MissingLayer>> {
    let protection = sandbox.check().await.context("the sandbox for decoding films cannot be set up")?;
    if sandbox.mode == SandboxMode::Required
        && let Some(missing) = protection.missing_required().next()
    {
        bail!("{}", refusal(missing));
    }
    Ok(protection.missing)
}

fn refusal(missing: &MissingLayer) -> String {
    format!(
        "this system does not give Nang {missing}, which protects this machine from films made to attack the decoder. {}. Or set \
         sandbox (NANG_SANDBOX) to best-effort, which decodes without that protection",
        missing.layer.remedy()
    )
}

fn warning(missing: &MissingLayer) -> String {
    let left = match missing.layer {
        Layer::Landlock => "seccomp alone keeps a film that attacks the decoder from files and sockets",
        Layer::Seccomp => {
            "a film that attacks the decoder can make any system call, and reach what its account can"
        }
        Layer::NetworkNamespace => "Landlock and seccomp refuse the decoder every socket",
    };
    format!(
        "The sandbox lacks {missing}, as the setting sandbox (NANG_SANDBOX) permits: {left}. {}",
        missing.layer.remedy()
    )
}

#[cfg(test)]
mod tests {
    use domain::child::{Layer, MissingLayer};

    #[test]
    fn what_is_missing_is_said_with_what_to_do() {
        for (layer, name) in [(Layer::Landlock, "Landlock"), (Layer::Seccomp, "seccomp")] {
            let missing = MissingLayer { layer, reason: "not built into the kernel".to_owned() };
            let refusal = super::refusal(&missing);
            for part in [name, "not built into the kernel", "NANG_SANDBOX", "best-effort", layer.remedy()] {
                assert!(refusal.contains(part), "{refusal}");
            }
            let warning = super::warning(&missing);
            assert!(warning.contains(name) && warning.contains(layer.remedy()), "{warning}");
        }
    }
}
